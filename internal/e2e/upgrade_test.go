// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// upgrade is a server with a live mount and a sibling, both in use, and the
// tool that is to change what the live one runs.
type upgrade struct {
	server        *vaultdev.Server
	tool          *tool
	live, sibling *mount
	issuer        *issuer
	jwt           string // file with a good token
	loads         []*load
}

// startUpgrade begins with v0.1.0 in the plugin directory, and no other file.
func startUpgrade(t *testing.T, opts vaultdev.Options) *upgrade {
	t.Helper()
	r := need(t)
	opts.PluginDir = t.TempDir()
	copyFile(t, r.plugin.Path, filepath.Join(opts.PluginDir, filepath.Base(r.plugin.Path)))
	u := &upgrade{server: vaultdev.ForTest(t, opts), issuer: newIssuer(t), jwt: filepath.Join(t.TempDir(), "job.jwt")}
	require.NoError(t, u.server.RegisterPlugin(t.Context(), vaultdev.PluginName, r.plugin))
	u.tool = newTool(t, u.server)
	u.live, u.sibling = enableOurs(t, u.server, "live"), enableOurs(t, u.server, "sibling")
	for _, m := range []*mount{u.live, u.sibling} {
		m.write(t, "config", u.issuer.discovery())
		m.write(t, "role/plain", plainRole())
		m.write(t, "role/full", fullRole())
	}
	require.NoError(t, os.WriteFile(u.jwt, []byte(u.issuer.token(nil)), 0o600))
	return u
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, text, 0o755))
}

// callers log in at both mounts until the test is over, with good tokens and
// with one that is meant for somebody else.
func (u *upgrade) callers(t *testing.T) {
	t.Helper()
	tokens := map[string]string{"good": u.issuer.token(nil), "audience": u.issuer.token(object{"aud": "other"})}
	u.loads = []*load{startLoad(t, u.live, 2, "plain", tokens), startLoad(t, u.sibling, 2, "plain", tokens)}
	more(t, u.loads[0], 20)
}

// nobodyFailed ends the load. Every login so far ended as it had to.
func (u *upgrade) nobodyFailed(t *testing.T) {
	t.Helper()
	for i, l := range u.loads {
		l.stop()
		name := []string{"live", "sibling"}[i]
		total, failed := 0, 0
		for token, want := range map[string]int{"good": 200, "audience": 400} {
			for status, n := range l.outcomes[token] {
				total += n
				if status != want {
					failed += n
				}
			}
		}
		t.Logf("%s: %d logins, %d failed; longest time without a login: %s", name, total, failed, l.longestGap().Round(time.Millisecond))
		require.Zero(t, failed, "%v", l.outcomes)
	}
}

func (u *upgrade) running(t *testing.T) string {
	t.Helper()
	return u.live.asRoot(t, "GET", "sys/auth/live", nil).data()["running_plugin_version"].(string)
}

// TestSwitch changes the version and changes it back, under load, without a
// mirror: what the tool does to Vault, and what callers feel of it.
func TestSwitch(t *testing.T) {
	r := need(t)
	u := startUpgrade(t, vaultdev.Options{})
	u.callers(t)
	staged := u.tool.try(t, "plugin", "new", "-mount=live", r.next.Path)
	t.Logf("%s%s", staged.stdout, staged.stderr)
	promoted := u.tool.must(t, "plugin", "promote", "-mount=live", "-min-logins=0", "-accept=deny_to_allow", "-jwt=@"+u.jwt, "-role=plain")
	t.Log(promoted.stdout)
	require.Equal(t, nextVersion, u.running(t))
	more(t, u.loads[0], 20)
	u.tool.must(t, "plugin", "rollback", "-mount=live")
	require.Equal(t, version, u.running(t))
	more(t, u.loads[0], 20)
	u.tool.must(t, "plugin", "promote", "-mount=live", "-min-logins=0")
	u.tool.refused(t, version+" is used by auth/sibling and stays registered", "plugin", "clean", "-mount=live", "-deregister="+version)
	u.tool.must(t, "plugin", "clean", "-mount=live")
	require.Equal(t, nextVersion, u.running(t))
	more(t, u.loads[0], 20)
	u.nobodyFailed(t)
}
