// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// claims are good until 2030.
const claims = `{"iss":"https://issuer.example","sub":"alice","aud":"vault","exp":1893456600}`

// stage is an issuer with one key for each algorithm, whose kid is the name of
// the algorithm, and somebody who would like to be it. The six RSA keys are
// one, so that alg alone keeps them apart.
type stage struct {
	provider *idp.Provider
	set      *jwk.Set
	keys     map[string]*idp.Key
	stranger *idp.Key
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{provider: idp.Start(t), keys: map[string]*idp.Key{}}
	shared, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for _, alg := range idp.Algorithms() {
		key, err := idp.NewKey(alg, alg, shared)
		if err != nil { // no RSA algorithm
			key, err = idp.GenerateKey(alg, alg)
		}
		require.NoError(t, err)
		require.NoError(t, s.provider.Publish(key))
		s.keys[alg] = key
	}
	s.provider.Remove(s.provider.Current().KID)
	s.stranger, err = idp.GenerateKey("ES256", "ES256")
	require.NoError(t, err)
	s.set, err = jwk.ParseSet(s.provider.JWKSDocument())
	require.NoError(t, err)
	require.Len(t, s.set.Keys(), 10)
	return s
}

// sign makes a token with whatever header, signed as alg.
func (s *stage) sign(alg, header string) string {
	return signed(s.keys[alg], alg, b64(header)+"."+b64(claims))
}

// token is a true one.
func (s *stage) token(alg string) string {
	return s.sign(alg, fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"JWT"}`, alg, alg))
}

// signed puts a signature under the text of header and claims.
func signed(key *idp.Key, alg, input string) string {
	signature, err := idp.SignRaw(alg, key.Private, []byte(input))
	if err != nil {
		panic(err)
	}
	return input + "." + b64(string(signature))
}
