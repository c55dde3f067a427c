// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// Two independent libraries verify each algorithm: go-jose with the key of the
// served JWKS document, golang-jwt with the key of the PEM form.
func TestTokensVerify(t *testing.T) {
	p := idp.Start(t)
	for _, alg := range idp.Algorithms() {
		t.Run(alg, func(t *testing.T) {
			key := p.Rotate(alg)
			token := p.Mint(p.GitHubClaims(nil))
			stranger, err := idp.GenerateKey(alg, key.KID)
			require.NoError(t, err)
			forged := p.MintWith(stranger, nil, p.GitHubClaims(nil))

			_, err = joseVerify(t, p, alg, forged)
			require.ErrorIs(t, err, jose.ErrCryptoFailure)
			payload, err := joseVerify(t, p, alg, token)
			require.NoError(t, err)
			var claims map[string]any
			require.NoError(t, json.Unmarshal(payload, &claims))
			require.Equal(t, p.Issuer(), claims["iss"])

			require.ErrorIs(t, golangJWTVerify(t, key, forged), jwt.ErrTokenSignatureInvalid)
			require.NoError(t, golangJWTVerify(t, key, token))
		})
	}
}

func joseVerify(t *testing.T, p *idp.Provider, alg, token string) ([]byte, error) {
	t.Helper()
	_, body := fetch(t, p.Client(), p.JWKSURL())
	var set jose.JSONWebKeySet
	require.NoError(t, json.Unmarshal(body, &set))
	sig, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	require.NoError(t, err)
	keys := set.Key(sig.Signatures[0].Header.KeyID)
	require.Len(t, keys, 1)
	require.Equal(t, alg, keys[0].Algorithm)
	require.Equal(t, "sig", keys[0].Use)
	return sig.Verify(keys[0].Key)
}

func golangJWTVerify(t *testing.T, key *idp.Key, token string) error {
	t.Helper()
	block, rest := pem.Decode([]byte(key.PEM()))
	require.NotNil(t, block)
	require.Empty(t, rest)
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	require.NoError(t, err)
	parser := jwt.NewParser(jwt.WithValidMethods([]string{key.Alg}), jwt.WithAudience(idp.Audience), jwt.WithExpirationRequired())
	_, err = parser.Parse(token, func(*jwt.Token) (any, error) { return public, nil })
	return err
}

func TestSignRawChecksTheKey(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)

	for name, tc := range map[string]struct {
		alg     string
		key     crypto.Signer
		size    int
		wantErr string
	}{
		"curve fits":         {alg: "ES256", key: p256, size: 64},
		"longer curve fits":  {alg: "ES384", key: p384, size: 96},
		"RSA fits PKCS #1":   {alg: "RS512", key: rsaKey, size: 256},
		"RSA fits PSS":       {alg: "PS512", key: rsaKey, size: 256},
		"another curve":      {alg: "ES256", key: p384, wantErr: "cannot be used with ES256"},
		"another type":       {alg: "ES256", key: rsaKey, wantErr: "cannot be used with ES256"},
		"RSA alg, EC key":    {alg: "PS256", key: p256, wantErr: "cannot be used with PS256"},
		"EdDSA alg, EC key":  {alg: "EdDSA", key: p256, wantErr: "cannot be used with EdDSA"},
		"symmetric":          {alg: "HS256", key: p256, wantErr: `algorithm "HS256" is unknown`},
		"names are as given": {alg: "es256", key: p256, wantErr: `algorithm "es256" is unknown`},
	} {
		t.Run(name, func(t *testing.T) {
			signature, err := idp.SignRaw(tc.alg, tc.key, []byte("header.payload"))
			if tc.wantErr != "" {
				require.ErrorContains(t, err, tc.wantErr)
				return
			}
			require.NoError(t, err)
			require.Len(t, signature, tc.size)
		})
	}
}
