// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// newChoosingMount is a mount that chooses roles, and has none yet.
func newChoosingMount(t testing.TB, mode string) *testMount {
	t.Helper()
	m := newReadyMount(t)
	m.send(logical.DeleteOperation, "role/ci", nil)
	m.reconfigure(map[string]any{"role_selection": mode})
	return m
}

// autoRole is a role that may be chosen, for tokens with one repository.
func autoRole(repository string, over map[string]any) map[string]any {
	return jwtRole(overlay(map[string]any{"auto_select": true, "bound_claims": map[string]any{"repository": repository}, "token_policies": "for-" + repository}, over))
}

func (m *testMount) job(repository string) string {
	return m.issuer.token(map[string]any{"repository": repository})
}

func TestLoginWithoutARoleTakesTheOneThatMatches(t *testing.T) {
	t.Parallel()
	m := newChoosingMount(t, "match")
	m.write("role/web", autoRole("web", nil))
	m.write("role/api", autoRole("api", map[string]any{"token_ttl": 60}))
	m.write("role/low", jwtRole(map[string]any{"auto_select": true, "priority": -1, "token_policies": "anybody"}))
	m.write("role/never", jwtRole(map[string]any{"priority": 100}))

	granted := m.login("", m.job("api"))
	require.Equal(t, []string{"for-api"}, granted.Policies)
	require.Equal(t, time.Minute, granted.TTL)
	require.Equal(t, "api", granted.Metadata["role"])
	require.Equal(t, "api", granted.InternalData["role"])
	require.Equal(t, []string{"for-web"}, m.login("", m.job("web")).Policies)
	require.Equal(t, []string{"anybody"}, m.login("", m.job("docs")).Policies)

	// A login that names a role is what it always was.
	require.Equal(t, []string{"deploy"}, m.login("never", m.job("api")).Policies)
	m.refuse("web", m.job("api"), auth.ClaimMismatch)
	m.refuse("nobody", m.job("api"), auth.RoleUnknown)

	renewed := m.renew(granted)
	require.Equal(t, time.Minute, renewed.TTL)
	m.send(logical.DeleteOperation, "role/api", nil)
	require.Equal(t, []string{"anybody"}, m.login("", m.job("api")).Policies)
	require.Contains(t, m.refuseRenewal(granted), "the role api does not exist any more")
}

func TestLoginWithoutARoleIsRefused(t *testing.T) {
	t.Parallel()
	m := newChoosingMount(t, "match")
	m.write("role/a", autoRole("web", nil))
	m.write("role/b", autoRole("web", nil))
	m.write("role/wide", jwtRole(map[string]any{"auto_select": true, "priority": -1, "bound_audiences": "elsewhere"}))
	require.Equal(t, `the roles "a", "b" admit this token and have the same priority; name one of them`,
		m.refuse("", m.job("web"), auth.RoleAmbiguous))
	require.Equal(t, "no role that is chosen without being named admits this token", m.refuse("", m.job("api"), auth.RoleNone))
	m.refuse("", forged(m.job("web")), auth.SignatureInvalid)
	m.refuse("", newOfflineIssuer(t, m.clock).token(nil), auth.SignatureInvalid)
	m.refuse("", m.issuer.token(map[string]any{"repository": "web", "exp": 1}), auth.Expired)

	m.write("role/b", map[string]any{"priority": 5})
	require.Equal(t, "b", m.login("", m.job("web")).Metadata["role"])
}

// default_role counts only where logins name their role.
func TestSelectionLeavesDefaultRoleAside(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.reconfigure(map[string]any{"default_role": "ci"})
	require.Equal(t, []string{"deploy"}, m.login("", m.issuer.token(nil)).Policies)
	m.reconfigure(map[string]any{"default_role": "ci", "role_selection": "match"})
	m.refuse("", m.issuer.token(nil), auth.RoleNone)
	m.write("role/ci", map[string]any{"auto_select": true})
	m.login("", m.issuer.token(nil))
	m.reconfigure(map[string]any{"role_selection": "named"})
	require.Equal(t, "missing role", m.refuseLogin("", m.issuer.token(nil)))
}

