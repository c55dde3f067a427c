// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"fmt"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
	"cel.dev/cel-go/parser"
)

// maxBlamed is how many parts of an expression an explanation names, and how
// many values for each.
const maxBlamed = 8

// tracing is the environment of expressions that are to be explained: that of
// all, and it remembers what macros (all, exists, has) looked like.
var tracing = sync.OnceValues(func() (*cel.Env, error) {
	env, err := environment()
	if err != nil {
		return nil, err
	}
	return env.Extend(cel.EnableMacroCallTracking())
})

// Blame tells why an expression is false or has no value: the smallest parts of
// it that decide that, each with the values that it read. It is for
// explanations: it evaluates the expression once more, within the limits of
// a login, remembering every step; the first time it compiles it for that. The claims as a whole are never among the
// values. Empty means that there is nothing to blame.
func (e *Expression[T]) Blame(input Input) []string {
	t := e.traced()
	if t == nil {
		return nil
	}
	ev := New(input)
	defer ev.Close()
	_, details, _ := t.program.ContextEval(ev.ctx, ev)
	if details == nil || details.State() == nil {
		return nil
	}
	b := &blamer{info: t.checked.SourceInfo(), state: details.State()}
	b.descend(t.checked.Expr())
	return b.parts
}

// traced is an expression compiled so that each step of it is remembered.
type traced struct {
	checked *ast.AST
	program cel.Program
}

// trace compiles an expression once more. It was compiled before, so that it
// fails only where the process does.
func trace(source string) *traced {
	env, err := tracing()
	if err != nil {
		return nil
	}
	checked, issues := env.Compile(source)
	if issues.Err() != nil {
		return nil
	}
	program, err := env.Program(checked, append(programOptions(), cel.EvalOptions(cel.OptTrackState))...)
	if err != nil {
		return nil
	}
	return &traced{checked.NativeRep(), program}
}

// blamer walks from an outcome to what caused it.
type blamer struct {
	info  *ast.SourceInfo
	state interpreter.EvalState
	parts []string
}

// value is what a part was evaluated to, nil if it was not.
func (b *blamer) value(e ast.Expr) ref.Val {
	v, _ := b.state.Value(e.ID())
	return v
}

// failed tells whether a part is false, or an error.
func (b *blamer) failed(e ast.Expr) bool {
	v := b.value(e)
	return v == types.False || types.IsError(v)
}

func (b *blamer) descend(e ast.Expr) {
	if len(b.parts) >= maxBlamed || !b.failed(e) {
		return
	}
	if types.IsError(b.value(e)) {
		if inner := b.origin(e); inner != nil {
			b.descend(inner)
			return
		}
	} else if e.Kind() == ast.CallKind {
		args := e.AsCall().Args()
		switch e.AsCall().FunctionName() {
		case operators.LogicalAnd, operators.LogicalOr:
			b.descend(args[0])
			b.descend(args[1])
			return
		case operators.Conditional:
			chosen := args[2]
			if b.value(args[0]) == types.True {
				chosen = args[1]
			}
			if b.failed(chosen) && chosen.Kind() != ast.LiteralKind {
				b.descend(chosen)
				return
			}
		}
	}
	b.parts = append(b.parts, b.describe(e))
}

// origin returns the first direct part of e that is an error itself.
func (b *blamer) origin(e ast.Expr) ast.Expr {
	for _, part := range operands(e) {
		if types.IsError(b.value(part)) {
			return part
		}
	}
	return nil
}

// operands are the direct parts of an expression that are evaluated once.
func operands(e ast.Expr) []ast.Expr {
	switch e.Kind() {
	case ast.CallKind:
		call := e.AsCall()
		if call.IsMemberFunction() {
			return append([]ast.Expr{call.Target()}, call.Args()...)
		}
		return call.Args()
	case ast.SelectKind:
		return []ast.Expr{e.AsSelect().Operand()}
	case ast.ListKind:
		return e.AsList().Elements()
	case ast.MapKind:
		var parts []ast.Expr
		for _, entry := range e.AsMap().Entries() {
			parts = append(parts, entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
		return parts
	case ast.ComprehensionKind:
		return []ast.Expr{e.AsComprehension().IterRange()}
	}
	return nil
}

// describe says what a part was evaluated to, and what it read.
func (b *blamer) describe(e ast.Expr) string {
	text := b.text(e)
	if v := b.value(e); types.IsError(v) {
		text += fmt.Sprintf(" has no value (%s)", printable(Shorten(fmt.Sprint(v))))
	} else {
		text += " is false"
	}
	seen := map[string]bool{}
	separator := ": "
	b.readings(e, func(name, value string) {
		if seen[name] || len(seen) >= maxBlamed {
			return
		}
		seen[name] = true
		text += separator + name + " = " + value
		separator = ", "
	})
	return text
}

// readings reports the values of the variables, claims and results that a part
// was computed from, the outermost first.
func (b *blamer) readings(e ast.Expr, report func(name, value string)) {
	for _, part := range operands(e) {
		if isClaims(part) {
			continue
		}
		switch v := b.value(part); {
		case v == nil || types.IsError(v) || part.Kind() == ast.LiteralKind || constant(part):
		default:
			report(b.text(part), show(v))
		}
		b.readings(part, report)
	}
}

// constant tells whether a part is made of literals alone.
func constant(e ast.Expr) bool {
	parts := operands(e)
	for _, part := range parts {
		if part.Kind() != ast.LiteralKind && !constant(part) {
			return false
		}
	}
	return len(parts) > 0
}

func isClaims(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == varClaims }

func (b *blamer) text(e ast.Expr) string {
	text, err := parser.Unparse(e, b.info, parser.WrapOnColumn(SourceBytes))
	if err != nil {
		return "a part of the expression"
	}
	return text
}
