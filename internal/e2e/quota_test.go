// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// TestRoleQuota puts a rate limit on one role. To check the role, Vault asks
// the method, which may not have read anything yet; Vault's own method panics
// then.
func TestRoleQuota(t *testing.T) {
	server := ownServer(t, vaultdev.Options{Storage: vaultdev.Raft})
	p := newIssuer(t)
	m := enableOurs(t, server, "ours")
	quota := func(name, role string) answer {
		body := object{"path": "auth/ours", "role": role, "rate": 2, "interval": "1h"}
		return m.asRoot(t, "POST", "sys/quotas/rate-limit/"+name, body)
	}
	before := quota("before", "plain")
	require.Equal(t, 400, before.status, "a role on a mount that is not configured: %s", before.raw)

	m.write(t, "config", p.discovery())
	m.write(t, "role/plain", plainRole())
	m.write(t, "role/free", plainRole())
	require.NoError(t, server.Restart(t.Context())) // nothing is read yet
	a := quota("after", "plain")
	require.True(t, a.ok(), "%s", a.raw)
	none := quota("none", "none")
	require.Equal(t, 400, none.status, "%s", none.raw)

	for range 2 {
		m.mustLogin(t, "plain", p.token(nil))
	}
	require.Equal(t, 429, m.login(t, "plain", p.token(nil)).status)
	for range 4 {
		m.mustLogin(t, "free", p.token(nil))
	}
	// The limit also holds for those who are not let in.
	require.Equal(t, 429, m.login(t, "plain", "x.y.z").status)
	require.Equal(t, 400, m.login(t, "free", "x.y.z").status)
}
