// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// limits are wider than those of a token, so that a test can show that
// evaluation is bounded by itself.
func limits() strictjson.Limits {
	return strictjson.Limits{Bytes: 1 << 20, Depth: 16, Members: 1000, Elements: 1000, String: 8192}
}

func parse(tb testing.TB, claims string) strictjson.Value {
	tb.Helper()
	doc, err := strictjson.Parse(claims, limits())
	require.NoError(tb, err)
	return doc.Root()
}

const sample = `{
	"sub": "u1", "admin": true, "role": "dev", "count": 7, "none": null, "empty": [],
	"email": "a@corp.example", "groups": ["dev", "ops"], "level": "3",
	"realm": {"roles": ["r1", "r2"], "a/b": {"c~d": 1}},
	"https://vault.example/team": "blue"
}`

func input(tb testing.TB, claims string) Input {
	tb.Helper()
	return Input{
		Claims: parse(tb, claims), Header: &Header{Algorithm: "ES256", KeyID: "k1", Type: "jwt"},
		IssuerName: "ci", IssuerID: "https://ci.example", Role: "deploy", Mount: "auth/jwt/", Remote: "10.1.2.3",
		Now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
	}
}

func eval[T any](tb testing.TB, compile func(string) (*Expression[T], error), in Input, source string) (T, error) {
	tb.Helper()
	x, err := compile(source)
	require.NoError(tb, err, source)
	e := New(in)
	defer e.Close()
	return x.Eval(e)
}

