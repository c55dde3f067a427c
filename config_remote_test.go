// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// startIssuer starts a provider that shares the mount's clock.
func (m *testMount) startIssuer(opts ...idp.Option) *idp.Provider {
	m.t.Helper()
	return idp.Start(m.t, append(opts, idp.WithClock(m.clock.now))...)
}

func discoveryOf(p *idp.Provider) map[string]any {
	return map[string]any{"oidc_discovery_url": p.Issuer(), "oidc_discovery_ca_pem": p.CAPEM()}
}

// With discovery the issuer is known: a token of another issuer is refused,
// bound_issuer or not. Vault's own method accepts any iss here.
func TestConfigDiscoveryBindsTheIssuer(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	p := m.startIssuer(idp.WithIssuerPath("/tenant/"))
	m.write("config", discoveryOf(p))
	m.write("role/ci", jwtRole(nil))

	m.login("ci", p.Mint(p.Claims(nil)))
	for _, iss := range []any{strings.TrimSuffix(p.Issuer(), "/"), "https://evil.test", nil} {
		m.refuse("ci", p.Mint(p.Claims(map[string]any{"iss": iss})), auth.IssuerUnknown)
	}
}

// bound_issuer counts more than the discovered name, for providers whose tokens
// carry another one.
func TestConfigBoundIssuerBesideDiscovery(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	p := m.startIssuer()
	m.write("config", overlay(discoveryOf(p), map[string]any{"bound_issuer": "https://sts.test/tenant"}))
	m.write("role/ci", jwtRole(nil))
	m.login("ci", p.Mint(p.Claims(map[string]any{"iss": "https://sts.test/tenant"})))
	m.refuse("ci", p.Mint(p.Claims(nil)), auth.IssuerUnknown)
}

// With jwks_url nothing names an issuer, so without bound_issuer any iss goes,
// as in Vault's own method.
func TestConfigJWKSURL(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	p := m.startIssuer()
	config := map[string]any{"jwks_url": p.JWKSURL(), "jwks_ca_pem": p.CAPEM()}
	m.write("config", config)
	m.write("role/ci", jwtRole(nil))
	m.login("ci", p.Mint(p.Claims(map[string]any{"iss": "https://anybody.test"})))
	m.login("ci", p.Mint(p.Claims(map[string]any{"iss": nil})))

	m.write("config", overlay(config, map[string]any{"bound_issuer": "https://anybody.test"}))
	m.login("ci", p.Mint(p.Claims(map[string]any{"iss": "https://anybody.test"})))
	m.refuse("ci", p.Mint(p.Claims(map[string]any{"iss": nil})), auth.IssuerUnknown)
	require.Equal(t, p.JWKSURL(), m.read("config")["jwks_url"])
}

// Each pair has its own certificates; a token must name its key.
func TestConfigJWKSPairs(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	east, west := m.startIssuer(), m.startIssuer()
	pairs := []any{
		map[string]any{"jwks_url": east.JWKSURL(), "jwks_ca_pem": east.CAPEM()},
		map[string]any{"jwks_url": west.JWKSURL(), "jwks_ca_pem": west.CAPEM()},
	}
	m.write("config", map[string]any{"jwks_pairs": pairs})
	m.write("role/ci", jwtRole(nil))
	require.Equal(t, pairs, m.read("config")["jwks_pairs"])

	m.login("ci", east.Mint(east.Claims(nil)))
	m.login("ci", west.Mint(west.Claims(nil)))
	m.refuse("ci", east.MintWith(east.Current(), map[string]any{"kid": nil}, east.Claims(nil)), auth.KeyUnknown)
	m.refuse("ci", east.MintWith(east.Current(), map[string]any{"kid": west.Current().KID}, east.Claims(nil)), auth.SignatureInvalid)
}

func TestConfigRefusesBadPairs(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	for text, pairs := range map[string]any{
		textPairsFormat: "https://a.test/keys",
		"invalid jwks_pairs: entry 1 has no jwks_url":            []any{map[string]any{"jwks_uri": "https://a.test"}},
		"invalid jwks_pairs: entry 1: jwks_url must be a string": []any{map[string]any{"jwks_url": 7}},
		"invalid jwks_pairs: entry 2: jwks_ca_pem must be a string": []any{
			map[string]any{"jwks_url": "https://a.test"}, map[string]any{"jwks_url": "https://a.test", "jwks_ca_pem": true},
		},
	} {
		require.Equal(t, text, m.refuseWrite("config", map[string]any{"jwks_pairs": pairs}))
	}
}

// Whatever is wrong with the source is found at the write, and nothing changes:
// storage keeps the old record and logins go on as before.
func TestConfigFailedWriteChangesNothing(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	p, other := m.startIssuer(), m.startIssuer()
	token := m.issuer.token(nil)
	for name, c := range map[string]struct {
		config map[string]any
		fault  idp.Fault
		text   string
	}{
		"nobody there":        {map[string]any{"oidc_discovery_url": unreachable}, idp.Fault{}, "error checking oidc discovery URL: "},
		"other certificate":   {map[string]any{"oidc_discovery_url": p.Issuer(), "oidc_discovery_ca_pem": other.CAPEM()}, idp.Fault{}, "error checking oidc discovery URL: "},
		"system certificates": {map[string]any{"jwks_url": p.JWKSURL()}, idp.Fault{}, "error checking jwks URL: "},
		"CA is no PEM":        {map[string]any{"jwks_url": p.JWKSURL(), "jwks_ca_pem": "x"}, idp.Fault{}, "error checking jwks URL: "},
		"other issuer":        {discoveryOf(p), idp.Fault{Members: map[string]any{"issuer": "https://evil.test"}}, "error checking oidc discovery URL: "},
		"slash too many":      {overlay(discoveryOf(p), map[string]any{"oidc_discovery_url": p.Issuer() + "/"}), idp.Fault{}, "error checking oidc discovery URL: "},
		"server error":        {discoveryOf(p), idp.Fault{Status: 500}, "error checking oidc discovery URL: "},
		"no keys":             {map[string]any{"jwks_url": p.Issuer() + "/.well-known/openid-configuration", "jwks_ca_pem": p.CAPEM()}, idp.Fault{}, "error checking jwks URL: "},
		"one pair of two": {map[string]any{"jwks_pairs": []any{
			map[string]any{"jwks_url": p.JWKSURL(), "jwks_ca_pem": p.CAPEM()}, map[string]any{"jwks_url": unreachableThree},
		}}, idp.Fault{}, "invalid jwks_pairs: "},
	} {
		p.SetFault(idp.Discovery, c.fault)
		require.Contains(t, m.refuseWrite("config", c.config), c.text, name)
		m.login("ci", token)
	}
	p.ClearFaults()
	m.write("config", discoveryOf(p))
	m.refuse("ci", token, auth.IssuerUnknown)
}
