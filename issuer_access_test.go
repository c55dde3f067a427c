// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// TestIssuerBearerTokenFile: what the setting means is told by the tests of
// package keys; here it is that the setting gets there.
func TestIssuerBearerTokenFile(t *testing.T) {
	p := idp.Start(t)
	m := issuerNewMount(t)
	const missing = "/var/run/secrets/vault-plugin-auth-claims-test/missing"
	body := issuerWith(issuerOf(p), "bearer_token_file", missing)
	require.Contains(t, m.refuseWrite("issuer/k8s", body), "bearer_token_file cannot be read")
	require.Zero(t, p.Requests(idp.Discovery), "without the token nobody is asked")

	m.write("issuer/k8s", issuerWith(body, "force", true))
	m.write("role/ci", issuerRole("k8s"))
	require.Equal(t, auth.KeysUnavailable, m.reason("ci", issuerToken(p)))
	require.Contains(t, m.status("k8s")["summary"], "bearer_token_file cannot be read")

	m.write("issuer/k8s", map[string]any{"bearer_token_file": "pod", "force": true})
	require.Equal(t, keys.PodTokenFile, m.read("issuer/k8s")["bearer_token_file"])
	m.write("issuer/k8s", map[string]any{"bearer_token_file": ""})
	m.login("ci", issuerToken(p))
}

// TestIssuerProxy: a proxy is used where the operator names one, by config and
// by an issuer, and for each kind of key source.
func TestIssuerProxy(t *testing.T) {
	p := idp.Start(t)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	const dead = "http://127.0.0.1:1"
	const text = "the proxy cannot be reached; check the setting proxy"
	for name, body := range map[string]map[string]any{
		"discovery": issuerConfig(p),
		"JWK Set":   {"jwks_url": p.JWKSURL(), "jwks_ca_pem": p.CAPEM()},
		"pairs":     {"jwks_pairs": []any{map[string]any{"jwks_url": p.JWKSURL(), "jwks_ca_pem": p.CAPEM()}}},
	} {
		m := issuerNewMount(t)
		require.Contains(t, m.refuseWrite("config", issuerWith(body, "proxy", dead)), text, name)
		require.Contains(t, m.refuseWrite("config", issuerWith(body, "proxy", "ftp://x")), "proxy must begin with", name)
		m.write("config", body)
		require.NotContains(t, m.read("config"), "proxy")
	}
	m := issuerNewMount(t)
	require.Contains(t, m.refuseWrite("issuer/a", issuerWith(issuerOf(p), "proxy", dead)), text)
	m.write("issuer/a", issuerOf(p))
	require.Contains(t, m.refuseWrite("issuer/a", map[string]any{"proxy": dead}), text)
}

// TestIssuerFieldsTakeEffect: what an issuer says of its tokens holds for them
// and for no other issuer's.
func TestIssuerFieldsTakeEffect(t *testing.T) {
	m := issuerNewMount(t)
	p := idp.Start(t)
	strict, key := issuerStatic(t, "https://strict.example")
	loose, _ := issuerStatic(t, "https://loose.example")
	loose["jwt_validation_pubkeys"] = key.PEM()
	m.write("issuer/strict", issuerWith(strict, "token_types", "at+jwt", "max_token_age", "1h"))
	m.write("issuer/loose", loose)
	m.write("issuer/rs", issuerWith(loose, "issuer", "https://rs.example", "jwt_supported_algs", "RS256"))
	m.write("role/ci", issuerRole("strict,loose,rs"))
	token := func(name, typ string, age time.Duration) string {
		claims := issuerClaims(p, map[string]any{"iss": "https://" + name + ".example", "iat": time.Now().Add(-age).Unix(), "nbf": nil})
		return p.MintWith(key, map[string]any{"typ": typ}, claims)
	}
	for _, c := range []struct {
		name, typ string
		age       time.Duration
		want      auth.Reason
	}{
		{"strict", "at+jwt", 0, auth.Allowed},
		{"strict", "JWT", 30 * time.Minute, auth.Allowed},
		{"strict", "JWT", 2 * time.Hour, auth.TokenTooOld},
		{"loose", "JWT", 2 * time.Hour, auth.Allowed},
		{"loose", "at+jwt", 0, auth.TokenType},
		{"rs", "JWT", 0, auth.TokenAlgorithm},
	} {
		require.Equal(t, c.want, m.reason("ci", token(c.name, c.typ, c.age)), "%+v", c)
	}
	resp := m.tryLogin("ci", token("strict", "JWT", 2*time.Hour))
	requireRefusal(t, resp, "error validating token: invalid issued at (iat) claim: the token is older than max_token_age of its issuer or of the role")
}

// TestIssuersOfTwoMountsAreApart is K17: one process serves many mounts, and an
// issuer of one has nothing to do with one of the same name and iss on another.
func TestIssuersOfTwoMountsAreApart(t *testing.T) {
	one, two := issuerNewMount(t), issuerNewMount(t)
	p, other := idp.Start(t), idp.Start(t)
	one.write("issuer/ci", issuerOf(p))
	two.write("issuer/ci", map[string]any{"issuer": p.Issuer(), "jwks_url": other.JWKSURL(), "ca_pem": other.CAPEM()})
	for _, m := range []*issuerMount{one, two} {
		m.write("role/ci", issuerRole("ci"))
	}
	forged := p.MintWith(other.Current(), nil, issuerClaims(p, nil))
	one.login("ci", issuerToken(p))
	two.login("ci", forged)
	require.Equal(t, auth.KeyUnknown, one.reason("ci", forged))
	require.Equal(t, auth.KeyUnknown, two.reason("ci", issuerToken(p)))
	two.remove("issuer/ci")
	one.login("ci", issuerToken(p))
}
