// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// ask logs in with more fields.
func (m *testMount) loginWith(role, token string, more map[string]any) *logical.Response {
	m.t.Helper()
	req := loginRequest(role, token)
	req.Data = overlay(req.Data, more)
	resp, err := m.handle(req)
	require.NoError(m.t, err)
	return resp
}

func newGenerousMount(t testing.TB) *testMount {
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{
		"token_policies": "Read,write", "policies_expression": `["team-" + claims.team]`, "allowed_policies": "team-*",
	})
	m.write("role/bare", jwtRole(map[string]any{"token_policies": "read,default", "token_no_default_policy": true}))
	return m
}

func TestAskingForFewerPolicies(t *testing.T) {
	t.Parallel()
	m := newGenerousMount(t)
	token := m.issuer.token(map[string]any{"team": "blue"})
	for _, c := range []struct {
		role     string
		asked    any
		policies []string // granted
	}{
		{"ci", nil, []string{"read", "write", "team-blue"}},
		{"ci", "write", []string{"write"}},
		{"ci", " Write ,READ,,write", []string{"read", "write"}},
		{"ci", []any{"team-blue"}, []string{"team-blue"}},
		{"ci", []string{"team-blue", "read"}, []string{"read", "team-blue"}},
		{"ci", "default", nil},
		{"bare", "default", []string{"default"}},
		{"bare", "read", []string{"read"}},
	} {
		resp := m.loginWith(c.role, token, map[string]any{"token_policies": c.asked})
		require.NoError(t, resp.Error(), c.asked)
		require.Empty(t, resp.Warnings)
		lower := []string{}
		for _, name := range resp.Auth.Policies {
			lower = append(lower, strings.ToLower(name))
		}
		require.ElementsMatch(t, c.policies, lower, c.asked)
		require.Equal(t, c.role == "bare", resp.Auth.NoDefaultPolicy, "default is as the role has it")
		require.Equal(t, resp.Auth.Policies, m.renew(resp.Auth).Policies)
	}
	require.Equal(t, []string{"Read", "write"}, m.read("role/ci")["token_policies"], "the role is not touched")
	require.Len(t, m.login("ci", token).Policies, 3)
}

func TestAskingForWhatIsNotGranted(t *testing.T) {
	t.Parallel()
	m := newGenerousMount(t)
	token := m.issuer.token(map[string]any{"team": "blue"})
	for asked, text := range map[string]string{
		"admin":                              `token_policies: the policy "admin" is not granted by this login`,
		"read,team-red":                      `token_policies: the policy "team-red" is not granted by this login`,
		"root":                               `token_policies: the policy "root" is not granted by this login`,
		"*":                                  `token_policies: the policy "*" is not granted by this login`,
		"":                                   `field "token_policies" names no policy; leave it out to be given all`,
		" , ":                                `field "token_policies" names no policy; leave it out to be given all`,
		"a\x00":                              `field "token_policies" has a name that no policy has`,
		strings.Repeat("a", maxAskedBytes+1): `field "token_policies" has a name that no policy has`,
	} {
		resp := m.loginWith("ci", token, map[string]any{"token_policies": asked})
		requireRefusal(t, resp, text)
		require.Nil(t, resp.Auth)
	}
	require.EqualError(t, m.loginWith("bare", token, map[string]any{"token_policies": []any{}}).Error(), `field "token_policies" names no policy; leave it out to be given all`)
	for _, wrong := range []any{5, true, []any{1}, map[string]any{"a": "b"}} {
		require.EqualError(t, m.loginWith("ci", token, map[string]any{"token_policies": wrong}).Error(), `field "token_policies" must be a string or a list of strings`)
	}
	var many []any
	for n := range maxAsked + 1 {
		many = append(many, strings.Repeat("a", n+1))
	}
	require.EqualError(t, m.loginWith("ci", token, map[string]any{"token_policies": many}).Error(), `field "token_policies" has more than 128 names`)
	// Before a signature has verified nobody learns what a role grants.
	requireRefusal(t, m.loginWith("ci", forged(token), map[string]any{"token_policies": "admin"}), refusedText)
	requireRefusal(t, m.loginWith("nobody", token, map[string]any{"token_policies": "admin"}), refusedText)
}

