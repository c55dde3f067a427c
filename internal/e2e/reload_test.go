// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// TestReload measures what Vault does to a mount, and to another of the same
// version, when it reloads the one under load. docs/upgrade.md has the figures.
func TestReload(t *testing.T) {
	r := need(t)
	for name, c := range map[string]struct {
		shared, warm bool
	}{
		"own process, staged":       {false, true},
		"own process, not staged":   {false, false},
		"shared process, staged":    {true, true},
		"shared process, no staged": {true, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := vaultdev.ForTest(t, vaultdev.Options{PluginDir: r.dir})
			for _, plugin := range []vaultdev.Plugin{r.plugin, r.next} {
				if c.shared {
					plugin.Args = []string{"-share-process"}
				}
				require.NoError(t, server.RegisterPlugin(t.Context(), vaultdev.PluginName, plugin))
			}
			p := newIssuer(t)
			live, sibling := enableOurs(t, server, "live"), enableOurs(t, server, "sibling")
			for _, m := range []*mount{live, sibling} {
				m.write(t, "config", p.discovery())
				m.write(t, "role/plain", plainRole())
			}
			if c.warm {
				start := time.Now()
				require.NoError(t, server.EnableAuth(t.Context(), "staged", vaultdev.PluginName, nextVersion))
				t.Logf("mounting a third one took %s", time.Since(start).Round(time.Millisecond))
			}
			measureReloads(t, server, live, sibling, p.token(nil), !c.shared)
		})
	}
}

func measureReloads(t *testing.T, server *vaultdev.Server, live, sibling *mount, token string, unharmed bool) {
	t.Helper()
	tokens := map[string]string{"good": token}
	a, b := startLoad(t, live, 3, "plain", tokens), startLoad(t, sibling, 3, "plain", tokens)
	more(t, a, 50)
	usual := a.longestGap()
	var took []time.Duration
	for _, v := range []string{nextVersion, version, nextVersion, version} {
		require.NoError(t, server.TuneVersion(t.Context(), live.path, v))
		start := time.Now()
		require.NoError(t, server.ReloadMounts(t.Context(), live.path))
		took = append(took, time.Since(start).Round(time.Millisecond))
		more(t, a, 50)
	}
	a.stop()
	b.stop()
	t.Logf("reloads took %v; longest time without a login, of the one that was reloaded: %s (%s without a reload), of the other: %s",
		took, a.longestGap().Round(time.Millisecond), usual.Round(time.Millisecond), b.longestGap().Round(time.Millisecond))
	t.Logf("logins by status, of the one that was reloaded: %v, of the other: %v", a.outcomes["good"], b.outcomes["good"])
	require.Equal(t, []int{200}, sortedStatuses(a.outcomes["good"]))
	if unharmed {
		require.Equal(t, []int{200}, sortedStatuses(b.outcomes["good"]))
	}
}

// more waits until so many logins more have succeeded.
func more(t *testing.T, l *load, logins int) {
	t.Helper()
	before := l.passed()
	for end := time.Now().Add(30 * time.Second); l.passed() < before+logins; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			l.stop()
			require.Fail(t, "logins stopped", "outcomes by status: %v", l.outcomes)
		}
	}
}
