// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// recipeRoles reads the roles that a recipe writes.
func recipeRoles(t *testing.T, page string) map[string]object {
	t.Helper()
	root, err := vaultdev.ModuleRoot()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docs", "recipes", page))
	require.NoError(t, err)
	roles := map[string]object{}
	for _, m := range regexp.MustCompile(`(?s)vault write auth/\w+/role/(\w+) - <<'JSON'\n(.*?)\nJSON\n`).FindAllStringSubmatch(string(text), -1) {
		var role object
		require.NoError(t, json.Unmarshal([]byte(m[2]), &role))
		roles[m[1]] = role
	}
	return roles
}

// bare logs in without a role, with more fields.
func (m *mount) bare(t *testing.T, token string, more object) answer {
	t.Helper()
	return m.send(t, request{method: "POST", path: m.at("login"), body: with(object{"jwt": token}, more)})
}

// TestNoRoleName is the recipe of that name, on a real Vault: with a quota on one
// of the roles, renewals, a restart, and a union.
func TestNoRoleName(t *testing.T) {
	server := ownServer(t, vaultdev.Options{Storage: vaultdev.Raft})
	p, m := newIssuer(t), enableOurs(t, server, "gitlab")
	choose := func(mode string) { m.write(t, "config", with(p.discovery(), object{"role_selection": mode})) }
	choose("match")
	for name, role := range recipeRoles(t, "no-role-name.md") {
		m.write(t, "role/"+name, role)
	}
	job := func(project, branch, protected string) string {
		return p.token(object{"aud": "https://vault.example.com", "project_id": project, "project_path": "acme/x", "job_id": "1", "ref_path": "refs/heads/" + branch, "ref_protected": protected})
	}
	quota := m.asRoot(t, "POST", "sys/quotas/rate-limit/web", object{"path": "auth/gitlab", "role": "web", "rate": 1000})
	require.True(t, quota.ok(), "%s", quota.raw)

	web := m.bare(t, job("20441", "main", "true"), nil)
	require.Equal(t, 200, web.status, "%s", web.raw)
	require.ElementsMatch(t, []any{"default", "web", "web-deploy"}, web.auth()["policies"])
	require.Equal(t, "web", web.auth()["metadata"].(object)["role"])
	api := m.bare(t, job("20442", "main", "true"), object{"role": ""})
	require.ElementsMatch(t, []any{"default", "api"}, api.auth()["policies"])
	for _, token := range []string{job("20499", "main", "true"), job("20441", "try-this", "false")} {
		refused := m.bare(t, token, nil)
		require.Equal(t, 400, refused.status)
		require.Equal(t, "no role that is chosen without being named admits this token", refused.text())
	}

	// Asking for less, and keeping less.
	less := m.bare(t, job("20441", "main", "true"), object{"token_policies": "web", "no_default_policy": true})
	require.Equal(t, []any{"web"}, less.auth()["policies"])
	token := less.auth()["client_token"].(string)
	// Without the policy default a token may not renew itself.
	renewed := m.asRoot(t, "POST", "auth/token/renew", object{"token": token})
	require.Equal(t, 200, renewed.status, "%s", renewed.raw)
	require.Equal(t, []any{"web"}, renewed.auth()["policies"])
	looked := m.asRoot(t, "POST", "auth/token/lookup", object{"token": token})
	require.Equal(t, []any{"web"}, looked.data()["policies"])
	refused := m.bare(t, job("20441", "main", "true"), object{"token_policies": []string{"api"}})
	require.Equal(t, 400, refused.status)
	require.Equal(t, `token_policies: the policy "api" is not granted by this login`, refused.text())

	// A second role for one project: a tie, then a union.
	m.write(t, "role/audit", with(recipeRoles(t, "no-role-name.md")["web"], object{"token_policies": "audit", "token_ttl": "5m"}))
	require.Equal(t, `the roles "audit", "web" admit this token and have the same priority; name one of them`, m.bare(t, job("20441", "main", "true"), nil).text())
	choose("union")
	require.NoError(t, server.Restart(t.Context()))
	both := m.bare(t, job("20441", "main", "true"), nil)
	require.Equal(t, 200, both.status, "%s", both.raw)
	require.ElementsMatch(t, []any{"audit", "default", "web", "web-deploy"}, both.auth()["policies"])
	require.Equal(t, json.Number("300"), both.auth()["lease_duration"])
	require.Equal(t, "audit,web", both.auth()["metadata"].(object)["role"])
	token = both.auth()["client_token"].(string)
	renewed = m.send(t, request{method: "POST", path: "auth/token/renew-self", token: token, body: object{}})
	require.Equal(t, 200, renewed.status, "%s", renewed.raw)
	_, err := m.delete(t.Context(), m.at("role/audit"))
	require.NoError(t, err)
	renewed = m.send(t, request{method: "POST", path: "auth/token/renew-self", token: token, body: object{}})
	require.Equal(t, 400, renewed.status)
	require.Contains(t, renewed.text(), "the role audit does not exist any more")
}
