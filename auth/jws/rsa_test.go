// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPSSSaltIsAsLongAsTheHash covers T16: RFC 7518 section 3.5 leaves no
// choice, though the primitive would take any length.
func TestPSSSaltIsAsLongAsTheHash(t *testing.T) {
	private := keys()["PS256"].Private.(*rsa.PrivateKey)
	for alg, hash := range map[string]crypto.Hash{"PS256": crypto.SHA256, "PS384": crypto.SHA384, "PS512": crypto.SHA512} {
		input := b64(`{"alg":"`+alg+`"}`) + "." + b64(goodPayload)
		h := hash.New()
		h.Write([]byte(input))
		digest := h.Sum(nil)
		longest := private.Size() - 2 - hash.Size()
		for _, length := range []int{1, 20, hash.Size() - 1, hash.Size(), hash.Size() + 1, longest} {
			signature, err := rsa.SignPSS(rand.Reader, private, hash, digest, &rsa.PSSOptions{SaltLength: length})
			require.NoError(t, err)
			got := parsed(t, input+"."+b64(string(signature))).VerifiedBy(private.Public())
			require.Equal(t, length == hash.Size(), got, "%s, %d octets of salt", alg, length)
		}
	}
}

// TestPKCS1Padding covers T17: blocks that a careless reader takes for the one
// that RFC 8017 section 9.2 describes. Each is signed as raw RSA.
func TestPKCS1Padding(t *testing.T) {
	private := keys()["RS256"].Private.(*rsa.PrivateKey)
	input := b64(`{"alg":"RS256"}`) + "." + b64(goodPayload)
	digest := sha256.Sum256([]byte(input))
	prefix := unhex(t, "3031300d060960864801650304020105000420")
	info := append(slices.Clone(prefix), digest[:]...)
	withoutNULL := append(unhex(t, "302f300b0609608648016503040201"+"0420"), digest[:]...)
	size := private.Size()
	block := func(first, second, pad byte, info, behind []byte) []byte {
		out := []byte{first, second}
		for len(out) < size-len(info)-len(behind)-1 {
			out = append(out, pad)
		}
		return append(append(append(out, 0), info...), behind...)
	}
	short := append(append(append([]byte{0, 1}, slices.Repeat([]byte{0xff}, 8)...), 0), info...)
	for name, c := range map[string]struct {
		block []byte
		want  bool
	}{
		"as it should be":         {block(0, 1, 0xff, info, nil), true},
		"block type 2":            {block(0, 2, 0xff, info, nil), false},
		"block type 0":            {block(0, 0, 0xff, info, nil), false},
		"padding of FE":           {block(0, 1, 0xfe, info, nil), false},
		"garbage behind":          {block(0, 1, 0xff, info, []byte("garbage")), false},
		"short padding, garbage":  {append(short, make([]byte, size-len(short))...), false},
		"no DigestInfo":           {block(0, 1, 0xff, digest[:], nil), false},
		"parameters left out":     {block(0, 1, 0xff, withoutNULL, nil), false},
		"another hash's name":     {block(0, 1, 0xff, append(unhex(t, "3031300d060960864801650304020205000420"), digest[:]...), nil), false},
		"digest of another input": {block(0, 1, 0xff, append(slices.Clone(prefix), make([]byte, 32)...), nil), false},
		"all zero":                {make([]byte, size), false},
	} {
		t.Run(name, func(t *testing.T) {
			require.Len(t, c.block, size)
			signature := new(big.Int).Exp(new(big.Int).SetBytes(c.block), private.D, private.N).FillBytes(make([]byte, size))
			require.Equal(t, c.want, parsed(t, input+"."+b64(string(signature))).VerifiedBy(private.Public()))
		})
	}
}

// TestRSASignatureIsBelowTheModulus: s and s+n are the same modulo n.
func TestRSASignatureIsBelowTheModulus(t *testing.T) {
	for _, alg := range []string{"RS256", "PS256"} {
		private := keys()[alg].Private.(*rsa.PrivateKey)
		for tries := 0; ; tries++ { // until s+n has no more octets than n
			require.Less(t, tries, 10_000)
			token := signedAs(t, alg, `{"alg":"`+alg+`"}`, `{"n":"`+rand.Text()+`"}`)
			twin := new(big.Int).SetBytes(signatureOf(t, token))
			if twin.Add(twin, private.N); twin.BitLen() > 8*private.Size() {
				continue
			}
			require.True(t, parsed(t, token).VerifiedBy(private.Public()))
			require.False(t, parsed(t, withSignature(token, twin.FillBytes(make([]byte, private.Size())))).VerifiedBy(private.Public()), alg)
			break
		}
	}
}
