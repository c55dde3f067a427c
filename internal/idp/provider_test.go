// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp_test

import (
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"

	capjwt "github.com/hashicorp/cap/jwt"
	"github.com/hashicorp/cap/oidc"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

func TestDiscoveryDocument(t *testing.T) {
	for name, tc := range map[string]struct {
		opts        []idp.Option
		scheme      string
		issuerPath  string
		documentURL string // below scheme and host
	}{
		"plain":          {scheme: "https://127.0.0.1:", documentURL: wellKnown},
		"tenant":         {opts: []idp.Option{idp.WithIssuerPath("/tenant")}, scheme: "https://127.0.0.1:", issuerPath: "/tenant", documentURL: "/tenant" + wellKnown},
		"trailing slash": {opts: []idp.Option{idp.WithIssuerPath("/")}, scheme: "https://127.0.0.1:", issuerPath: "/", documentURL: wellKnown},
		"no TLS":         {opts: []idp.Option{idp.WithPlainHTTP()}, scheme: "http://127.0.0.1:", documentURL: wellKnown},
	} {
		t.Run(name, func(t *testing.T) {
			p := idp.Start(t, tc.opts...)
			require.True(t, strings.HasPrefix(p.Issuer(), tc.scheme), p.Issuer())
			base, found := strings.CutSuffix(p.Issuer(), tc.issuerPath)
			require.True(t, found, p.Issuer())
			require.Equal(t, p.Issuer(), p.DiscoveryURL())

			resp, body := fetch(t, p.Client(), base+tc.documentURL)
			require.Equal(t, http.StatusOK, resp.StatusCode)
			require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
			var doc struct {
				Issuer string   `json:"issuer"`
				JWKS   string   `json:"jwks_uri"`
				Algs   []string `json:"id_token_signing_alg_values_supported"`
			}
			require.NoError(t, json.Unmarshal(body, &doc))
			require.Equal(t, p.Issuer(), doc.Issuer)
			require.Equal(t, p.JWKSURL(), doc.JWKS)
			require.Equal(t, idp.Algorithms(), doc.Algs)

			resp, body = fetch(t, p.Client(), doc.JWKS)
			require.Equal(t, http.StatusOK, resp.StatusCode)
			require.Equal(t, p.JWKSDocument(), body)
		})
	}
}

func TestIPv6(t *testing.T) {
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6 loopback: %v", err)
	}
	require.NoError(t, probe.Close())
	p := idp.Start(t, idp.WithAddr("[::1]:0"))
	require.True(t, strings.HasPrefix(p.Issuer(), "https://[::1]:"), p.Issuer())
	resp, _ := fetch(t, p.Client(), p.Issuer()+wellKnown)
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

// Paths are exact, and only documents that exist are served.
func TestOtherRequestsAreRefused(t *testing.T) {
	p := idp.Start(t, idp.WithIssuerPath("/tenant"))
	base := strings.TrimSuffix(p.Issuer(), "/tenant")
	for _, path := range []string{"", "/", wellKnown, "/tenant//.well-known/openid-configuration", "/keys/", "/token"} {
		resp, _ := fetch(t, p.Client(), base+path)
		require.Equal(t, http.StatusNotFound, resp.StatusCode, path)
	}
	resp, err := p.Client().Post(p.JWKSURL(), "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	require.Zero(t, p.Requests(idp.JWKS))
}

// The CA vouches for the server under all its names, and for no other server.
func TestTLS(t *testing.T) {
	p, other := idp.Start(t), idp.Start(t)
	port := p.Issuer()[strings.LastIndex(p.Issuer(), ":"):]
	resp, _ := fetch(t, p.Client(), "https://localhost"+port+wellKnown)
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		require.NoError(t, resp.TLS.PeerCertificates[0].VerifyHostname(name))
	}
	require.Error(t, resp.TLS.PeerCertificates[0].VerifyHostname("127.0.0.9"))

	_, err := other.Client().Get(p.Issuer() + wellKnown)
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown)

	require.True(t, x509.NewCertPool().AppendCertsFromPEM([]byte(p.CAPEM())))
	require.Empty(t, idp.Start(t, idp.WithPlainHTTP()).CAPEM())
}

// hashicorp/cap, the library that Vault's own method uses, accepts the
// provider as it would a real one.
func TestCapAcceptsTheProvider(t *testing.T) {
	p := idp.Start(t, idp.WithIssuerPath("/tenant"), idp.WithAlg("RS256"))

	set, err := capjwt.NewOIDCDiscoveryKeySet(t.Context(), p.DiscoveryURL(), p.CAPEM())
	require.NoError(t, err)
	validator, err := capjwt.NewValidator(set)
	require.NoError(t, err)
	expected := capjwt.Expected{Issuer: p.Issuer(), Audiences: []string{idp.Audience}, SigningAlgorithms: []capjwt.Alg{capjwt.RS256}}
	claims, err := validator.Validate(t.Context(), p.Mint(p.Claims(nil)), expected)
	require.NoError(t, err)
	require.Equal(t, "alice", claims["sub"])
	stranger, err := idp.GenerateKey("RS256", p.Current().KID)
	require.NoError(t, err)
	_, err = validator.Validate(t.Context(), p.MintWith(stranger, nil, p.Claims(nil)), expected)
	require.ErrorContains(t, err, "failed to verify id token signature")

	config, err := oidc.NewConfig(p.Issuer(), "client", "secret", []oidc.Alg{oidc.RS256},
		[]string{"http://127.0.0.1:8250/oidc/callback"}, oidc.WithProviderCA(p.CAPEM()))
	require.NoError(t, err)
	provider, err := oidc.NewProvider(config)
	require.NoError(t, err)
	provider.Done()

	p.SetFault(idp.Discovery, idp.Fault{Members: map[string]any{"issuer": "https://evil.example"}})
	_, err = oidc.NewProvider(config)
	require.ErrorContains(t, err, "issuer did not match")
}

func TestNewRefuses(t *testing.T) {
	taken := idp.Start(t)
	for name, tc := range map[string]struct {
		opt     idp.Option
		wantErr string
	}{
		"address off the machine": {idp.WithAddr("0.0.0.0:0"), "is not a loopback address"},
		"address without port":    {idp.WithAddr("127.0.0.1"), "use an IP address and a port"},
		"host name":               {idp.WithAddr("localhost:0"), "use an IP address and a port"},
		"address in use":          {idp.WithAddr(strings.TrimPrefix(taken.Issuer(), "https://")), "address already in use"},
		"algorithm":               {idp.WithAlg("none"), `algorithm "none" is unknown`},
		"path without slash":      {idp.WithIssuerPath("tenant"), "must start with a slash"},
		"path with query":         {idp.WithIssuerPath("/tenant?x"), "need no escaping"},
		"path with host":          {idp.WithIssuerPath("//host/tenant"), "need no escaping"},
		"path with space":         {idp.WithIssuerPath("/a b"), "need no escaping"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := idp.New(tc.opt)
			require.ErrorContains(t, err, tc.wantErr)
			require.Nil(t, p)
		})
	}
}
