// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"bytes"
	"crypto/ecdsa"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// The ways in which FuzzVerifyMutate changes a token.
const (
	replaceOctet = iota
	insertOctet
	removeOctet
	flipBit
	swapOctets
	cutBehind
	repeatFrom
	mutations
)

func mutate(token string, op uint8, at uint16, b byte) string {
	i := int(at) % len(token)
	out := []byte(token)
	switch op % mutations {
	case replaceOctet:
		out[i] = b
	case insertOctet:
		out = append(append(append([]byte{}, out[:i]...), b), out[i:]...)
	case removeOctet:
		out = append(out[:i], out[i+1:]...)
	case flipBit:
		out[i] ^= 1 << (b % 8)
	case swapOctets:
		j := int(b) % len(out)
		out[i], out[j] = out[j], out[i]
	case cutBehind:
		out = out[:i]
	case repeatFrom:
		out = append(out, out[i:]...)
	}
	return string(out)
}

// trueTokens are one token of each algorithm, made once.
var trueTokens = sync.OnceValue(func() []string {
	var t testing.T // for require, which reports nothing here: the keys are good
	var tokens []string
	for _, alg := range algorithmNames() {
		tokens = append(tokens, signed(&t, alg))
	}
	return tokens
})

// FuzzVerifyMutate: no token that differs from a true one in anything verifies,
// but for the twin that every ECDSA signature has.
func FuzzVerifyMutate(f *testing.F) {
	for i := range algorithmNames() {
		for op := range uint8(mutations) {
			f.Add(uint8(i), op, uint16(7*i), byte('A'+i))
			f.Add(uint8(i), op, uint16(65535), byte('.'))
		}
	}
	f.Fuzz(func(t *testing.T, index, op uint8, at uint16, b byte) {
		alg := algorithmNames()[int(index)%len(algorithmNames())]
		token := trueTokens()[int(index)%len(algorithmNames())]
		key := keys()[alg].Private.Public()
		spoiled := mutate(token, op, at, b)
		if spoiled == token {
			return
		}
		u, err := jws.Parse(spoiled, jws.DefaultTokenBytes)
		if err != nil || !u.VerifiedBy(key) {
			return
		}
		curve, ok := key.(*ecdsa.PublicKey)
		require.True(t, ok, "%s: %s", alg, spoiled)
		require.True(t, bytes.Equal(negated(curve, signatureOf(t, token)), signatureOf(t, spoiled)), "%s: %s", alg, spoiled)
		_, err = u.Payload()
		require.NoError(t, err)
	})
}

// TestEveryOctetOfATokenCounts replaces each octet of each token by a letter of
// the alphabet, and by what a careless decoder skips.
func TestEveryOctetOfATokenCounts(t *testing.T) {
	for i, alg := range algorithmNames() {
		token := trueTokens()[i]
		key := keys()[alg].Private.Public()
		require.True(t, parsed(t, token).VerifiedBy(key), "%s, unchanged", alg)
		for at := range token {
			for _, b := range []byte("A\n") {
				spoiled := mutate(token, replaceOctet, uint16(at), b)
				if u, err := jws.Parse(spoiled, jws.DefaultTokenBytes); err == nil && spoiled != token {
					require.False(t, u.VerifiedBy(key), "%s, octet %d is %q", alg, at, b)
				}
			}
		}
	}
}
