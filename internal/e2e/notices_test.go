// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestVaultTakesNotices sends observations and events to a real Vault, over the
// way that an Enterprise server is told of them. The community edition accepts
// both and drops them, and is sent none unless the operator says so.
func TestVaultTakesNotices(t *testing.T) {
	r, p := need(t), newIssuer(t)
	m := enableOurs(t, r.server, pathFor(t, "ours"))
	m.write(t, "config", p.discovery())
	m.write(t, "role/ci", object{"role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault"})
	m.mustLogin(t, "ci", p.token(nil))
	require.Equal(t, "off", m.read(t, "status")["observations"])
	metrics := func() string {
		text, err := r.server.CLI(t.Context(), "read", "-field=text", m.at("metrics"), "format=json")
		require.NoError(t, err)
		return text
	}
	require.NotContains(t, metrics(), "notices_total{")

	m.write(t, "config", with(p.discovery(), object{"observations": "all"}))
	require.Equal(t, "all", m.read(t, "status")["observations"])
	m.mustLogin(t, "ci", p.token(nil))
	require.Equal(t, 400, m.login(t, "ci", p.token(object{"aud": "x"})).status)
	m.write(t, "role/ci", object{"token_ttl": 60})
	var text string
	require.Eventually(t, func() bool {
		text = metrics()
		return strings.Contains(text, `notices_total{kind="observation",result="sent"} 4`) && strings.Contains(text, `notices_total{kind="event",result="sent"} 2`)
	}, 20*time.Second, 50*time.Millisecond, "no notices in the metrics")
	require.NotContains(t, text, `result="failed"`)
}
