// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// What the role says of the Vault token arrives in it.
func TestLoginTokenParameters(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{
		"token_policies": "a,b", "token_ttl": "10m", "token_max_ttl": "1h", "token_explicit_max_ttl": "2h",
		"token_period": "5m", "token_num_uses": 3, "token_no_default_policy": true, "token_bound_cidrs": "192.0.2.0/24", "token_type": "service",
	})
	a := m.login("ci", m.issuer.token(nil))
	require.Equal(t, []string{"a", "b"}, a.Policies)
	require.Equal(t, []time.Duration{10 * time.Minute, time.Hour, 2 * time.Hour, 5 * time.Minute}, []time.Duration{a.TTL, a.MaxTTL, a.ExplicitMaxTTL, a.Period})
	require.Equal(t, 3, a.NumUses)
	require.True(t, a.NoDefaultPolicy)
	require.True(t, a.Renewable)
	require.Equal(t, logical.TokenTypeService, a.TokenType)
	require.Equal(t, "192.0.2.0/24", a.BoundCIDRs[0].String())
	require.Empty(t, a.ClientToken, "Vault makes the token, not the method")
}

// A token carries the claims that a renewal judges: the verified payload, without
// the signature that would make it a token again. A batch token has the registered
// ones, since Vault may make a service token of it.
func TestLoginInternalData(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(map[string]any{
		"jti": "a<b", "exp": m.clock.in(time.Minute), "nbf": m.clock.in(-time.Minute), "iat": m.clock.in(-time.Minute), "team": "core",
	})
	for kind, want := range map[string]logical.TokenType{"service": logical.TokenTypeService, "default": logical.TokenTypeDefault, "batch": logical.TokenTypeBatch} {
		m.write("role/ci", map[string]any{"token_type": kind})
		a := m.login("ci", token)
		require.Equal(t, want, a.TokenType)
		require.Equal(t, "ci", a.InternalData["role"])
		kept := a.InternalData["claims"].(string)
		if kind == "batch" {
			text, err := base64.RawURLEncoding.DecodeString(kept)
			require.NoError(t, err)
			require.Equal(t, true, a.InternalData["registered_only"])
			require.JSONEq(t, fmt.Sprintf(`{"iss":%q,"sub":"alice","aud":"vault","exp":%d,"nbf":%d,"iat":%d,"jti":"a<b"}`, m.issuer.id, m.clock.in(time.Minute), m.clock.in(-time.Minute), m.clock.in(-time.Minute)), string(text))
			continue
		}
		require.Contains(t, token, "."+kept+".")
		require.NotContains(t, kept, ".")
	}
}

// An address outside of token_bound_cidrs is refused before anything else is
// looked at, and so is one that is not known.
func TestLoginPeerAddress(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"token_bound_cidrs": "10.1.0.0/16,192.0.2.10,2001:db8::/32"})
	token := m.issuer.token(nil)
	for _, peer := range []string{"10.1.2.3", "::ffff:10.1.2.3", "192.0.2.10", "::ffff:192.0.2.10", "2001:db8::1", "2001:db8::1%eth0"} {
		m.peer = peer
		m.login("ci", token)
	}
	for _, peer := range []string{"10.2.0.1", "192.0.2.11", "2001:db9::1", "::1", "127.0.0.1", "not an address", "10.1.2.3:443", "10.1.2.3,10.2.0.1"} {
		m.peer = peer
		m.refuse("ci", token, auth.PeerAddress)
	}
	// Vault gave no address at all.
	resp, err := m.handle(&logical.Request{
		Operation: logical.UpdateOperation, Path: loginPath, Connection: &logical.Connection{},
		Data: map[string]any{"role": "ci", "jwt": token},
	})
	require.NoError(t, err)
	requireRefusal(t, resp, refusedText)
	m.peer = ""
	require.Equal(t, refusedText, m.refuseLogin("ci", token))
	m.peer = "10.1.2.3"
	m.login("ci", token)
}

// Addresses come from the connection that Vault saw and from nothing that the
// caller says.
func TestLoginIgnoresForwardedAddresses(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"token_bound_cidrs": "10.1.0.0/16"})
	req := loginRequest("ci", m.issuer.token(nil))
	req.Headers = map[string][]string{"X-Forwarded-For": {"10.1.2.3"}, "Forwarded": {"for=10.1.2.3"}, "X-Vault-Token": {"hvs.SECRET"}}
	resp, err := m.handle(req)
	require.NoError(t, err)
	requireRefusal(t, resp, refusedText)
	require.NotContains(t, m.log.String(), "hvs.SECRET")
}
