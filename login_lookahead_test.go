// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func (m *testMount) lookahead(role, token string) (*logical.Response, error) {
	m.t.Helper()
	req := loginRequest(role, token)
	req.Operation = logical.AliasLookaheadOperation
	return m.handle(req)
}

// Vault counts failed logins, and asks for a second factor, by the alias that
// a look-ahead answers. It must be the alias of the login, byte for byte, or
// one user would have two counters (CVE-2025-6004).
func TestLookaheadAnswersTheAliasOfTheLogin(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"user_claim": "email"})
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringN(1, 40, 160).Draw(t, "email")
		token := withClaim(m, "email", name)
		login, err := m.handle(loginRequest("ci", token))
		require.NoError(t, err)
		ahead, err := m.lookahead("ci", token)
		require.NoError(t, err)
		require.Equal(t, login.IsError(), ahead.IsError())
		if login.IsError() {
			text, _ := decisionOf(m.t, login)
			require.Equal(t, logical.ErrorResponse(text), ahead, "a look-ahead is not recorded")
			return
		}
		require.Equal(t, &logical.Auth{Alias: &logical.Alias{Name: login.Auth.Alias.Name}}, ahead.Auth)
	})
}

// It verifies as a login does, grants nothing and changes nothing.
func TestLookaheadRefusesAsALoginDoes(t *testing.T) {
	t.Parallel()
	m := newStrangersMount(t)
	for reason, login := range strangers(m) {
		resp, err := m.lookahead(login[0], login[1])
		require.NoError(t, err)
		require.Equal(t, logical.ErrorResponse(refusedText), resp, reason)
	}
	resp, err := m.lookahead("ci", m.issuer.token(map[string]any{"aud": "x"}))
	require.NoError(t, err)
	require.ErrorContains(t, resp.Error(), "invalid audience (aud) claim")

	before := m.storage.dump(t)
	token := m.issuer.token(nil)
	for range 3 {
		_, err := m.lookahead("ci", token)
		require.NoError(t, err)
	}
	require.Equal(t, before, m.storage.dump(t))
	m.login("ci", token)
}

func (m *testMount) resolve(data map[string]any) *logical.Response {
	m.t.Helper()
	return m.send(logical.ResolveRoleOperation, loginPath, data)
}

// Vault asks for the role before it has looked at anything, to apply quotas,
// and dereferences the answer: there must always be one.
func TestResolveRole(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	require.EqualError(t, m.resolve(map[string]any{"role": "ci"}).Error(), "there is no such role")
	require.EqualError(t, m.resolve(nil).Error(), "there is no such role")

	m = newReadyMount(t)
	role := func(data map[string]any) any { return m.resolve(data).Data["role"] }
	require.Equal(t, "ci", role(map[string]any{"role": "ci"}))
	require.Equal(t, "ci", role(map[string]any{"role": "CI", "jwt": "no token at all"}))
	require.EqualError(t, m.resolve(map[string]any{"role": "nobody"}).Error(), "there is no such role")
	require.EqualError(t, m.resolve(map[string]any{"jwt": "x"}).Error(), "there is no such role")
	require.EqualError(t, m.resolve(map[string]any{"role": 7}).Error(), `field "role" must be a string`)

	m.reconfigure(map[string]any{"default_role": "ci"})
	require.Equal(t, "ci", role(nil))
}

// It verifies nothing and, once the mount is warm, reads nothing.
func TestResolveRoleReadsNoStorage(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.resolve(map[string]any{"role": "ci"})
	before := m.storage.reads.Load()
	for range 10 {
		m.resolve(map[string]any{"role": "ci"})
		m.resolve(map[string]any{"role": "nobody"})
	}
	require.Equal(t, before, m.storage.reads.Load())
}
