// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// claimed signs claims with one more, given as JSON text.
func claimed(m *testMount, name, value string) string {
	m.t.Helper()
	return m.issuer.with(fmt.Sprintf(`%q:%s`, name, value), nil)
}

// bind makes the role "ci" bind one claim and nothing else.
func bind(m *testMount, claim string, values any) {
	m.t.Helper()
	m.write("role/ci", map[string]any{"bound_claims": map[string]any{claim: values}})
}

// Numbers compare by value, exactly. The method that we replace converts to
// an integer first, so that 1 matched 1.9, and 9007199254740992 its neighbour.
func TestLoginBoundNumbers(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	for _, c := range []struct {
		bound     string
		same, not []string
	}{
		{"1", []string{"1", "1.0", "1e0", "10e-1", "0.1E+1"}, []string{"1.9", "0.999", "2", "-1", `"1"`, "true", "1.0000000000000000000001"}},
		{"0", []string{"0", "-0", "0.0", "0e5", "-0.0e-3"}, []string{"0.999", "1e-300", `""`, "null", "false"}},
		{"9007199254740993", []string{"9007199254740993", "9007199254740993.0"}, []string{"9007199254740992", "9007199254740994"}},
		{"9223372036854775807", []string{"9223372036854775807"}, []string{"9223372036854775806", "9223372036854775808", "1e300"}},
		{"-9223372036854775808", []string{"-9223372036854775808"}, []string{"1e300", "-1e300", "-9223372036854775807"}},
		{"1.5", []string{"1.5", "1.50", "15e-1"}, []string{"1", "2", "1.51"}},
		{"1e100", []string{"1e100", "10e99"}, []string{"1e99", "1e101"}},
	} {
		for _, values := range []any{json.Number(c.bound), []any{"x", json.Number(c.bound)}} {
			bind(m, "n", values)
			for _, value := range c.same {
				m.login("ci", claimed(m, "n", value))
				m.login("ci", claimed(m, "n", `["y",`+value+`]`))
			}
			for _, value := range c.not {
				want := auth.ClaimMismatch
				if value == "null" {
					want = auth.ClaimMissing
				}
				m.refuse("ci", claimed(m, "n", value), want)
			}
		}
	}
	require.Contains(t, m.refuseWrite("role/ci", map[string]any{"bound_claims": map[string]any{"n": json.Number("1e999")}}), "a number is out of range")
}

// No value is ever converted to another type, and nothing that a token can
// carry makes the comparison fail in a way that is not a refusal.
func TestLoginBoundClaimTypes(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	kinds := []string{`"true"`, `true`, `false`, `"1"`, `1`, `"a"`, `""`, `{}`, `{"a":"a"}`, `[]`, `[["a"]]`, `[{}]`, `[null]`, `[[1]]`}
	for _, c := range []struct {
		bound any
		same  map[string]bool
	}{
		{"true", map[string]bool{`"true"`: true}},
		{true, map[string]bool{`true`: true}},
		{false, map[string]bool{`false`: true}},
		{"1", map[string]bool{`"1"`: true}},
		{1, map[string]bool{`1`: true}},
		{"a", map[string]bool{`"a"`: true}},
		{"", map[string]bool{`""`: true}},
		{[]any{}, nil},
		{[]any{"a", true, 1}, map[string]bool{`"a"`: true, `true`: true, `1`: true}},
	} {
		bind(m, "x", c.bound)
		for _, value := range kinds {
			want := auth.ClaimMismatch
			if c.same[value] {
				want = auth.Allowed
			}
			require.Equal(t, want, m.reason("ci", claimed(m, "x", value)), "bound %v, claim %s", c.bound, value)
		}
	}
	bind(m, "x", "a")
	require.Equal(t, `error validating claims: claim "x" does not match any associated bound claim values`, m.refuse("ci", claimed(m, "x", `["b",["a"]]`), auth.ClaimMismatch))
	require.Equal(t, `error validating claims: claim "x" is missing`, m.refuse("ci", claimed(m, "x", `null`), auth.ClaimMissing))
	m.refuse("ci", m.issuer.token(nil), auth.ClaimMissing)
}

// All names must match, any value will do, and of the failing ones the first
// by name is told.
func TestLoginBoundClaimsAreAndOfOrs(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"bound_claims": map[string]any{"env": []any{"prod", "stage"}, "team": "a", "z": "z"}})
	m.login("ci", m.issuer.token(map[string]any{"env": "stage", "team": "a", "z": "z"}))
	m.login("ci", m.issuer.token(map[string]any{"env": []any{"dev", "prod"}, "team": []any{"b", "a"}, "z": "z"}))
	for range 10 {
		require.Contains(t, m.refuse("ci", m.issuer.token(map[string]any{"team": "x", "z": "y", "env": "dev"}), auth.ClaimMismatch), `claim "env"`)
	}
	m.refuse("ci", m.issuer.token(map[string]any{"env": "prod", "team": "b", "z": "z"}), auth.ClaimMismatch)
}

// A pointer leads into the claims. A name is one only with a leading slash; a
// user_claim only if the role says so.
func TestLoginPointers(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"user_claim": "/a/b", "bound_claims": map[string]any{"/a/b": "x"}})
	both := m.issuer.with(`"a":{"b":"x"},"/a/b":"literal"`, nil)
	require.Equal(t, "literal", m.login("ci", both).Alias.Name, "user_claim without user_claim_json_pointer is a plain name")
	m.refuse("ci", m.issuer.with(`"a":{"b":"y"},"/a/b":"x"`, nil), auth.ClaimMismatch)
	m.refuse("ci", m.issuer.with(`"a":{"b":"x"}`, nil), auth.UserClaim)

	m.write("role/ci", map[string]any{"user_claim_json_pointer": true})
	require.Equal(t, "x", m.login("ci", both).Alias.Name)
	m.refuse("ci", m.issuer.with(`"/a/b":"x"`, nil), auth.ClaimMissing)
}

// Patterns stop at the delimiter that follows the star.
func TestLoginPatterns(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"bound_claims_type": "glob", "bound_claims": map[string]any{
		"sub": "repo:acme/*:ref:refs/heads/main", "groups": []any{"admins", "*@corp.test"},
	}})
	token := func(sub string, groups ...string) string {
		return m.issuer.token(map[string]any{"sub": sub, "groups": groups})
	}
	m.login("ci", token("repo:acme/web:ref:refs/heads/main", "x", "a@corp.test"))
	m.login("ci", token("repo:acme/web:ref:refs/heads/main", "admins"))
	m.refuse("ci", token("repo:acme/web:environment:x:ref:refs/heads/main", "admins"), auth.ClaimMismatch)
	m.refuse("ci", token("repo:acme/web:ref:refs/heads/main", "x@evil.test,y@corp.test"), auth.ClaimMismatch)
	m.refuse("ci", m.issuer.token(map[string]any{"sub": "repo:acme/web:ref:refs/heads/main", "groups": []any{7, true, nil}}), auth.ClaimMismatch)
}
