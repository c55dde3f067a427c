// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/hex"
	"testing"

	"filippo.io/edwards25519"
	"github.com/stretchr/testify/require"
)

// TestEd25519ScalarIsReduced covers T15: S is below the group order L, else
// each signature would have twins (RFC 8032, section 5.1.7).
func TestEd25519ScalarIsReduced(t *testing.T) {
	token := signed(t, "EdDSA")
	key := keys()["EdDSA"].Private.Public()
	signature := signatureOf(t, token)
	require.True(t, parsed(t, token).VerifiedBy(key))
	for multiple := 1; multiple <= 15; multiple++ {
		twin := addOrder(signature, multiple)
		require.NotEqual(t, signature, twin)
		require.False(t, parsed(t, withSignature(token, twin)).VerifiedBy(key), "S + %d L", multiple)
	}
}

// TestEd25519PointR: R is compared as octets, so no other encoding of it, nor a
// point that differs by one of small order, is taken.
func TestEd25519PointR(t *testing.T) {
	token := signed(t, "EdDSA")
	key := keys()["EdDSA"].Private.Public()
	signature := signatureOf(t, token)
	r, err := new(edwards25519.Point).SetBytes(signature[:32])
	require.NoError(t, err)
	for _, encoding := range smallOrder() {
		small, err := new(edwards25519.Point).SetBytes(unhex(t, encoding))
		require.NoError(t, err)
		moved := new(edwards25519.Point).Add(r, small)
		got := parsed(t, withSignature(token, append(moved.Bytes(), signature[32:]...))).VerifiedBy(key)
		isIdentity := small.Equal(edwards25519.NewIdentityPoint()) == 1
		require.Equal(t, isIdentity, got, "R plus the point %s", encoding)
	}
	for _, first := range []string{
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p, for 0
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p+1, for 1
		"0100000000000000000000000000000000000000000000000000000000000080", // -0
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	} {
		spoiled := append(unhex(t, first), signature[32:]...)
		require.False(t, parsed(t, withSignature(token, spoiled)).VerifiedBy(key), first)
	}
}

// TestLowOrderKeyVerifiesForgeries shows why package jwk refuses such keys:
// the primitive itself takes a signature that nobody made.
func TestLowOrderKeyVerifiesForgeries(t *testing.T) {
	identity := ed25519.PublicKey(unhex(t, smallOrder()[0]))
	forged := make([]byte, ed25519.SignatureSize) // R = B, S = 1
	copy(forged, edwards25519.NewGeneratorPoint().Bytes())
	forged[32] = 1
	token := compact(`{"alg":"EdDSA"}`, goodPayload, forged)
	require.True(t, parsed(t, token).VerifiedBy(identity), "if this fails the standard library got stricter: drop the test")
	require.False(t, parsed(t, token).VerifiedBy(keys()["EdDSA"].Private.Public()))
}

// TestPrehashIsAnotherAlgorithm: EdDSA in JOSE signs the message itself.
func TestPrehashIsAnotherAlgorithm(t *testing.T) {
	private := keys()["EdDSA"].Private.(ed25519.PrivateKey)
	input := b64(`{"alg":"EdDSA"}`) + "." + b64(goodPayload)
	digest := sha512.Sum512([]byte(input))
	prehashed := ed25519.Sign(private, digest[:])
	require.False(t, parsed(t, input+"."+b64(string(prehashed))).VerifiedBy(private.Public()))
	plain := ed25519.Sign(private, []byte(input))
	require.True(t, parsed(t, input+"."+b64(string(plain))).VerifiedBy(private.Public()))
}

// smallOrder are the canonical encodings of the eight points whose order
// divides the cofactor, the identity first.
func smallOrder() []string {
	return []string{
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	}
}

// addOrder adds a multiple of L, the order of the base point, to S.
func addOrder(signature []byte, multiple int) []byte {
	order := [32]byte{
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
	}
	out := append([]byte{}, signature...)
	for range multiple {
		carry := 0
		for i, octet := range order {
			sum := int(out[32+i]) + int(octet) + carry
			out[32+i], carry = byte(sum), sum>>8
		}
	}
	return out
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	octets, err := hex.DecodeString(text)
	require.NoError(t, err)
	return octets
}
