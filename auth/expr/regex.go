// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"regexp"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// compiledMatch replaces text.matches(literal) by a call whose pattern is
// compiled already and which refuses long texts: the work of a match grows with
// the product of both, and nothing interrupts it. A long text ends the evaluation
// as too much cost does, in the way in which CEL ends that: as an error it would
// count as nothing beside another one, or be taken for a claim of a wrong type.
func compiledMatch(call interpreter.InterpretableCall, pattern string) (interpreter.InterpretableCall, error) {
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	match := func(values ...ref.Val) ref.Val {
		text, ok := values[0].(types.String)
		switch {
		case !ok:
			return types.MaybeNoSuchOverloadErr(values[0])
		case len(text) > matchBytes:
			panic(interpreter.EvalCancelledError{Cause: interpreter.CostLimitExceeded, Message: "text too long for a regular expression"})
		}
		return types.Bool(compiled.MatchString(string(text)))
	}
	return interpreter.NewCall(call.ID(), call.Function(), call.OverloadID(), call.Args(), match), nil
}
