// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// everyPhase upgrades, rolls back and upgrades again, and disturbs each command
// at a moment while it runs. Running it again has to put all right, and nobody
// gets in meanwhile who must not.
func (u *upgrade) everyPhase(t *testing.T, disturb func()) {
	t.Helper()
	next := need(t).next
	accept := "-accept=errors,faults"
	for i, phase := range []struct {
		args    []string
		running string
	}{
		{[]string{"plugin", "new", "-mount=live", next.Path}, version},
		{[]string{"plugin", "promote", "-mount=live", "-min-logins=5", accept}, nextVersion},
		{[]string{"plugin", "rollback", "-mount=live"}, version},
		{[]string{"plugin", "new", "-mount=live", next.Path}, version},
		{[]string{"plugin", "promote", "-mount=live", "-min-logins=5", accept}, nextVersion},
		{[]string{"plugin", "clean", "-mount=live"}, nextVersion},
	} {
		// Another moment in each: some 50 to 550 ms after it began.
		moment := time.Duration(50+100*i) * time.Millisecond
		done := make(chan struct{})
		go func() {
			defer close(done)
			time.Sleep(moment)
			disturb()
		}()
		first := u.tool.try(t, phase.args...)
		<-done
		runs := u.tool.again(t, phase.args...)
		t.Logf("%v: disturbed after %s, ended with %d; well after %d more", phase.args[1], moment, first.code, runs)
		require.Equal(t, phase.running, u.running(t))
		more(t, u.loads[0], 10)
	}
	for _, l := range u.loads {
		l.stop()
		t.Logf("outcomes by status: %v; longest time without a login: %s", l.outcomes, l.longestGap().Round(time.Millisecond))
		require.Zero(t, l.outcomes["audience"][200], "a token for somebody else was accepted")
	}
	u.live.mustLogin(t, "plain", u.issuer.token(nil))
	require.Nil(t, u.tool.json(t, "plugin", "status", "-mount=live")["staged"])
}

// TestUpgradeWhileThePluginsAreKilled kills live, staged and sibling in every
// phase.
func TestUpgradeWhileThePluginsAreKilled(t *testing.T) {
	u := startUpgrade(t, vaultdev.Options{})
	u.callers(t)
	u.everyPhase(t, func() {
		pids, err := u.server.PluginPIDs()
		if err != nil {
			t.Error(err)
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
		}
	})
}

// TestUpgradeInACluster lets the active one of three nodes step down in every
// phase. The tool and the callers talk to one node, which forwards.
func TestUpgradeInACluster(t *testing.T) {
	r := need(t)
	cluster := vaultdev.ClusterForTest(t, 3, vaultdev.Options{PluginDir: pluginDirWith(t, r.plugin)})
	u := prepareUpgrade(t, cluster.Nodes[0])
	u.callers(t)
	u.everyPhase(t, func() {
		if _, err := cluster.StepDown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
