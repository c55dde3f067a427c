// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"

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
