// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// Every algorithm works with its key written as PEM, and no key verifies a
// token of another.
func TestConfigStaticKeysOfEachKind(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		issuer, stranger := offlineIssuerOf(t, m.clock, alg), offlineIssuerOf(t, m.clock, alg)
		m.write("config", map[string]any{"jwt_validation_pubkeys": issuer.key.PEM()})
		m.write("role/ci", jwtRole(nil))
		m.login("ci", issuer.token(nil))
		m.refuse("ci", stranger.token(nil), auth.SignatureInvalid)
	}
}

// A certificate stands for its key. Its dates do not matter: the operator
// vouches for the key.
func TestConfigStaticKeyFromCertificate(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	issuer := newOfflineIssuer(t, m.clock)
	m.write("config", map[string]any{"jwt_validation_pubkeys": certificate(t, issuer, m.clock.now().Add(-time.Hour))})
	m.write("role/ci", jwtRole(nil))
	m.login("ci", issuer.token(nil))
}

func certificate(t *testing.T, issuer *offlineIssuer, expired time.Time) string {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signer"},
		NotBefore: expired.Add(-time.Hour), NotAfter: expired,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, issuer.key.Public, issuer.key.Private)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// PKCS #1 is the older form of RSA keys.
func TestConfigStaticKeyInPKCS1(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	issuer := offlineIssuerOf(t, m.clock, "PS256")
	der := x509.MarshalPKCS1PublicKey(issuer.key.Public.(*rsa.PublicKey))
	m.write("config", map[string]any{"jwt_validation_pubkeys": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: der}))})
	m.write("role/ci", jwtRole(nil))
	m.login("ci", issuer.token(nil))
}

// Several keys: each verifies, whatever kid the token names.
func TestConfigSeveralStaticKeys(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	old, current := newOfflineIssuer(t, m.clock), newOfflineIssuer(t, m.clock)
	m.write("config", map[string]any{"jwt_validation_pubkeys": []string{old.key.PEM(), current.key.PEM()}})
	m.write("role/ci", jwtRole(nil))
	m.login("ci", old.token(nil))
	m.login("ci", current.raw(current.header(`"kid":"whatever"`), payload(t, current.claims(nil))))
	m.refuse("ci", newOfflineIssuer(t, m.clock).token(nil), auth.SignatureInvalid)
}

func TestConfigRefusesUnusableStaticKeys(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	good := newOfflineIssuer(t, m.clock).key.PEM()
	for name, c := range map[string]struct{ key, text string }{
		"no PEM":        {"not a key", "holds no public key or certificate"},
		"private key":   {privatePEM(t), "holds no public key or certificate"},
		"RSA 1024":      {weakPEM(t), "not between 2048 and 8192 bits"},
		"P-224":         {curvePEM(t, elliptic.P224()), "names nothing that is supported"},
		"two in one":    {good + good, "holds no public key or certificate"},
		"low order key": {lowOrderPEM, "of low order or not canonical"},
	} {
		text := m.refuseWrite("config", map[string]any{"jwt_validation_pubkeys": []string{good, c.key}})
		require.Contains(t, text, "error parsing public key: jwt_validation_pubkeys: key 2: ", name)
		require.Contains(t, text, c.text, name)
	}
	m.write("config", map[string]any{"jwt_validation_pubkeys": []string{good}})
}

func privatePEM(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func weakPEM(t *testing.T) string {
	t.Helper()
	// A modulus of 1024 bits. Nobody signs with it, so it need not be a product
	// of two primes.
	n := new(big.Int).SetBit(big.NewInt(1), 1023, 1)
	return publicPEM(t, &rsa.PublicKey{N: n, E: 65537})
}

func curvePEM(t *testing.T, curve elliptic.Curve) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	return publicPEM(t, &key.PublicKey)
}

func publicPEM(t *testing.T, public any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// lowOrderPEM is the neutral element of edwards25519 as a public key: a
// signature of zeros verifies under it.
const lowOrderPEM = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
-----END PUBLIC KEY-----`
