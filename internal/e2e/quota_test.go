// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// TestRoleQuota puts a rate limit on one role. Vault asks the method whether it
// knows roles at all, and it may not have read anything yet; Vault's own method
// panics then.
func TestRoleQuota(t *testing.T) {
	server := ownServer(t, vaultdev.Options{Storage: vaultdev.Raft})
	p := newIssuer(t)
	m := enableOurs(t, server, "ours")
	limit := func(role string) {
		t.Helper()
		a := m.asRoot(t, "POST", "sys/quotas/rate-limit/"+role, object{"path": "auth/ours", "role": role, "rate": 2, "interval": "1h"})
		require.True(t, a.ok(), "%s", a.raw)
	}
	pids, err := server.PluginPIDs()
	require.NoError(t, err)
	limit("early") // before there is a configuration
	same, err := server.PluginPIDs()
	require.NoError(t, err)
	require.Equal(t, pids, same, "the plugin did not live through it")

	m.write(t, "config", p.discovery())
	m.write(t, "role/plain", plainRole())
	m.write(t, "role/free", plainRole())
	m.write(t, "role/early", plainRole())
	require.NoError(t, server.Restart(t.Context()))
	limit("plain") // with one, of which nothing is read yet

	for _, role := range []string{"plain", "early"} {
		for range 2 {
			m.mustLogin(t, role, p.token(nil))
		}
		require.Equal(t, 429, m.login(t, role, p.token(nil)).status)
	}
	for range 4 {
		m.mustLogin(t, "free", p.token(nil))
	}
	// The limit also holds for those who are not let in.
	require.Equal(t, 429, m.login(t, "plain", "x.y.z").status)
	require.Equal(t, 400, m.login(t, "free", "x.y.z").status)
}