// What a stranger asks for is bounded before anything is made of it.
func TestAskingIsBounded(t *testing.T) {
	t.Parallel()
	m := newGenerousMount(t)
	token := m.issuer.token(map[string]any{"team": "blue"})
	most := strings.Repeat(",", maxAskedItems-6) + "read"
	require.Equal(t, []string{"Read"}, m.loginWith("ci", token, map[string]any{"token_policies": most}).Auth.Policies)
	long := strings.Repeat(",", 1<<20)
	items := make([]any, maxAskedItems+1)
	for i := range items {
		items[i] = "read"
	}
	for _, asked := range []any{long, items, []any{long}, strings.Repeat(",", maxAskedItems) + "read"} {
		require.EqualError(t, m.loginWith("ci", token, map[string]any{"token_policies": asked}).Error(), `field "token_policies" is too long`)
	}
	allocated := testing.Benchmark(func(b *testing.B) {
		var w wish
		for b.Loop() {
			require.Error(b, w.readPolicies(long))
		}
	}).AllocedBytesPerOp()
	require.Less(t, allocated, int64(1024))
}

func TestLeavingOutDefault(t *testing.T) {
	t.Parallel()
	m := newGenerousMount(t)
	token := m.issuer.token(map[string]any{"team": "blue"})
	for _, yes := range []any{true, "true", "1"} {
		for _, role := range []string{"ci", "bare"} {
			granted := m.loginWith(role, token, map[string]any{"no_default_policy": yes}).Auth
			require.True(t, granted.NoDefaultPolicy)
			require.NotContains(t, granted.Policies, "default")
			require.NotEmpty(t, granted.Policies)
		}
	}
	for _, no := range []any{false, "false", "", nil} {
		require.False(t, m.loginWith("ci", token, map[string]any{"no_default_policy": no}).Auth.NoDefaultPolicy)
		require.True(t, m.loginWith("bare", token, map[string]any{"no_default_policy": no}).Auth.NoDefaultPolicy, "the role's stays")
	}
	require.EqualError(t, m.loginWith("ci", token, map[string]any{"no_default_policy": "maybe"}).Error(), `field "no_default_policy" must be true or false`)
	require.ErrorContains(t, m.loginWith("ci", token, map[string]any{"no_default_policy": true, "token_policies": "default"}).Error(), "leaves it out")
	require.NotNil(t, m.loginWith("ci", token, map[string]any{"no_default_policy": false, "token_policies": "default"}).Auth)
}

func TestAskingForLessWithoutARole(t *testing.T) {
	t.Parallel()
	m := newChoosingMount(t, "union")
	m.write("role/a", autoRole("web", map[string]any{"token_policies": "p,q"}))
	m.write("role/b", autoRole("web", map[string]any{"token_policies": "q,r"}))
	require.Equal(t, []string{"p", "r"}, m.loginWith("", m.job("web"), map[string]any{"token_policies": "r,p"}).Auth.Policies)
	requireRefusal(t, m.loginWith("", m.job("web"), map[string]any{"token_policies": "r,s"}), "token_policies: the policy \"s\" is not granted by this login")
	m.reconfigure(map[string]any{"role_selection": "match"})
	m.write("role/a", map[string]any{"priority": 1})
	require.Equal(t, []string{"q"}, m.loginWith("", m.job("web"), map[string]any{"token_policies": "q"}).Auth.Policies)
	require.Error(t, m.loginWith("", m.job("web"), map[string]any{"token_policies": "r"}).Error(), "of the role that lost")

	req := loginRequest("", m.job("web"))
	req.Operation, req.Data["token_policies"] = logical.AliasLookaheadOperation, "r"
	resp, err := m.handle(req)
	require.NoError(t, err)
	require.True(t, resp.IsError(), "a login would be refused as well")
	a, _, err := m.backend.decide(t.Context(), withStorage(m, req))
	require.NoError(t, err)
	require.Equal(t, auth.PolicyNotGranted, a.decision.Reason)
}

// Whatever is asked for, nobody gets a policy that was not granted, or one that
// was not asked for.
func TestNobodyGetsMoreByAsking(t *testing.T) {
	t.Parallel()
	name := rapid.SampledFrom([]string{"a", "B", "c ", "default", "d", "Ä"})
	rapid.Check(t, func(t *rapid.T) {
		granted := rapid.SliceOf(name).Draw(t, "granted")
		asked := rapid.SliceOf(name).Draw(t, "asked")
		var w wish
		if w.readPolicies(asked) != nil {
			return
		}
		a := &logical.Auth{Policies: slices.Clone(granted)}
		w.narrow(a)
		for _, got := range a.Policies {
			require.Contains(t, granted, got)
			require.Contains(t, w.policies, normalPolicy(got))
		}
	})
}
