// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// ask sends a login with exactly these fields.
func (m *testMount) ask(data map[string]any) *logical.Response {
	m.t.Helper()
	return m.send(logical.UpdateOperation, loginPath, data)
}

// A malformed request is told what is wrong with it: none of it depends on
// what is configured, but for the configuration being there at all.
func TestLoginMalformedRequests(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	require.EqualError(t, m.ask(map[string]any{"role": "ci", "jwt": "x"}).Error(), "could not load configuration")
	require.EqualError(t, m.ask(nil).Error(), "could not load configuration")

	m = newReadyMount(t)
	require.EqualError(t, m.ask(nil).Error(), "missing role")
	require.EqualError(t, m.ask(map[string]any{"jwt": "x"}).Error(), "missing role")
	require.EqualError(t, m.ask(map[string]any{"role": "", "jwt": "x"}).Error(), "missing role")
	require.EqualError(t, m.ask(map[string]any{"role": "ci"}).Error(), "missing token")
	require.EqualError(t, m.ask(map[string]any{"role": "ci", "jwt": ""}).Error(), "missing token")
	require.EqualError(t, m.ask(map[string]any{"role": "ci", "jwt": nil}).Error(), "missing token")
}

// A value of a wrong type is refused and never quoted: it might be a token in
// the wrong place (CVE-2025-4166). Nothing is converted.
func TestLoginQuotesNoValues(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	good := m.issuer.token(nil)
	for _, value := range []any{
		map[string]any{"k": "SECRET"}, []any{"SECRET"}, []string{good}, 12345678, 1.5, true, []byte(good),
	} {
		for _, field := range []string{"jwt", "role", "distributed_claim_access_token"} {
			data := overlay(map[string]any{"role": "ci", "jwt": good}, map[string]any{field: value})
			require.EqualError(t, m.ask(data).Error(), `field "`+field+`" must be a string`)
		}
	}
	require.NotContains(t, m.log.String(), "SECRET")
	require.NotNil(t, m.ask(map[string]any{"role": "ci", "jwt": good, "distributed_claim_access_token": "SECRET"}).Auth)
}

// Fields that the method does not know change nothing, and are named in a
// warning. What looks like an identity in them is not one.
func TestLoginWarnsOfUnknownFields(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	good := m.issuer.token(nil)
	require.Empty(t, m.ask(map[string]any{"role": "ci", "jwt": good}).Warnings)
	resp := m.ask(map[string]any{"role": "ci", "jwt": good, "sub": "root", "policies": []any{"root"}, "groups": "admins"})
	require.Equal(t, []string{"Endpoint ignored these unrecognized parameters: [groups policies sub]"}, resp.Warnings)
	require.Equal(t, "alice", resp.Auth.Alias.Name)
	require.Equal(t, []string{"deploy"}, resp.Auth.Policies)
	require.Empty(t, resp.Auth.GroupAliases)
}

// Vault Agent sends a file as it is, line break included.
func TestLoginIgnoresWhiteSpaceAroundTheToken(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	good := m.issuer.token(nil)
	for _, around := range [][2]string{{"", "\n"}, {"", "\r\n"}, {" ", " "}, {"\t\r\n ", ""}} {
		m.login("ci", around[0]+good+around[1])
	}
	for _, bad := range []string{"\v" + good, "\u00a0" + good, good + "\x00", "\ufeff" + good, "Bearer " + good, strings.Replace(good, ".", ".\n", 1)} {
		m.refuse("ci", bad, auth.TokenForm)
	}
	m.refuse("ci", " \n", auth.TokenForm)
}

func TestLoginDefaultRole(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/other", jwtRole(map[string]any{"token_policies": "other"}))
	m.reconfigure(map[string]any{"default_role": "CI"})
	token := m.issuer.token(nil)
	require.Equal(t, "ci", m.login("", token).Metadata["role"])
	require.Equal(t, "ci", m.ask(map[string]any{"jwt": token}).Auth.Metadata["role"])
	require.Equal(t, "other", m.login("other", token).Metadata["role"])

	m.reconfigure(map[string]any{"default_role": "gone"})
	m.refuse("", token, auth.RoleUnknown)
}

// A role for browsers does not log in with a token, and does not tell a
// stranger that it is there.
func TestLoginRoleForBrowsers(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/browser", map[string]any{"user_claim": "sub", "bound_audiences": "vault", "allowed_redirect_uris": "https://vault.test/cb"})
	m.refuse("browser", m.issuer.token(nil), auth.RoleNotForLogin)
	m.refuse("browser", "hello", auth.TokenForm)
	m.write("role/browser", map[string]any{"role_type": "jwt"})
	m.login("browser", m.issuer.token(nil))
}

// A header nested six million deep once crashed the process of a parser that
// calls itself. Here its length alone refuses it.
func TestLoginRefusesAHugeHeader(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	threeDeep := base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat(`{"a":`, 3)))
	m.refuse("ci", strings.Repeat(threeDeep, 2_000_000)+".e30.AAAA", auth.TokenTooLong)
	m.refuse("ci", strings.Repeat(".", 10<<20), auth.TokenTooLong)
	m.refuse("ci", m.issuer.raw(strings.Repeat(`{"a":`, 300), `{}`), auth.TokenHeader)
	m.login("ci", m.issuer.token(nil))
}

// Other operations on the path are not logins.
func TestLoginOtherOperations(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	for _, op := range []logical.Operation{logical.ReadOperation, logical.ListOperation, logical.DeleteOperation, logical.CreateOperation, logical.PatchOperation} {
		resp, err := m.handle(&logical.Request{Operation: op, Path: loginPath, Data: map[string]any{"role": "ci", "jwt": m.issuer.token(nil)}})
		require.ErrorIs(t, err, logical.ErrUnsupportedOperation, op)
		require.Nil(t, resp)
	}
	checked, exists, err := m.backend.HandleExistenceCheck(t.Context(), loginRequest("ci", "x"))
	require.NoError(t, err)
	require.False(t, checked || exists)
}
