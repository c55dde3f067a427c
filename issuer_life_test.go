// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

func TestIssuerSurvivesRestartWithProviderDown(t *testing.T) {
	p := idp.Start(t)
	issuerBubble(t, func(t *testing.T, w *issuerWorld) {
		m := issuerNewMount(t)
		m.write("issuer/ci", issuerOf(p))
		m.write("role/ci", issuerRole("ci"))
		m.login("ci", issuerToken(p))

		w.fault(p, issuerDown())
		m.settle()
		m = m.restart()
		m.login("ci", issuerToken(p))
		require.Equal(t, stateFailing, m.status("ci")["state"])
		time.Sleep(25 * time.Hour)
		require.Equal(t, auth.KeysUnavailable, m.reason("ci", issuerToken(p)))
	})
}
