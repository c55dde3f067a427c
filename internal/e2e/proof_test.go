// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

func base64SHA256[T string | []byte](data T) string {
	sum := sha256.Sum256([]byte(data))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// selfSigned makes a certificate for 127.0.0.1 that vouches for itself.
func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// tlsListener is a listener of Vault with TLS, and the pool that trusts it.
func tlsListener(t *testing.T) (map[string]any, *x509.CertPool) {
	t.Helper()
	c := selfSigned(t)
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	require.NoError(t, err)
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})
	require.NoError(t, os.WriteFile(certFile, certPEM, 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer free.Close()
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(certPEM))
	return map[string]any{"address": free.Addr().String(), "tls_cert_file": certFile, "tls_key_file": keyFile}, pool
}

// postLogin logs in at an address and returns the first error, "" for a login.
func postLogin(t *testing.T, client *http.Client, url string, body object) string {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	resp, err := client.Post(url, "application/json", bytes.NewReader(text))
	require.NoError(t, err)
	defer resp.Body.Close()
	var answer struct {
		Errors []string
		Auth   *struct{ Client_token string }
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
	if answer.Auth != nil {
		require.NotEmpty(t, answer.Auth.Client_token)
		return ""
	}
	require.NotEmpty(t, answer.Errors)
	return answer.Errors[0]
}

// TestProofOfPossession shows that the plugin sees the certificate of the
// client's TLS connection with Vault, and that a DPoP proof logs in once.
func TestProofOfPossession(t *testing.T) {
	vaultdev.Require(t)
	listener, pool := tlsListener(t)
	server := ownServer(t, vaultdev.Options{Listeners: []map[string]any{listener}})
	m := enableOurs(t, server, "proof")
	p := newIssuer(t)
	m.write(t, "config", p.static())
	role := object{"role_type": "jwt", "user_claim": "email", "bound_audiences": idp.Audience}

	t.Run("client certificate", func(t *testing.T) {
		m.write(t, "role/mtls", with(role, object{"proof": "mtls"}))
		own, other := selfSigned(t), selfSigned(t)
		token := p.token(object{"cnf": object{"x5t#S256": base64SHA256(own.Certificate[0])}})
		login := func(certificates ...tls.Certificate) string {
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: certificates}, DisableKeepAlives: true}}
			return postLogin(t, client, "https://"+listener["address"].(string)+"/v1/auth/proof/login", object{"role": "mtls", "jwt": token})
		}
		require.Empty(t, login(own))
		require.Contains(t, login(other), "the token is bound to another TLS client certificate")
		require.Contains(t, login(), "Vault saw none")
		require.Contains(t, postLogin(t, http.DefaultClient, server.Addr+"/v1/auth/proof/login", object{"role": "mtls", "jwt": token}), "Vault saw none")
	})

	t.Run("DPoP", func(t *testing.T) {
		url := server.Addr + "/v1/auth/proof/login"
		m.write(t, "role/dpop", with(role, object{"proof": "dpop", "dpop_urls": url}))
		key, err := idp.GenerateKey("EdDSA", "")
		require.NoError(t, err)
		jwk := object{"crv": "Ed25519", "kty": "OKP", "x": key.JWK()["x"]}
		thumb, err := json.Marshal(jwk)
		require.NoError(t, err)
		token := p.token(object{"cnf": object{"jkt": base64SHA256(thumb)}})
		proof := func(jti string) string {
			header, err := json.Marshal(object{"typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk})
			require.NoError(t, err)
			claims, err := json.Marshal(object{"jti": jti, "htm": "POST", "htu": url, "iat": time.Now().Unix(), "ath": base64SHA256(token)})
			require.NoError(t, err)
			input := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(claims)
			signature, err := idp.SignRaw("EdDSA", key.Private, []byte(input))
			require.NoError(t, err)
			return input + "." + base64.RawURLEncoding.EncodeToString(signature)
		}
		login := func(proof string) string {
			return postLogin(t, http.DefaultClient, url, object{"role": "dpop", "jwt": token, "dpop": proof})
		}
		require.Empty(t, login(proof("1")))
		require.Contains(t, login(proof("1")), "used before")
		require.Empty(t, login(proof("2")))
		require.Contains(t, login(""), "asks for a DPoP proof")
	})
}
