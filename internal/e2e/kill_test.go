// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"maps"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// backWithin is how long the method may be away after its process was killed.
// On a machine so busy that starting a process takes long anyway, it may take
// a few times as long as a reload, which does the same without the surprise.
func backWithin(reload time.Duration) time.Duration { return max(2*time.Second, 3*reload) }

// TestKill kills the plugin's process, again and again, while callers show it
// good tokens and bad ones.
func TestKill(t *testing.T) {
	server := ownServer(t, vaultdev.Options{})
	p := newIssuer(t)
	m := enableOurs(t, server, "ours")
	m.write(t, "config", p.discovery())
	m.write(t, "role/plain", plainRole())
	stranger, err := idp.GenerateKey("ES256", p.Current().KID)
	require.NoError(t, err)
	bad := map[string]string{
		"forged":   p.MintWith(stranger, nil, p.person(nil)),
		"expired":  p.token(object{"exp": time.Now().Add(-time.Hour).Unix()}),
		"audience": p.token(object{"aud": "other"}),
		"unsigned": unsigned(object{"alg": "none"}, p.person(nil), ""),
	}
	tokens := maps.Clone(bad)
	tokens["good"] = p.token(nil)
	start := time.Now()
	require.NoError(t, server.ReloadMounts(t.Context(), "ours"))
	reload := time.Since(start)
	l := startLoad(t, m, 3, "plain", tokens)

	const kills = 4
	for range kills {
		before := l.passed()
		require.Eventually(t, func() bool { return l.passed() >= before+30 }, 30*time.Second, 5*time.Millisecond, "logins stopped")
		pids, err := server.PluginPIDs()
		require.NoError(t, err)
		require.Len(t, pids, 1)
		require.NoError(t, syscall.Kill(pids[0], syscall.SIGKILL))
	}
	before := l.passed()
	require.Eventually(t, func() bool { return l.passed() >= before+30 }, 30*time.Second, 5*time.Millisecond, "logins stopped")
	l.stop()

	t.Logf("%d kills; longest time without a login: %s (a reload took %s); outcomes by status: %v", kills, l.longestGap().Round(time.Millisecond), reload.Round(time.Millisecond), l.outcomes)
	for name := range bad {
		require.Zero(t, l.outcomes[name][200], "a token that is %s was accepted", name)
		require.NotZero(t, l.outcomes[name][400])
	}
	require.Less(t, l.longestGap(), backWithin(reload))
	m.mustLogin(t, "plain", tokens["good"])
}
