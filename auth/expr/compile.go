// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// Expression is a compiled expression that gives a T. It never changes, and all who
// compile the same source share it.
type Expression[T any] struct {
	program cel.Program
	read    func(ref.Val) (T, bool)
	claims  []string
	header  bool
	source  string
	traced  func() *traced // for explanations, compiled when first asked for
}

// Source returns the expression as it was written.
func (e *Expression[T]) Source() string { return e.source }

// Claims names the top-level claims that the expression mentions.
func (e *Expression[T]) Claims() []string { return e.claims }

// ReadsHeader tells whether the expression mentions the token's header.
func (e *Expression[T]) ReadsHeader() bool { return e.header }

// CompileBool compiles an expression that gives true or false. The error of
// this and its sisters tells line and column.
func CompileBool(source string) (*Expression[bool], error) {
	return bools.get(source, func() (*Expression[bool], error) {
		return compile(source, "true or false", readBool, cel.BoolType)
	})
}

// CompileString compiles an expression that gives a string.
func CompileString(source string) (*Expression[string], error) {
	return texts.get(source, func() (*Expression[string], error) {
		return compile(source, "a string", readString, cel.StringType)
	})
}

// CompileStrings compiles an expression that gives a list of strings.
func CompileStrings(source string) (*Expression[[]string], error) {
	return lists.get(source, func() (*Expression[[]string], error) {
		return compile(source, "a list of strings", readStrings,
			cel.ListType(cel.StringType), cel.ListType(cel.DynType))
	})
}

// CompileMap compiles an expression that gives a map of strings to strings.
func CompileMap(source string) (*Expression[map[string]string], error) {
	return mapping.get(source, func() (*Expression[map[string]string], error) {
		return compile(source, "a map of strings to strings", readMap,
			cel.MapType(cel.StringType, cel.StringType), cel.MapType(cel.StringType, cel.DynType),
			cel.MapType(cel.DynType, cel.StringType), cel.MapType(cel.DynType, cel.DynType))
	})
}

// compile checks the source and that its type is one of those that are wanted.
// A dyn, which is what claims are, is looked at when it is evaluated.
func compile[T any](source, wanted string, read func(ref.Val) (T, bool), allowed ...*cel.Type) (*Expression[T], error) {
	if len(source) > SourceBytes {
		return nil, fmt.Errorf("it has %d bytes; at most %d are allowed", len(source), SourceBytes)
	}
	env, err := environment()
	if err != nil {
		return nil, fmt.Errorf("building the expression environment: %w", err)
	}
	checked, issues := env.Compile(source)
	if err := firstIssue(issues); err != nil {
		return nil, err
	}
	if !typeFits(checked.OutputType(), allowed) {
		return nil, fmt.Errorf("line 1, column 1: it gives %s; it must give %s", checked.OutputType(), wanted)
	}
	if err := checkCost(env, checked); err != nil {
		return nil, err
	}
	program, err := env.Program(checked, programOptions()...)
	if err != nil {
		return nil, fmt.Errorf("line 1, column 1: %w", err)
	}
	e := &Expression[T]{program: program, read: read, source: source}
	e.traced = sync.OnceValue(func() *traced { return trace(source) })
	e.claims, e.header = uses(checked.NativeRep())
	return e, nil
}

func firstIssue(issues *cel.Issues) error {
	if issues.Err() == nil {
		return nil
	}
	all := issues.Errors()
	if len(all) == 0 {
		return errors.New("line 1, column 1: it cannot be read")
	}
	at := all[0].Location
	return fmt.Errorf("line %d, column %d: %s", max(at.Line(), 1), max(at.Column()+1, 1), all[0].Message)
}

func typeFits(t *cel.Type, allowed []*cel.Type) bool {
	if t.Kind() == types.DynKind {
		return true
	}
	for _, a := range allowed {
		if t.IsExactType(a) {
			return true
		}
	}
	// An empty literal has parameters of no type yet.
	return (t.Kind() == types.ListKind || t.Kind() == types.MapKind) && t.Kind() == allowed[0].Kind() && len(t.Parameters()) > 0 && t.Parameters()[0].Kind() == types.TypeParamKind
}

func checkCost(env *cel.Env, checked *cel.Ast) error {
	estimate, err := env.EstimateCost(checked, sizes{})
	if err != nil {
		return fmt.Errorf("line 1, column 1: its cost cannot be estimated: %w", err)
	}
	// What has no upper bound here is left to the bound at login.
	if estimate.Max > ExpressionCost && estimate.Max < math.MaxUint64 {
		return fmt.Errorf("line 1, column 1: with strings of %d bytes and lists of %d elements it would cost up to %d units; at most %d are allowed", typicalSize, typicalSize, estimate.Max, ExpressionCost)
	}
	return nil
}

// sizes tells the estimate how large claims are taken to be. The true size is
// counted when the expression is evaluated.
type sizes struct{}

// EstimateSize implements cost.Estimator.
func (sizes) EstimateSize(node cost.AstNode) *cost.SizeEstimate {
	if s := node.ComputedSize(); s != nil && s.Max < math.MaxUint64 {
		return nil
	}
	return &cost.SizeEstimate{Min: 0, Max: typicalSize}
}

// EstimateCallCost implements cost.Estimator.
func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

func programOptions() []cel.ProgramOption {
	return []cel.ProgramOption{
		cel.EvalOptions(cel.OptOptimize),
		cel.OptimizeRegex(&interpreter.RegexOptimization{
			Function: "matches", OverloadID: "matches_string", RegexIndex: 1, Factory: compiledMatch,
		}),
		cel.CostTracking(lateCalls{}),
		cel.CostLimit(ExpressionCost),
		cel.MemoryTracking(types.MemoryTrackerLimit(maxValue), types.MemoryTrackerSizeCalculator(
			types.NewSizeCalculator(types.SizeCalculatorMaxDepth(maxDepth), types.SizeCalculatorMaxTraversal(maxTraversal)))),
		cel.InterruptCheckFrequency(interruptEvery),
	}
}
