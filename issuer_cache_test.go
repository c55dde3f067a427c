// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// TestIssuersShareTheTokenCache: token_cache_size is of the mount. It does not
// grow with the issuers, and it is turned off for all of them together.
func TestIssuersShareTheTokenCache(t *testing.T) {
	m := issuerNewMount(t)
	p := idp.Start(t)
	body, key := issuerStatic(t, "https://a.example")
	m.write("issuer/a", body)
	m.write("issuer/t", issuerWith(body, "issuer", "https://t.example/{tenantid}", "tenants", "x,y"))
	m.write("role/ci", issuerRole("default,a,t"))
	caches := func() []*auth.VerifiedCache {
		s := m.backend.snapshot.Load()
		var list []*auth.VerifiedCache
		for _, i := range s.namedForLogins() {
			list = append(list, i.Verified)
		}
		if s.issuers.Default != nil {
			list = append(list, s.issuers.Default.Verified)
		}
		return list
	}
	token := p.MintWith(key, nil, issuerClaims(p, map[string]any{"iss": "https://a.example"}))
	for _, size := range []any{nil, 10, 0} {
		if size != nil {
			m.write("config", issuerWith(issuerConfig(p), "token_cache_size", size))
		}
		for _, c := range caches() {
			require.Same(t, m.backend.snapshot.Load().mount.verified, c)
			require.Equal(t, size == 0, c == nil, "size %v", size)
		}
		m.login("ci", token)
		m.login("ci", token)
	}
	require.Len(t, caches(), 4)
}

// TestIssuerCachedTokenIsOfItsIssuer: that a token was verified with the keys
// of one issuer does not help it with another.
func TestIssuerCachedTokenIsOfItsIssuer(t *testing.T) {
	m := issuerNewMount(t)
	p := idp.Start(t)
	body, key := issuerStatic(t, "https://a.example")
	other, _ := issuerStatic(t, "https://a.example")
	m.write("issuer/a", body)
	m.write("role/ci", issuerRole("a"))
	token := p.MintWith(key, nil, issuerClaims(p, map[string]any{"iss": "https://a.example"}))
	m.login("ci", token)
	m.login("ci", token)
	m.write("issuer/a", map[string]any{"issuer": "https://b.example"})
	m.write("issuer/c", other)
	m.write("role/ci", map[string]any{"bound_issuers": "a,c"})
	require.Equal(t, auth.SignatureInvalid, m.reason("ci", token))
}
