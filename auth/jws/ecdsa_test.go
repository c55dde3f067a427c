// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"crypto/ecdsa"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// signatureOf decodes the signature of a token.
func signatureOf(t testing.TB, token string) []byte {
	t.Helper()
	return decoded(t, token[strings.LastIndexByte(token, '.')+1:])
}

// withSignature puts another signature under a token.
func withSignature(token string, signature []byte) string {
	return token[:strings.LastIndexByte(token, '.')+1] + b64(string(signature))
}

// TestECDSAOutOfRange covers T14: r and s are in [1, n-1], whatever the curve.
func TestECDSAOutOfRange(t *testing.T) {
	for _, alg := range []string{"ES256", "ES384", "ES512"} {
		token := signed(t, alg)
		key := keys()[alg].Private.Public().(*ecdsa.PublicKey)
		n := key.Curve.Params().N
		size := len(signatureOf(t, token)) / 2
		r, s := new(big.Int).SetBytes(signatureOf(t, token)[:size]), new(big.Int).SetBytes(signatureOf(t, token)[size:])
		verified := func(r, s *big.Int) bool {
			signature := append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
			return parsed(t, withSignature(token, signature)).VerifiedBy(key)
		}
		require.True(t, verified(r, s))
		edges := []*big.Int{big.NewInt(0), big.NewInt(1), new(big.Int).Sub(n, big.NewInt(1)), n, new(big.Int).Add(n, big.NewInt(1)), allOnes(size)}
		for _, a := range edges {
			for _, b := range edges {
				require.False(t, verified(a, b), "%s: r=%x s=%x", alg, a, b)
			}
			require.False(t, verified(a, s), "%s: r=%x", alg, a)
			require.False(t, verified(r, a), "%s: s=%x", alg, a)
		}
		if overflow := new(big.Int).Add(r, n); overflow.BitLen() <= 8*size {
			require.False(t, verified(overflow, s), "%s: r+n", alg)
		}
	}
}

// TestECDSATwin: (r, n-s) is as valid as (r, s). Whoever remembers a token by
// its bytes to refuse a second use must know this.
func TestECDSATwin(t *testing.T) {
	for _, alg := range []string{"ES256", "ES384", "ES512"} {
		token := signed(t, alg)
		key := keys()[alg].Private.Public().(*ecdsa.PublicKey)
		signature := signatureOf(t, token)
		twin := negated(key, signature)
		require.NotEqual(t, signature, twin)
		require.True(t, parsed(t, withSignature(token, twin)).VerifiedBy(key), alg)
		require.Equal(t, signature, negated(key, twin))
	}
}

// TestECDSAWantsFixedLength: RFC 7518 section 3.4 has r and s side by side,
// not the DER form that other protocols use.
func TestECDSAWantsFixedLength(t *testing.T) {
	for _, alg := range []string{"ES256", "ES384", "ES512"} {
		token := signed(t, alg)
		key := keys()[alg].Private.Public().(*ecdsa.PublicKey)
		signature := signatureOf(t, token)
		half := len(signature) / 2
		r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
		var b cryptobyte.Builder
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1BigInt(r)
			b.AddASN1BigInt(s)
		})
		require.False(t, parsed(t, withSignature(token, b.BytesOrPanic())).VerifiedBy(key), "%s, DER", alg)
		padded := append(append([]byte{0}, signature[:half]...), append([]byte{0}, signature[half:]...)...)
		require.False(t, parsed(t, withSignature(token, padded)).VerifiedBy(key), "%s, both halves padded", alg)
		require.False(t, parsed(t, withSignature(token, append(signature[half:], signature[:half]...))).VerifiedBy(key), "%s, halves swapped", alg)
	}
}

// TestECDSALeadingZeros signs until r or s begins with a zero octet, which the
// DER form leaves out.
func TestECDSALeadingZeros(t *testing.T) {
	key := keys()["ES256"].Private.Public()
	for seen, tries := 0, 0; seen < 3; tries++ {
		require.Less(t, tries, 100_000, "one in 128 signatures has a leading zero")
		token := signed(t, "ES256")
		if signature := signatureOf(t, token); signature[0] == 0 || signature[32] == 0 {
			require.True(t, parsed(t, token).VerifiedBy(key))
			seen++
		}
	}
}

// negated returns (r, n-s).
func negated(key *ecdsa.PublicKey, signature []byte) []byte {
	half := len(signature) / 2
	s := new(big.Int).SetBytes(signature[half:])
	s.Sub(key.Curve.Params().N, s)
	return append(append([]byte{}, signature[:half]...), s.FillBytes(make([]byte, half))...)
}

func allOnes(size int) *big.Int {
	return new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(8*size)), big.NewInt(1))
}