func TestSelectionFields(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	require.NotContains(t, m.read("config"), "role_selection")
	for _, field := range []string{"auto_select", "priority"} {
		require.NotContains(t, m.read("role/ci"), field)
	}
	config := map[string]any{"jwt_validation_pubkeys": m.issuer.key.PEM(), "role_selection": "first"}
	require.Equal(t, `invalid role_selection: "first"; it must be 'named', 'match' or 'union'`, m.refuseWrite("config", config))
	m.reconfigure(map[string]any{"role_selection": "union"})
	require.Equal(t, "union", m.read("config")["role_selection"])
	m.write("role/ci", map[string]any{"auto_select": true, "priority": -7})
	m.write("role/ci", map[string]any{"token_ttl": 60})
	require.Equal(t, true, m.read("role/ci")["auto_select"])
	require.Equal(t, -7, m.read("role/ci")["priority"])
	require.Equal(t, "'priority' must be from -1000000 to 1000000", m.refuseWrite("role/ci", map[string]any{"priority": 1_000_001}))
	require.Contains(t, m.refuseWrite("role/ci", map[string]any{"role_type": "oidc", "allowed_redirect_uris": "https://x"}), "'auto_select' needs 'role_type'")
	m.write("role/ci", map[string]any{"auto_select": false, "priority": 0})
	for _, field := range []string{"auto_select", "priority"} {
		require.NotContains(t, m.read("role/ci"), field)
	}
}

// Core asks for the role before and after each login, and for the alias. Neither
// may break a login, or differ from it.
func TestCoreAsksAboutALoginWithoutARole(t *testing.T) {
	t.Parallel()
	m := newChoosingMount(t, "match")
	m.write("role/web", autoRole("web", nil))
	req := loginRequest("", m.job("web"))
	delete(req.Data, "role")
	req.Operation = logical.ResolveRoleOperation
	resp, err := m.handle(req)
	require.NoError(t, err)
	require.NoError(t, resp.Error())
	require.Equal(t, "", resp.Data["role"])
	req.Data["role"] = "web"
	resp, err = m.handle(req)
	require.NoError(t, err)
	require.Equal(t, "web", resp.Data["role"])

	delete(req.Data, "role")
	req.Operation = logical.AliasLookaheadOperation
	resp, err = m.handle(req)
	require.NoError(t, err)
	require.Equal(t, m.login("", m.job("web")).Alias.Name, resp.Auth.Alias.Name)
	require.Empty(t, resp.Auth.Policies)
}

// Explain without a role tells what a login without a role comes to.
func TestExplainTellsWhichRoleIsChosen(t *testing.T) {
	t.Parallel()
	m := newChoosingMount(t, "match")
	m.write("role/a", autoRole("web", nil))
	m.write("role/b", autoRole("web", map[string]any{"priority": 1, "token_policies": "more"}))
	m.write("role/c", jwtRole(nil)) // admits the token and is not to be chosen
	explain := func(token string) map[string]any {
		return m.send(logical.UpdateOperation, "explain", map[string]any{"jwt": token}).Data
	}
	data := explain(m.job("web"))
	require.Equal(t, true, data["allowed"])
	require.Equal(t, "b", data["role"])
	require.Equal(t, []any{"more"}, data["grant"].(map[string]any)["policies"])
	require.Contains(t, data["summary"], "a login that names no role gets: b\n")
	require.Len(t, data["roles"], 3)

	m.write("role/b", map[string]any{"priority": 0})
	data = explain(m.job("web"))
	require.Equal(t, false, data["allowed"])
	require.Equal(t, "role_ambiguous", data["reason"])
	require.Contains(t, data["summary"], `the roles "a", "b" admit this token`)
	require.Equal(t, "role_none", explain(m.job("api"))["reason"])
	require.Equal(t, "signature_invalid", explain(forged(m.job("web")))["reason"])

	m.reconfigure(map[string]any{"role_selection": "union"})
	data = explain(m.job("web"))
	require.Equal(t, "a,b", data["role"])
	require.ElementsMatch(t, []any{"for-web", "more"}, data["grant"].(map[string]any)["policies"])
}
