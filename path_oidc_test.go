// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

// Vault's UI asks for a browser login first and shows the form for a token
// when it reads exactly the second of these texts.
func TestBrowserLoginIsRefusedInWordsThatTheUIKnows(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	paths := map[string][]logical.Operation{
		"oidc/auth_url": {logical.UpdateOperation},
		"oidc/callback": {logical.UpdateOperation, logical.ReadOperation},
	}
	each := func(want string) {
		t.Helper()
		for path, operations := range paths {
			for _, op := range operations {
				resp := m.send(op, path, map[string]any{"role": "ci", "redirect_uri": "https://vault.test/cb", "state": "s", "code": "c"})
				require.EqualError(t, resp.Error(), want)
			}
		}
	}
	each("could not load configuration")

	m.write("config", map[string]any{"jwt_validation_pubkeys": newOfflineIssuer(t, m.clock).key.PEM()})
	each("OIDC login is not configured for this mount")

	p := m.startIssuer()
	m.write("config", overlay(discoveryOf(p), map[string]any{"oidc_client_id": "vault", "oidc_client_secret": "s"}))
	each("browser login is not available in this version of the plugin; log in with a token at the path login")

	// Logins with a token work on such a mount, which Vault's own method refuses.
	m.write("role/ci", jwtRole(nil))
	m.login("ci", p.Mint(p.Claims(nil)))
}
