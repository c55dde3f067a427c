// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompileRefusals(t *testing.T) {
	loops := `claims.a.exists(a, claims.b.exists(b, claims.c.exists(c, claims.d.exists(d, a == d))))`
	for _, c := range []struct{ name, source, want string }{
		{"syntax", `claims.a ==`, "line 1, column 12: Syntax error"},
		{"second line", "claims.a == 1 &&\n  clams.b", "line 2, column 3: undeclared reference to 'clams'"},
		{"empty", ``, "line 1, column 1: "},
		{"unknown variable", `header.jwk == ""`, "undeclared reference to 'header.jwk'"},
		{"unknown function", `claims.a.shout() == "A"`, "undeclared reference to 'shout'"},
		{"wrong operand", `now == "today"`, "found no matching overload for '_==_'"},
		{"wrong type", `1 + 1`, "it gives int; it must give true or false"},
		{"string as condition", `"true"`, "it gives string; it must give true or false"},
		{"pattern from a claim", `claims.a.matches(claims.b)`, "column 24: a regular expression must be a literal"},
		{"pattern put together", `claims.a.matches("a" + "b")`, "a regular expression must be a literal"},
		{"pattern of another variable", `["a"].exists(p, claims.a.matches(p))`, "a regular expression must be a literal"},
		{"malformed pattern", `claims.a.matches("(")`, "invalid matches argument"},
		{"long pattern", `claims.a.matches("` + strings.Repeat("a", RegexBytes+1) + `")`, "at most 256 bytes"},
		{"large pattern", `claims.a.matches("(a{1,900})")`, "exceeds limit"},
		{"global matches", `matches(claims.a, "x")`, "found no matching overload"},
		{"replace", `claims.a.replace("a", "aaaa") == ""`, "'replace' is not available"},
		{"join", `["a"].join(claims.a) == ""`, "'join' is not available"},
		{"format", `"%s".format([claims.a]) == ""`, "'format' is not available"},
		{"quote", `strings.quote(claims.a) == ""`, "'strings.quote' is not available"},
		{"range", `lists.range(1000000).all(x, true)`, "undeclared reference"},
		{"time zone", `now.getHours("Europe/Berlin") == 1`, "found no matching overload"},
		{"not a block", `remote_addr.inCIDR("10.0.0.0")`, "column 20: not a CIDR block"},
		{"not a block in a list", `remote_addr.inCIDR(["10.0.0.0/8", "10.0.0.0/33"])`, "column 35: not a CIDR block"},
		{"not a pointer", `get(claims, "a/b") == 1`, "column 13: not a JSON pointer"},
		{"not a time", `now < timestamp("today")`, "invalid timestamp"},
		{"nested loops", loops, "nesting limit"},
		{"too costly", `claims.a.all(a, claims.a.all(b, claims.a.all(c, a != b)))`, "at most 100000 are allowed"},
		{"long source", strings.Repeat(" ", SourceBytes) + "true", "at most 4096 are allowed"},
		{"100 KiB", strings.Repeat("true && ", 12800) + "true", "at most 4096 are allowed"},
		{"deep", strings.Repeat("(", 500) + "true" + strings.Repeat(")", 500), "recursion"},
		{"macro expansion", strings.Repeat("[1].exists(x, x == 1) && ", 150) + "true", "expression count exceeds limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := CompileBool(c.source)
			require.ErrorContains(t, err, c.want)
			require.Less(t, len(err.Error()), 1024)
		})
	}
}

// The positive twins, as far as they are not evaluated elsewhere.
func TestCompileAccepts(t *testing.T) {
	for _, source := range []string{
		`claims.a.matches("` + strings.Repeat("a", 120) + `")`,
		strings.Repeat(" ", SourceBytes-4) + "true",
		`claims.a.exists(a, claims.b.exists(b, a == b))`,
		`claims.groups.exists(g, g.matches("^team-[a-z]+$"))`,
	} {
		_, err := CompileBool(source)
		require.NoError(t, err, source)
	}
}

func TestCompileTypes(t *testing.T) {
	_, err := CompileString(`claims.a`)
	require.NoError(t, err)
	_, err = CompileString(`["a"]`)
	require.EqualError(t, err, "line 1, column 1: it gives list(string); it must give a string")
	_, err = CompileStrings(`["a", claims.b]`)
	require.NoError(t, err)
	_, err = CompileStrings(`[1]`)
	require.EqualError(t, err, "line 1, column 1: it gives list(int); it must give a list of strings")
	_, err = CompileStrings(`"a"`)
	require.ErrorContains(t, err, "it gives string")
	_, err = CompileMap(`{"a": claims.b}`)
	require.NoError(t, err)
	_, err = CompileMap(`{"a": 1}`)
	require.EqualError(t, err, "line 1, column 1: it gives map(string, int); it must give a map of strings to strings")
}

func TestUses(t *testing.T) {
	x, err := CompileBool(`claims.a == claims["b"] && has(claims.c) && "d" in claims && get(claims, "/e~1f/g", "") == claims.realm.h`)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"a", "b", "c", "d", "e/f", "realm"}, x.Claims())
	require.False(t, x.ReadsHeader())

	x, err = CompileBool(`claims.l.exists(k, k == header.kid)`)
	require.NoError(t, err)
	require.Equal(t, []string{"l"}, x.Claims())
	require.True(t, x.ReadsHeader())
}
