// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// TestKillDuringReload kills the plugin at each moment of a reload. Whatever
// that leaves behind, the tool says so, and its next run puts it right.
func TestKillDuringReload(t *testing.T) {
	r := need(t)
	u := startUpgrade(t, vaultdev.Options{})
	copyFile(t, r.next.Path, filepath.Join(u.server.PluginDir(), filepath.Base(r.next.Path)))
	require.NoError(t, u.server.RegisterPlugin(t.Context(), vaultdev.PluginName, r.next))
	token := u.issuer.token(nil)
	others, err := u.server.PluginPIDs()
	require.NoError(t, err)
	for i, moment := 0, 60*time.Millisecond; moment < 300*time.Millisecond; i, moment = i+1, moment+30*time.Millisecond {
		to := []string{nextVersion, version}[i%2]
		done := make(chan ran)
		go func() { done <- u.tool.try(t, "plugin", "rollback", "-mount=live", "-to="+to) }()
		killed := u.killWhenNew(t, others, moment)
		first := <-done
		phase := u.tool.json(t, "plugin", "status", "-mount=live")["phase"]
		login := u.live.login(t, "plain", token).status
		runs := u.tool.again(t, "plugin", "rollback", "-mount=live", "-to="+to)
		t.Logf("killed %d after %s: ended with %d, phase %v, a login got %d; well after %d more", killed, moment, first.code, phase, login, runs)
		require.Equal(t, to, u.running(t))
		u.live.mustLogin(t, "plain", token)
		if others, err = u.server.PluginPIDs(); err != nil {
			require.NoError(t, err)
		}
	}
}

// killWhenNew kills the first process that was not there before, so long after
// it appeared.
func (u *upgrade) killWhenNew(t *testing.T, before []int, after time.Duration) int {
	t.Helper()
	known := map[int]bool{}
	for _, pid := range before {
		known[pid] = true
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		pids, err := u.server.PluginPIDs()
		require.NoError(t, err)
		for _, pid := range pids {
			if !known[pid] {
				time.Sleep(after - 60*time.Millisecond)
				_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
				return pid
			}
		}
	}
	return 0
}
