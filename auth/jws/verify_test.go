// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// TestOnlyTheSignersKeyVerifies covers T3: the tokens of ten algorithms against
// eight keys. Each token has exactly one key, its signer's.
func TestOnlyTheSignersKeyVerifies(t *testing.T) {
	public := map[string]crypto.PublicKey{}
	for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		public[alg] = keys()[alg].Private.Public()
	}
	for _, alg := range []string{"PS256", "ES256", "EdDSA"} {
		stranger, err := idp.GenerateKey(alg, "k1")
		require.NoError(t, err)
		public["stranger's "+alg] = stranger.Private.Public()
	}
	require.Len(t, public, 8)
	for _, alg := range algorithmNames() {
		u := parsed(t, signed(t, alg))
		signer := alg
		if u.Header().Algorithm.Family() == jws.RSA {
			signer = "RS256" // one key for the six, see keys
		}
		for name, key := range public {
			require.Equal(t, name == signer, u.VerifiedBy(key), "%s token, %s key", alg, name)
		}
	}
}

// TestAlgorithmOfTheHeaderDecides: a signature made with one algorithm does not
// verify as another of the same key.
func TestAlgorithmOfTheHeaderDecides(t *testing.T) {
	key := keys()["RS256"].Private
	for _, made := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
		for _, named := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
			token := signedAs(t, made, `{"alg":"`+named+`"}`, goodPayload)
			require.Equal(t, made == named, parsed(t, token).VerifiedBy(key.Public()), "made with %s, says %s", made, named)
		}
	}
}

// TestEveryPartIsSigned: another header, payload or signature of good form.
func TestEveryPartIsSigned(t *testing.T) {
	for _, alg := range algorithmNames() {
		token := signed(t, alg)
		key := keys()[alg].Private.Public()
		part := strings.Split(token, ".")
		require.True(t, parsed(t, token).VerifiedBy(key), alg)
		otherHeader := b64(fmt.Sprintf(`{"alg":%q,"kid":"k2","typ":"JWT"}`, alg))
		otherPayload := b64(strings.Replace(goodPayload, "alice", "mallory", 1))
		otherSignature := strings.Split(signedAs(t, alg, fmt.Sprintf(`{"alg":%q}`, alg), goodPayload), ".")[2]
		for _, spoiled := range []string{
			otherHeader + "." + part[1] + "." + part[2],
			part[0] + "." + otherPayload + "." + part[2],
			part[0] + "." + part[1] + "." + otherSignature,
			part[1] + "." + part[0] + "." + part[2],
		} {
			if u, err := jws.Parse(spoiled, jws.DefaultTokenBytes); err == nil {
				require.False(t, u.VerifiedBy(key), alg)
			}
		}
	}
}

func TestSignatureOfAnotherLength(t *testing.T) {
	for _, alg := range algorithmNames() {
		u := strings.Split(signed(t, alg), ".")
		decoded := signatureOf(t, strings.Join(u, "."))
		key := keys()[alg].Private.Public()
		for name, signature := range map[string][]byte{
			"one octet less":         decoded[:len(decoded)-1],
			"one octet less, before": decoded[1:],
			"zero behind":            append(append([]byte{}, decoded...), 0),
			"zero before":            append([]byte{0}, decoded...),
			"twice":                  append(append([]byte{}, decoded...), decoded...),
			"one octet":              {1},
			"8 KiB":                  make([]byte, 8<<10),
		} {
			token := u[0] + "." + u[1] + "." + b64(string(signature))
			require.False(t, parsed(t, token).VerifiedBy(key), "%s, %s", alg, name)
		}
	}
}

// TestSignatureOfAnotherFamily: each key signs in its own manner the digest
// that each foreign algorithm asks for. That the mathematics would agree does
// not make it that algorithm.
func TestSignatureOfAnotherFamily(t *testing.T) {
	for _, made := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		private := keys()[made].Private
		for _, named := range algorithmNames() {
			named, _ := jws.ParseAlgorithm(named)
			if named.Family() == jws.FamilyOf(private.Public()) {
				continue
			}
			input := b64(`{"alg":"`+named.String()+`"}`) + "." + b64(goodPayload)
			for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
				token := input + "." + b64(string(signDigest(t, private, hash, input)))
				require.False(t, parsed(t, token).VerifiedBy(private.Public()), "%s key, %s token, %s", made, named, hash)
			}
		}
	}
}

// signDigest signs in the form of RFC 7518 with whatever hash.
func signDigest(t testing.TB, private crypto.Signer, hash crypto.Hash, input string) []byte {
	t.Helper()
	h := hash.New()
	h.Write([]byte(input))
	switch key := private.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, h.Sum(nil))
		require.NoError(t, err)
		size := (key.Curve.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
	case ed25519.PrivateKey:
		return ed25519.Sign(key, []byte(input))
	default:
		signature, err := private.Sign(rand.Reader, h.Sum(nil), hash)
		require.NoError(t, err)
		return signature
	}
}

func TestKeysOfNoFamilyVerifyNothing(t *testing.T) {
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	for _, alg := range algorithmNames() {
		u := parsed(t, signed(t, alg))
		for _, key := range []crypto.PublicKey{
			nil, &p224.PublicKey, []byte("secret"), "secret", keys()[alg].Private, rsa.PublicKey{}, ecdsa.PublicKey{}, struct{}{},
		} {
			require.Zero(t, jws.FamilyOf(key))
			require.False(t, u.VerifiedBy(key), "%s, %T", alg, key)
		}
	}
	require.False(t, jws.Unverified{}.VerifiedBy(keys()["ES256"].Private.Public()), "the zero token")
}
