// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// previousPlugin is the binary that a mount goes back to: that of the last
// release, where the variable CLAIMS_PREVIOUS names its file, and this version
// under an earlier number where it does not, as before the first release.
func previousPlugin(t *testing.T, dir string) vaultdev.Plugin {
	t.Helper()
	file := os.Getenv("CLAIMS_PREVIOUS")
	if file == "" {
		file = need(t).plugin.Path
	}
	in := filepath.Join(dir, "previous")
	copyFile(t, file, in)
	said, err := exec.CommandContext(t.Context(), in, "-version").Output()
	require.NoError(t, err)
	plugin, err := vaultdev.LoadPlugin(in)
	require.NoError(t, err)
	plugin.Version = strings.TrimSpace(string(said))
	t.Logf("going back to %s", plugin.Version)
	return plugin
}

// A mount that this version has filled goes back to the previous version's
// binary and forward again: every record is read as it was meant, tokens live
// on, the same logins are granted and refused, and nothing is lost.
func TestPreviousVersionReadsWhatThisOneStores(t *testing.T) {
	r, dir := need(t), pluginDirWith(t, need(t).next)
	server := vaultdev.ForTest(t, vaultdev.Options{PluginDir: dir})
	next, previous := r.next, previousPlugin(t, dir)
	next.Path = filepath.Join(dir, filepath.Base(next.Path))
	for _, plugin := range []vaultdev.Plugin{next, previous} {
		require.NoError(t, server.RegisterPlugin(t.Context(), vaultdev.PluginName, plugin))
	}
	require.NoError(t, server.EnableAuth(t.Context(), "live", vaultdev.PluginName, next.Version))
	m, p, cluster := newMount(server, "live"), newIssuer(t), newIssuer(t)
	stored := map[string]object{
		"config":         with(p.discovery(), object{"default_role": "plain", "observations": "changes", "decision_log_size": 50, "token_cache_size": 10, "login_errors": "detailed"}),
		"issuer/cluster": {"issuer": cluster.Issuer(), "oidc_discovery_url": cluster.Issuer(), "ca_pem": cluster.CAPEM(), "max_token_age": "1h"},
		"role/plain":     plainRole(),
		"role/full":      fullRole(),
		"role/bound":     with(plainRole(), object{"bound_issuers": "cluster"}),
		"role/computed": with(plainRole(), object{
			"condition": "claims.team == 'core'", "allowed_policies": "web-*", "policies_expression": "['web-' + string(claims.team)]",
			"examples": []object{{"name": "in", "claims": object{"sub": "alice", "team": "core", "aud": "vault"}, "expect": object{"allow": true}}},
		}),
		"role/once":            with(plainRole(), object{"replay": "storage", "token_ttl_follows_jwt": true, "renew": "revalidate"}),
		"role/full/candidate":  {"token_policies": "a"},
		"revocation/incident1": {"issuer": "default", "sub": "mallory", "note": "incident 1"},
	}
	for _, path := range []string{"config", "issuer/cluster", "role/plain", "role/full", "role/bound", "role/computed", "role/once", "role/full/candidate", "revocation/incident1"} {
		m.write(t, path, stored[path])
	}
	spent := p.token(object{"jti": "spent"})
	logins := []struct {
		role, token string
		status      int
	}{
		{"plain", p.token(nil), 200},
		{"plain", p.token(object{"aud": "other"}), 400},
		{"plain", p.token(object{"sub": "mallory"}), 400},
		{"full", p.token(object{"sub": "alice", "team": "core", "groups": []string{"g"}, "email": "a@example.com"}), 200},
		{"bound", p.token(nil), 400},
		{"bound", cluster.token(nil), 200},
		{"computed", p.token(object{"team": "core"}), 200},
		{"computed", p.token(object{"team": "sales"}), 400},
		{"once", spent, 400},
	}
	m.mustLogin(t, "once", spent)
	living := []object{m.mustLogin(t, "plain", p.token(nil)), m.mustLogin(t, "computed", p.token(object{"team": "core"}))}
	before := map[string]object{}
	for path := range stored {
		before[path] = m.read(t, path)
	}
	for _, plugin := range []vaultdev.Plugin{next, previous, next} {
		require.NoError(t, server.TuneVersion(t.Context(), m.path, plugin.Version))
		require.NoError(t, server.ReloadMounts(t.Context(), m.path))
		require.Equal(t, plugin.SHA256, m.asRoot(t, "GET", "sys/auth/live", nil).data()["running_sha256"])
		for path, want := range before {
			got := m.read(t, path)
			require.NotEmpty(t, got, path)
			for name, value := range got { // an earlier version may know fewer fields
				require.Equal(t, want[name], value, "%s of %s", name, path)
			}
			if plugin.Path == next.Path {
				require.Len(t, got, len(want), path)
			}
		}
		for _, l := range logins {
			a := m.login(t, l.role, l.token)
			require.Equal(t, l.status, a.status, "%s: %s", l.role, a.raw)
		}
		for _, granted := range living {
			token, _ := granted["client_token"].(string)
			a := m.send(t, request{method: "POST", path: "auth/token/renew-self", token: token})
			require.Equal(t, 200, a.status, "%s", a.raw)
		}
	}
}
