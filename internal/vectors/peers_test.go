// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"crypto"
	"encoding/json"
	"errors"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	capjwt "github.com/hashicorp/cap/jwt"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// peer is another library, set up as its manual says and given the same keys.
type peer struct {
	name    string
	accepts func(token string) bool
}

func (s *stage) peers(t testing.TB) []peer {
	t.Helper()
	var keys []crypto.PublicKey
	for _, alg := range idp.Algorithms() {
		keys = append(keys, s.keys[alg].Private.Public())
	}
	static, err := capjwt.NewStaticKeySet(keys)
	require.NoError(t, err)
	return []peer{
		{"cap static", func(token string) bool {
			_, err := static.VerifySignature(t.Context(), token)
			return err == nil
		}},
		capRemote(t, s.provider),
		goJOSE(t, s.provider.JWKSDocument()),
		{"golang-jwt", func(token string) bool {
			parser := jwt.NewParser(jwt.WithValidMethods(idp.Algorithms()), jwt.WithoutClaimsValidation())
			_, err := parser.Parse(token, func(token *jwt.Token) (any, error) {
				kid, _ := token.Header["kid"].(string)
				if key, found := s.keys[kid]; found {
					return key.Private.Public(), nil
				}
				return nil, errors.New("no such key")
			})
			return err == nil
		}},
	}
}

// capRemote is what the other method uses for jwks_url and discovery. A payload
// that is no JSON object is not held against a token whose signature is good.
func capRemote(t testing.TB, provider *idp.Provider) peer {
	t.Helper()
	remote, err := capjwt.NewJSONWebKeySet(t.Context(), provider.JWKSURL(), provider.CAPEM())
	require.NoError(t, err)
	return peer{"cap remote", func(token string) bool {
		_, err := remote.VerifySignature(t.Context(), token)
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		return err == nil || errors.As(err, &syntax) || errors.As(err, &kind)
	}}
}

func goJOSE(t testing.TB, document []byte) peer {
	t.Helper()
	var all []jose.SignatureAlgorithm
	for _, alg := range idp.Algorithms() {
		all = append(all, jose.SignatureAlgorithm(alg))
	}
	var set jose.JSONWebKeySet
	usable := json.Unmarshal(document, &set) == nil
	return peer{"go-jose", func(token string) bool {
		//lint:ignore SA1019 the function that go-oidc calls, and so the other method
		signature, err := jose.ParseSigned(token, all)
		if err != nil || !usable {
			return false
		}
		for _, key := range set.Keys {
			if kid := signature.Signatures[0].Header.KeyID; kid != "" && kid != key.KeyID {
				continue
			}
			if _, err := signature.Verify(key.Key); err == nil {
				return true
			}
		}
		return false
	}}
}