// Row M12: true admits and nothing else does.
func TestCondition(t *testing.T) {
	for source, want := range map[string]any{
		`claims.admin`:         true,
		`claims.admin == true`: true,
		`claims.admin == true || claims.role == "x"`:                true,
		`claims.role == "ops"`:                                      false,
		`claims.role != "ops"`:                                      true,
		`claims.role`:                                               FaultType,
		`claims.count`:                                              FaultType,
		`claims.none`:                                               FaultType,
		`claims.missing`:                                            FaultValue,
		`!claims.missing`:                                           FaultValue,
		`claims.missing == "x"`:                                     FaultValue,
		`!(claims.missing == "x")`:                                  FaultValue,
		`claims.missing == "x" || claims.missing == "y"`:            FaultValue,
		`claims.missing == "x" && claims.admin`:                     FaultValue,
		`has(claims.missing)`:                                       false,
		`!has(claims.missing)`:                                      true,
		`has(claims.none)`:                                          true,
		`!has(claims.missing) || claims.missing == "x"`:             true,
		`claims.role && claims.admin`:                               FaultValue,
		`claims.role + 1 == 2`:                                      FaultValue,
		`claims.count < "8"`:                                        FaultValue,
		`claims.role.foo == 1`:                                      FaultValue,
		`claims.groups[9] == "dev"`:                                 FaultValue,
		`claims.groups["dev"] == "dev"`:                             FaultValue,
		`int(claims.role) == 1`:                                     FaultValue,
		`claims.groups.startsWith("d")`:                             FaultValue,
		`claims.role in claims.groups`:                              true,
		`"x" in claims.empty`:                                       false,
		`claims.empty.all(g, false)`:                                true,
		`claims["https://vault.example/team"] == "blue"`:            true,
		`sets.contains(claims.groups, ["dev", "ops"])`:              true,
		`sets.intersects(claims.groups, ["x", "ops"])`:              true,
		`sets.equivalent(claims.groups, ["dev"])`:                   false,
		`claims.email.matches("^[a-z]+@corp[.]example$")`:           true,
		`claims.email.endsWith("@corp.example")`:                    true,
		`claims.email.split("@")[1].lowerAscii() == "corp.example"`: true,
		`claims.sub.substring(0, 1) == "u"`:                         true,
		`header.alg == "ES256" && header.kid == "k1"`:               true,
		`header.typ == "jwt"`:                                       true,
		`issuer.name == "ci" && issuer.id == "https://ci.example"`:  true,
		`role.name == "deploy" && mount.path == "auth/jwt/"`:        true,
		`now < timestamp("2026-03-04T05:06:08Z")`:                   true,
		`now.getHours() == 5 && now.getDayOfWeek() == 3`:            true,
		`now - timestamp("2026-03-04T00:00:00Z") < duration("6h")`:  true,
	} {
		t.Run(source, func(t *testing.T) {
			got, err := eval(t, CompileBool, input(t, sample), source)
			if fault, isFault := want.(Fault); isFault {
				require.Equal(t, fault, err)
				require.False(t, got)
				return
			}
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

// What is not known fails the expression, also if it is negated.
func TestUnknownVariables(t *testing.T) {
	known := input(t, sample)
	for source, forget := range map[string]func(*Input){
		`header.alg != "HS256"`:                 func(in *Input) { in.Header = nil },
		`!remote_addr.startsWith("192.")`:       func(in *Input) { in.Remote = "" },
		`!(mount.path == "auth/other/")`:        func(in *Input) { in.Mount = "" },
		`!remote_addr.inCIDR("192.0.2.0/24")`:   func(in *Input) { in.Remote = "" },
		`!remote_addr.inCIDR("198.51.100.7/8")`: func(in *Input) { in.Remote = "not an address" },
	} {
		t.Run(source, func(t *testing.T) {
			got, err := eval(t, CompileBool, known, source)
			require.NoError(t, err)
			require.True(t, got)

			in := known
			forget(&in)
			_, err = eval(t, CompileBool, in, source)
			require.Equal(t, FaultValue, err)
		})
	}
}

func TestAddresses(t *testing.T) {
	for source, want := range map[string]bool{
		`remote_addr.inCIDR("10.0.0.0/8")`:                        true,
		`remote_addr.inCIDR("10.1.2.0/30")`:                       true,
		`remote_addr.inCIDR("10.1.2.4/30")`:                       false,
		`remote_addr.inCIDR(["192.0.2.0/24", "10.0.0.0/8"])`:      true,
		`remote_addr.inCIDR(["192.0.2.0/24"])`:                    false,
		`"::ffff:10.1.2.3".inCIDR("10.0.0.0/8")`:                  true,
		`"10.1.2.3".inCIDR("::ffff:10.0.0.0/104")`:                true,
		`"2001:db8::1".inCIDR("2001:db8::/32")`:                   true,
		`"2001:db8::1".inCIDR("0.0.0.0/0")`:                       false,
		`isIP("10.1.2.3") && isIP("::1") && !isIP("10.1.2")`:      true,
		`["10.0.0.0/8"].exists(block, remote_addr.inCIDR(block))`: true,
	} {
		got, err := eval(t, CompileBool, input(t, sample), source)
		require.NoError(t, err, source)
		require.Equal(t, want, got, source)
	}
	_, err := eval(t, CompileBool, input(t, sample), `remote_addr.inCIDR(["10.0.0.0/8", claims.role])`)
	require.Equal(t, FaultValue, err, "a malformed block fails even if another one holds the address")
}

func TestPointer(t *testing.T) {
	for source, want := range map[string]string{
		`get(claims, "/role")`:                     "dev",
		`get(claims, "/realm/roles/1")`:            "r2",
		`get(claims, "/realm/roles/2", "none")`:    "none",
		`get(claims, "/realm/roles/01", "none")`:   "none",
		`get(claims, "/realm/roles/-", "none")`:    "none",
		`get(claims, "/role/x", "none")`:           "none",
		`get(claims, "/none", "null")`:             "null",
		`string(get(claims, "/realm/a~1b/c~0d"))`:  "1",
		`get(claims.realm, "/roles/0")`:            "r1",
		`get(claims, "/missing", [""])[0] + "end"`: "end",
	} {
		got, err := eval(t, CompileString, input(t, sample), source)
		require.NoError(t, err, source)
		require.Equal(t, want, got, source)
	}
	for _, source := range []string{`get(claims, "/missing")`, `get(claims, "/none")`, `get(claims, claims.role)`, `get(claims, claims.count, "x")`} {
		_, err := eval(t, CompileString, input(t, sample), source)
		require.Equal(t, FaultValue, err, source)
	}
}

func TestResults(t *testing.T) {
	in := input(t, sample)
	list, err := eval(t, CompileStrings, in, `claims.groups.filter(g, g != "ops").map(g, "team-" + g) + ["all"]`)
	require.NoError(t, err)
	require.Equal(t, []string{"team-dev", "all"}, list)

	list, err = eval(t, CompileStrings, in, `[]`)
	require.NoError(t, err)
	require.Empty(t, list)

	m, err := eval(t, CompileMap, in, `{"team": claims.role, "r": claims.realm.roles[0]}`)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"team": "dev", "r": "r1"}, m)

	m, err = eval(t, CompileMap, in, `{}`)
	require.NoError(t, err)
	require.Empty(t, m)

	for _, source := range []string{`[claims.role, claims.count]`, `claims.role`, `claims.realm`, `[claims.groups]`} {
		_, err = eval(t, CompileStrings, in, source)
		require.Equal(t, FaultType, err, source)
	}
	for _, source := range []string{`{"n": claims.count}`, `claims.realm`, `claims.groups`} {
		_, err = eval(t, CompileMap, in, source)
		require.Equal(t, FaultType, err, source)
	}
	long := fmt.Sprintf(`{"l": [%s"x"]}`, strings.Repeat(`"x",`, 999))
	_, err = eval(t, CompileStrings, input(t, long), `claims.l + claims.l`)
	require.NoError(t, err)
	_, err = eval(t, CompileStrings, input(t, long), `claims.l + claims.l + ["x"]`)
	require.Equal(t, FaultCost, err, "2,000 elements are the most")
}

// Whatever stands beside a match, a text that is too long for it ends the
// evaluation as cost does, and is not taken for a claim that is missing.
func TestLongTextsAreExhausting(t *testing.T) {
	long := func(n int) Input { // s and t together have n bytes
		return input(t, fmt.Sprintf(`{"s": %q, "t": %q}`, strings.Repeat("a", n/2), strings.Repeat("a", n-n/2)))
	}
	for _, source := range []string{
		`TEXT.matches("^a")`, `claims.missing == "x" || TEXT.matches("^a")`, `TEXT.matches("^a") || claims.missing == "x"`,
		`["a", TEXT].all(x, x.matches("^a"))`, `TEXT.matches("^a") || true`, `TEXT.matches("^b") ? claims.missing : true`,
	} {
		x, err := CompileBool(strings.ReplaceAll(source, "TEXT", "(claims.s + claims.t)"))
		require.NoError(t, err)
		for size, want := range map[int]error{matchBytes: nil, matchBytes + 1: FaultCost} {
			e := New(long(size))
			v, err := x.Eval(e)
			require.Equal(t, want, err, source)
			require.Equal(t, want == nil, v, source)
			require.Equal(t, want != nil, e.Exhausted(), source)
			e.Close()
		}
	}
	short, err := eval(t, CompileBool, long(matchBytes+1), `size(claims.s) < 100 && (claims.s + claims.t).matches("^a")`)
	require.NoError(t, err, "an expression may look at the length first")
	require.False(t, short)
}

// The claims behave as one map, however little of them is converted.
func TestClaimsAsMap(t *testing.T) {
	in := input(t, `{"a": 1, "b": {"c": [1, "x"]}}`)
	for source, want := range map[string]bool{
		`claims == {"a": 1, "b": {"c": [1, "x"]}}`:   true,
		`{"a": 1, "b": {"c": [1, "x"]}} == claims`:   true,
		`claims == {"a": 1}`:                         false,
		`claims.size() == 2`:                         true,
		`claims.all(name, name in ["a", "b"])`:       true,
		`claims.exists(name, claims[name] == 1)`:     true,
		`"a" in claims && !("c" in claims)`:          true,
		`[claims] == [claims] && claims in [claims]`: true,
		`get(claims, "") == claims`:                  true,
	} {
		got, err := eval(t, CompileBool, in, source)
		require.NoError(t, err, source)
		require.Equal(t, want, got, source)
	}
	_, err := eval(t, CompileBool, in, `claims[dyn(1)] == 1`)
	require.Equal(t, FaultValue, err)
}
