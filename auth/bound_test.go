// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// scalar draws a JSON value that a claim or a binding may have, from a few, so
// that they meet.
func scalar(t *rapid.T, label string) string {
	return rapid.SampledFrom([]string{
		`"a"`, `"b"`, `"ab"`, `"1"`, `"true"`, `""`, `1`, `1.0`, `2`, `-1`, `1e1`, `10`, `0.5`, `true`, `false`,
	}).Draw(t, label)
}

// claimText draws any JSON value of few levels.
func claimText(t *rapid.T, depth int) string {
	if depth == 0 || rapid.IntRange(0, 2).Draw(t, "shape") > 0 {
		return rapid.OneOf(rapid.Just("null"), rapid.Custom(func(t *rapid.T) string { return scalar(t, "value") })).Draw(t, "leaf")
	}
	n := rapid.IntRange(0, 3).Draw(t, "n")
	var parts []string
	object := rapid.Bool().Draw(t, "object")
	for i := range n {
		v := claimText(t, depth-1)
		if object {
			v = fmt.Sprintf(`"k%d":%s`, i, v)
		}
		parts = append(parts, v)
	}
	if object {
		return "{" + strings.Join(parts, ",") + "}"
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// decode reads JSON as Vault hands bound_claims to the method.
func decode(t require.TestingT, text string) any {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	require.NoError(t, d.Decode(&v))
	return v
}

// bindingModel says in other words what a binding admits: the claim, or a
// member of it if it is a list, is one of the values, of the same type.
func bindingModel(values []any, claim any) bool {
	members, isList := claim.([]any)
	if !isList {
		members = []any{claim}
	}
	return slices.ContainsFunc(members, func(m any) bool {
		return slices.ContainsFunc(values, func(v any) bool { return sameScalar(m, v) })
	})
}

func sameScalar(a, b any) bool {
	x, isX := a.(json.Number)
	y, isY := b.(json.Number)
	if isX && isY {
		return canonicalNumber(x.String()) == canonicalNumber(y.String())
	}
	switch a.(type) {
	case string, bool:
		return a == b
	}
	return false
}

func TestBindingAgainstModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bound := decode(t, "["+strings.Join(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return scalar(t, "bound") }), 0, 4).Draw(t, "values"), ",")+"]")
		text := claimText(t, 2)
		b, err := compileBinding("x", bound, false)
		require.NoError(t, err)
		refused := b.check(parse(t, `{"x":`+text+`}`), "")
		switch {
		case text == "null":
			require.Equal(t, deny(ClaimMissing, "x"), refused)
		case bindingModel(bound.([]any), decode(t, text)):
			require.Nil(t, refused, text)
		default:
			require.Equal(t, deny(ClaimMismatch, "x"), refused, text)
		}
	})
}

// Adding a binding to a role never lets in what it kept out.
func TestMoreBindingsNeverAdmitMore(t *testing.T) {
	t.Parallel()
	names := []string{"x", "y", "/z/k0", "missing"}
	rapid.Check(t, func(t *rapid.T) {
		token := parse(t, fmt.Sprintf(`{%s,"x":%s,"y":%s,"z":%s}`, claims, claimText(t, 2), claimText(t, 1), claimText(t, 2)))
		spec := RoleSpec{UserClaim: "sub", BoundAudiences: []string{"vault"}, BoundClaims: map[string]any{}}
		before := true
		for _, name := range rapid.Permutation(names).Draw(t, "order") {
			spec.BoundClaims[name] = decode(t, scalar(t, "bound"))
			role, err := CompileRole(spec)
			require.NoError(t, err)
			admitted := matchDefault(role, token).Allowed()
			require.False(t, admitted && !before, "a binding of %s admitted what was refused", name)
			before = admitted
		}
	})
}

// More values for one claim never keep out what they let in.
func TestMoreValuesNeverAdmitLess(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		token := parse(t, `{"x":`+claimText(t, 1)+`}`)
		var values []any
		before := false
		for range rapid.IntRange(1, 5).Draw(t, "n") {
			values = append(values, decode(t, scalar(t, "bound")))
			b, err := compileBinding("x", values, false)
			require.NoError(t, err)
			admitted := b.check(token, "") == nil
			require.False(t, before && !admitted)
			before = admitted
		}
	})
}

// What cannot be bound is refused with a text that names the claim and quotes
// no value. What was compiled all the same admits nothing.
func TestBindingRefusesOtherTypes(t *testing.T) {
	t.Parallel()
	for _, raw := range []any{nil, map[string]any{"k": "SECRET"}, []any{[]any{"SECRET"}}, json.Number("1e999"), json.Number("x"), struct{}{}, float64(1 << 53)} {
		b, err := compileBinding("level", raw, false)
		require.ErrorContains(t, err, `bound_claims: claim "level": `)
		require.NotContains(t, err.Error(), "SECRET")
		for _, claim := range []string{`{}`, `"SECRET"`, `[]`, `[["SECRET"]]`, `{"k":"SECRET"}`, `1`, `0`, `true`} {
			require.NotNil(t, b.check(parse(t, `{"level":`+claim+`}`), ""), "%v admits %s", raw, claim)
		}
	}
	for _, raw := range []any{true, 1, 1.5, json.Number("1")} {
		_, err := compileBinding("level", raw, true)
		require.ErrorContains(t, err, `with bound_claims_type "glob" each value must be a string`)
	}
}

// The zero matcher, which what cannot be compiled becomes, matches nothing,
// not even a value that is not there.
func TestZeroMatcherMatchesNothing(t *testing.T) {
	t.Parallel()
	require.False(t, matcher{}.matches(strictjson.Value{}))
	require.False(t, matcher{}.matchesText(""))
}

// A separator makes a list of a string; the list's members are strings.
func TestBindingWithSeparator(t *testing.T) {
	t.Parallel()
	b, err := compileBinding("g", []any{"dev", json.Number("7")}, false)
	require.NoError(t, err)
	for claim, want := range map[string]bool{`"ops,dev"`: true, `"dev"`: true, `"ops dev"`: false, `"7"`: false, `"ops,7"`: false, `["ops","dev"]`: true, `["ops,dev"]`: false, `7`: true} {
		require.Equal(t, want, b.check(parse(t, `{"g":`+claim+`}`), ",") == nil, claim)
	}
}
