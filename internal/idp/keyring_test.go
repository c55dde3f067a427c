// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

func publishedKIDs(t *testing.T, p *idp.Provider) []string {
	t.Helper()
	var set struct {
		Keys []struct {
			KID string `json:"kid"`
		} `json:"keys"`
	}
	require.NoError(t, json.Unmarshal(p.JWKSDocument(), &set))
	kids := []string{}
	for _, key := range set.Keys {
		kids = append(kids, key.KID)
	}
	return kids
}

func TestRotation(t *testing.T) {
	p := idp.Start(t)
	first := p.Current()
	require.Equal(t, []string{first.KID}, publishedKIDs(t, p))

	second := p.Rotate("EdDSA")
	require.Same(t, second, p.Current())
	require.NotEqual(t, first.KID, second.KID)
	require.Equal(t, []string{first.KID, second.KID}, publishedKIDs(t, p))

	require.True(t, p.Remove(first.KID))
	require.False(t, p.Remove(first.KID), "already gone")
	require.Equal(t, []string{second.KID}, publishedKIDs(t, p))

	require.True(t, p.Remove(second.KID))
	require.Same(t, second, p.Current(), "a withdrawn key still signs")
	require.JSONEq(t, `{"keys":[]}`, string(p.JWKSDocument()))

	require.PanicsWithValue(t, `idp: algorithm "HS256" is unknown: use one of [RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA]`,
		func() { p.Rotate("HS256") })
}

func TestAddKey(t *testing.T) {
	p := idp.Start(t)
	current := p.Current()
	added, err := p.AddKey("ES384", "second")
	require.NoError(t, err)
	require.Equal(t, "second", added.KID)
	require.Same(t, current, p.Current(), "an added key does not sign by itself")
	require.Equal(t, []string{current.KID, "second"}, publishedKIDs(t, p))

	_, err = p.AddKey("ES256", "second")
	require.ErrorContains(t, err, `kid "second" is already published`)
	_, err = p.AddKey("none", "third")
	require.ErrorContains(t, err, `algorithm "none" is unknown`)
	require.Equal(t, []string{current.KID, "second"}, publishedKIDs(t, p))
}

func TestPublish(t *testing.T) {
	p := idp.Start(t)
	private, err := rsa.GenerateKey(rand.Reader, 3072)
	require.NoError(t, err)
	key, err := idp.NewKey("PS384", "own", private)
	require.NoError(t, err)
	require.NotContains(t, publishedKIDs(t, p), "own")
	require.NoError(t, p.Publish(key))
	require.Contains(t, publishedKIDs(t, p), "own")

	_, err = idp.NewKey("ES256", "own", private)
	require.ErrorContains(t, err, "cannot be used with ES256")
}

// A public JWK must carry no private member (RFC 7517 section 9.2), and mean
// the same key as the PEM form does.
func TestJWK(t *testing.T) {
	p := idp.Start(t)
	private := []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
	for _, alg := range idp.Algorithms() {
		key, err := p.AddKey(alg, alg)
		require.NoError(t, err)
		jwk := key.JWK()
		for _, name := range private {
			require.NotContains(t, jwk, name, alg)
		}
		raw, err := json.Marshal(jwk)
		require.NoError(t, err)
		var parsed jose.JSONWebKey
		require.NoError(t, json.Unmarshal(raw, &parsed), alg)
		require.Equal(t, key.Public, parsed.Key, alg)
		require.Equal(t, alg, parsed.KeyID)

		literal := &idp.Key{Alg: alg, Private: key.Private}
		require.Equal(t, key.PEM(), literal.PEM(), "the public half is derived when it is not given")
	}
}

func TestExtraKeys(t *testing.T) {
	p := idp.Start(t)
	kid := p.Current().KID
	p.SetExtraKeys(`{"kid":"weird","kty":"future"}`, `{"kid":"weird"}`)
	require.Equal(t, []string{kid, "weird", "weird"}, publishedKIDs(t, p))

	p.SetExtraKeys(`{"kid":`)
	_, body := fetch(t, p.Client(), p.JWKSURL())
	require.Contains(t, string(body), `,{"kid":]}`, "bytes are not checked")

	p.SetExtraKeys()
	require.Equal(t, []string{kid}, publishedKIDs(t, p))
}

func TestRSAPool(t *testing.T) {
	pool := idp.NewRSAPool()
	one := idp.Start(t, idp.WithAlg("RS256"), idp.WithRSAPool(pool))
	two := idp.Start(t, idp.WithAlg("PS256"), idp.WithRSAPool(pool))
	apart := idp.Start(t, idp.WithAlg("RS256"))
	first := one.Current()
	require.Same(t, first.Private, two.Current().Private, "the pool lends the same key to each provider")
	require.NotEqual(t, first.KID, two.Current().KID)
	require.NotEqual(t, first.Public, one.Rotate("RS256").Public, "within a provider all keys differ")
	require.NotEqual(t, first.Public, apart.Current().Public)
}
