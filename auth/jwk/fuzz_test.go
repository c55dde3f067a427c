// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"testing"

	"filippo.io/edwards25519"
	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// FuzzJWKS: whatever a set gives out meets the policy, as go-jose and the
// standard library see the key; and no member, however odd, costs another.
func FuzzJWKS(f *testing.F) {
	for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		f.Add(document(public(alg).String()))
		f.Add([]byte(public(alg).String()))
	}
	for _, text := range strangers() {
		f.Add([]byte(text))
		f.Add(document(text, public("ES256").String()))
	}
	f.Add([]byte(`{"KEYS":[],"keys":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if set, err := jwk.ParseSet(data); err == nil {
			require.NotEmpty(t, set.Keys())
			checkSet(t, set)
		} else {
			var fault jwk.Fault
			require.ErrorAs(t, err, &fault)
			require.Nil(t, set)
		}
		if json.Valid(data) && len(data) < 4<<10 {
			checkSplice(t, string(data))
		}
	})
}

// checkSplice puts a JSON value between two good keys, whose kids no seed has.
func checkSplice(t *testing.T, value string) {
	t.Helper()
	first, last := public("EdDSA").with("kid", "first-7Q4"), public("ES256").with("kid", "last-7Q4")
	set, err := jwk.ParseSet(document(first.String(), value, last.String()))
	require.NoError(t, err)
	require.Contains(t, ids(set), "first-7Q4")
	require.Contains(t, ids(set), "last-7Q4")
	require.Equal(t, 3, len(set.Keys())+len(set.Skipped()))
	checkSet(t, set)
}

func checkSet(t *testing.T, set *jwk.Set) {
	t.Helper()
	require.LessOrEqual(t, len(set.Keys()), jwk.MaxKeys)
	seen := map[string]bool{}
	for _, k := range set.Keys() {
		require.False(t, k.ID != "" && seen[k.ID], "kids are unique")
		seen[k.ID] = true
		require.LessOrEqual(t, len(k.ID), jws.KeyIDBytes)
		require.NotZero(t, k.Algorithms)
		require.Zero(t, k.Algorithms&^jws.Of(jws.FamilyOf(k.Public)), "algorithms of another family")
		checkKey(t, k)
	}
}

func checkKey(t *testing.T, k *jwk.Key) {
	t.Helper()
	theirs := jose.JSONWebKey{Key: k.Public}
	require.True(t, theirs.Valid())
	require.True(t, theirs.IsPublic())
	sum, err := theirs.Thumbprint(crypto.SHA256)
	require.NoError(t, err)
	require.Equal(t, b64(sum), k.Thumbprint)
	switch public := k.Public.(type) {
	case *rsa.PublicKey:
		require.True(t, public.N.BitLen() >= 2048 && public.N.BitLen() <= 8192)
		require.True(t, public.N.Bit(0) == 1 && public.E >= 3 && public.E%2 == 1 && public.E < 1<<31)
	case *ecdsa.PublicKey:
		_, err := public.ECDH() // refuses what is not on the curve
		require.NoError(t, err)
		require.GreaterOrEqual(t, public.Curve.Params().BitSize, 256)
	case ed25519.PublicKey:
		point, err := new(edwards25519.Point).SetBytes(public)
		require.NoError(t, err)
		require.Zero(t, point.MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()))
	default:
		t.Fatalf("a key of type %T", public)
	}
}
