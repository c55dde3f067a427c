// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
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
	opts.PluginDir = pluginDirWith(t, r.plugin)
	return prepareUpgrade(t, vaultdev.ForTest(t, opts))
}

func pluginDirWith(t *testing.T, plugin vaultdev.Plugin) string {
	t.Helper()
	dir := t.TempDir()
	copyFile(t, plugin.Path, filepath.Join(dir, filepath.Base(plugin.Path)))
	return dir
}

func prepareUpgrade(t *testing.T, server *vaultdev.Server) *upgrade {
	t.Helper()
	u := &upgrade{server: server, issuer: newIssuer(t), jwt: filepath.Join(t.TempDir(), "job.jwt")}
	require.NoError(t, u.server.RegisterPlugin(t.Context(), vaultdev.PluginName, need(t).plugin))
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

// careless builds a version that forgets to compare the audience.
func careless(t *testing.T, version string) vaultdev.Plugin {
	t.Helper()
	root, err := vaultdev.ModuleRoot()
	require.NoError(t, err)
	source, changed := filepath.Join(root, "auth", "checks.go"), filepath.Join(t.TempDir(), "checks.go")
	text, err := os.ReadFile(source)
	require.NoError(t, err)
	const call = "return checkAudience(f.claims, r.audiences)"
	require.Equal(t, 1, strings.Count(string(text), call))
	require.NoError(t, os.WriteFile(changed, []byte(strings.Replace(string(text), call, "return nil", 1)), 0o600))
	overlay, err := json.Marshal(object{"Replace": map[string]string{source: changed}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(file, overlay, 0o600))
	plugin, err := vaultdev.BuildBinary(t.Context(), root, "./cmd/"+vaultdev.PluginName, filepath.Join(t.TempDir(), "careless"),
		"-overlay="+file, "-ldflags=-X main.version="+version)
	require.NoError(t, err)
	return plugin
}

// compared waits until so many logins have been compared, and returns the report.
func (u *upgrade) compared(t *testing.T, logins int) object {
	t.Helper()
	var report object
	require.Eventually(t, func() bool {
		report = u.tool.json(t, "plugin", "report", "-mount=live")
		seen, _ := report["seen"].(float64)
		return int(seen) >= logins
	}, 60*time.Second, 200*time.Millisecond, "logins are not compared")
	return report
}

// TestUpgrade is the story that docs/upgrade.md tells, under load: a wrong
// binary is caught by the report, a right one promoted, rolled back and promoted
// again, and no login fails.
func TestUpgrade(t *testing.T) {
	r := need(t)
	u := startUpgrade(t, vaultdev.Options{})
	wrong := careless(t, "v0.1.9")
	u.callers(t)

	u.tool.must(t, "plugin", "new", "-mount=live", wrong.Path)
	report := u.compared(t, 100)
	t.Logf("the wrong binary: %v", report)
	differences := report["differences"].(object)
	require.NotZero(t, differences["deny_to_allow"])
	require.Zero(t, differences["allow_to_deny"])
	require.NotZero(t, report["grants_more"])
	u.tool.refused(t, "logins differ in deny_to_allow", "plugin", "promote", "-mount=live")
	require.Equal(t, version, u.running(t))
	u.tool.must(t, "plugin", "clean", "-mount=live", "-deregister=v0.1.9")

	staged := u.tool.must(t, "plugin", "new", "-mount=live", r.next.Path)
	t.Log(staged.stdout)
	report = u.compared(t, 100)
	t.Logf("the right binary: %v", report)
	require.Equal(t, report["seen"], report["agreed"])
	promoted := u.tool.must(t, "plugin", "promote", "-mount=live", "-jwt=@"+u.jwt, "-role=plain")
	t.Log(promoted.stdout)
	require.Equal(t, nextVersion, u.running(t))
	more(t, u.loads[0], 20)
	u.tool.must(t, "plugin", "rollback", "-mount=live")
	require.Equal(t, version, u.running(t))
	more(t, u.loads[0], 20)

	u.tool.must(t, "plugin", "new", "-mount=live", r.next.Path) // which mirrors again
	u.compared(t, 100)
	u.tool.must(t, "plugin", "promote", "-mount=live")
	u.tool.refused(t, version+" is used by auth/sibling and stays registered", "plugin", "clean", "-mount=live", "-deregister="+version)
	u.tool.must(t, "plugin", "clean", "-mount=live")
	require.Equal(t, nextVersion, u.running(t))
	more(t, u.loads[0], 20)
	u.nobodyFailed(t)
}
