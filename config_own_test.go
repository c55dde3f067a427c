// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// The fields of config that Vault's own method does not have.

func (m *testMount) reconfigure(over map[string]any) {
	m.t.Helper()
	m.write("config", overlay(map[string]any{"jwt_validation_pubkeys": m.issuer.key.PEM(), "bound_issuer": m.issuer.id}, over))
}

func TestTokenTypes(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	typed := func(typ string) string {
		return m.issuer.raw(`{"alg":"ES256","typ":"`+typ+`"}`, payload(t, m.issuer.claims(nil)))
	}
	for _, always := range []string{"JWT", "jwt", "application/jwt", "JOSE"} {
		m.login("ci", typed(always))
	}
	m.login("ci", m.issuer.raw(`{"alg":"ES256"}`, payload(t, m.issuer.claims(nil))))

	m.refuse("ci", typed("at+jwt"), auth.TokenType)
	m.reconfigure(map[string]any{"token_types": "AT+JWT"})
	m.login("ci", typed("at+jwt"))
	m.login("ci", typed("at+JWT"))
	m.login("ci", typed("JWT"))
	m.refuse("ci", typed("vc+jwt"), auth.TokenType)
}

func TestMaxTokenBytes(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	padded := func(size int) string {
		return m.issuer.token(map[string]any{"pad": []string{strings.Repeat("x", size/4), strings.Repeat("x", size/4)}})
	}
	small, large := padded(8<<10), padded(28<<10)
	m.login("ci", small)
	m.refuse("ci", large, auth.TokenTooLong)

	m.reconfigure(map[string]any{"max_token_bytes": len(large)})
	m.login("ci", large)
	m.reconfigure(map[string]any{"max_token_bytes": len(small) - 1})
	m.refuse("ci", small, auth.TokenTooLong)
	m.login("ci", m.issuer.token(nil))
}

// Without login_errors strangers cannot tell causes apart; with "detailed" an
// operator who looks for a mistake can.
func TestLoginErrors(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(nil)
	for _, coarse := range []any{nil, "", "coarse"} {
		m.reconfigure(map[string]any{"login_errors": coarse})
		require.Equal(t, refusedText, m.refuseLogin("nobody", token))
	}
	m.reconfigure(map[string]any{"login_errors": "detailed"})
	require.Equal(t, refusedText+" (role_unknown)", m.refuseLogin("nobody", token))
	require.Equal(t, refusedText+" (token_form)", m.refuseLogin("ci", "hello"))
	require.Contains(t, m.refuseLogin("ci", m.issuer.token(map[string]any{"aud": "x"})), "invalid audience (aud) claim")
}

// The cache spares a second verification of the same token and nothing else;
// how large it is changes no outcome.
func TestTokenCacheSize(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	for _, size := range []any{nil, 0, 1, 100} {
		m.reconfigure(map[string]any{"token_cache_size": size})
		first, second := m.issuer.token(nil), m.issuer.token(map[string]any{"sub": "bob"})
		for range 3 {
			require.Equal(t, "alice", m.login("ci", first).Alias.Name)
			require.Equal(t, "bob", m.login("ci", second).Alias.Name)
			m.refuse("ci", first[:len(first)-2]+"AA", auth.SignatureInvalid)
		}
		cached := m.backend.snapshot.Load().issuers.Default.Verified
		require.Equal(t, size == 0, cached == nil)
	}
}

// A token from the cache is judged like any other: when it expires it is
// refused, and when its key is gone so is it.
func TestTokenCacheSparesOnlyTheSignature(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(nil)
	m.login("ci", token)
	m.write("role/ci", map[string]any{"bound_subject": "bob"})
	m.refuse("ci", token, auth.Subject)
	m.write("role/ci", map[string]any{"bound_subject": "alice"})
	m.login("ci", token)

	m.write("config", map[string]any{"jwt_validation_pubkeys": newOfflineIssuer(t, m.clock).key.PEM(), "bound_issuer": m.issuer.id})
	m.refuse("ci", token, auth.SignatureInvalid)
	m.reconfigure(nil)
	m.login("ci", token)
	m.clock.advance(time.Hour)
	m.refuse("ci", token, auth.Expired)
}
