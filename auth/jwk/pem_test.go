// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// certificate is self-signed and expired.
func certificate(t testing.TB, signer crypto.Signer) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	require.NoError(t, err)
	return block("CERTIFICATE", der)
}

func pkix(t testing.TB, public crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	return block("PUBLIC KEY", der)
}

func TestPEMForms(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		signer := keys()[alg].Private
		for form, text := range map[string]string{
			"PKIX":         pkix(t, signer.Public()),
			"certificate":  certificate(t, signer),
			"space around": "\n  \n" + pkix(t, signer.Public()) + " \r\n\t",
			"Windows ends": strings.ReplaceAll(pkix(t, signer.Public()), "\n", "\r\n"),
			"text before":  "the key of the build farm\n" + pkix(t, signer.Public()),
			"no last line": strings.TrimSpace(pkix(t, signer.Public())),
		} {
			key, err := jwk.ParsePEM(text)
			require.NoError(t, err, "%s, %s", alg, form)
			require.Equal(t, signer.Public(), key.Public)
			require.Empty(t, key.ID)
			require.Equal(t, jws.Of(jws.FamilyOf(signer.Public())), key.Algorithms)
		}
	}
	key, err := jwk.ParsePEM(block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(rsaKey())))
	require.NoError(t, err)
	require.Equal(t, rsaKey(), key.Public)
}

func TestPEMRefused(t *testing.T) {
	short := &rsa.PublicKey{N: modulus(t, 1024), E: 65537}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(keys()["ES256"].Private)
	require.NoError(t, err)
	good := pkix(t, keys()["ES256"].Private.Public())
	der, _ := pem.Decode([]byte(good))
	for name, c := range map[string]struct {
		text string
		want jwk.Fault
	}{
		"empty":                 {"", jwk.FaultPEM},
		"no PEM":                {"key", jwk.FaultPEM},
		"JWK":                   {public("ES256").String(), jwk.FaultPEM},
		"DER":                   {string(der.Bytes), jwk.FaultPEM},
		"cut short":             {good[:len(good)/2], jwk.FaultPEM},
		"trailing text":         {good + "x", jwk.FaultPEM},
		"two blocks":            {good + good, jwk.FaultPEM},
		"trailing octet inside": {block("PUBLIC KEY", append(append([]byte{}, der.Bytes...), 0)), jwk.FaultPEM},
		"nothing inside":        {block("PUBLIC KEY", nil), jwk.FaultPEM},
		"private, PKCS #8":      {block("PRIVATE KEY", private), jwk.FaultPEM},
		"private, PKCS #1":      {block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(keys()["RS256"].Private.(*rsa.PrivateKey))), jwk.FaultPEM},
		"RSA of 1024 bits":      {pkix(t, short), jwk.FaultRSASize},
		"RSA of 1024, PKCS #1":  {block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(short)), jwk.FaultRSASize},
		"RSA of 16384 bits":     {pkix(t, &rsa.PublicKey{N: modulus(t, 16384), E: 65537}), jwk.FaultRSASize},
		"even exponent":         {pkix(t, &rsa.PublicKey{N: rsaKey().N, E: 65536}), jwk.FaultRSAExponent},
		"exponent of one":       {pkix(t, &rsa.PublicKey{N: rsaKey().N, E: 1}), jwk.FaultRSAExponent},
		"P-224":                 {pkix(t, &p224.PublicKey), jwk.FaultType},
		"P-224 certificate":     {certificate(t, p224), jwk.FaultType},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := jwk.ParsePEM(c.text)
			require.ErrorIs(t, err, c.want)
			require.Nil(t, key)
		})
	}
}

// TestPEMLowOrder: the policy is the same by whatever door a key comes in.
func TestPEMLowOrder(t *testing.T) {
	good := pkix(t, keys()["EdDSA"].Private.Public())
	der, _ := pem.Decode([]byte(good))
	identity := append([]byte{}, der.Bytes[:len(der.Bytes)-32]...)
	identity = append(append(identity, 1), make([]byte, 31)...)
	_, err := jwk.ParsePEM(block("PUBLIC KEY", identity))
	require.ErrorIs(t, err, jwk.FaultLowOrder)
}
