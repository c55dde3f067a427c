// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// split takes a token apart into what is signed and its signature.
func split(t *testing.T, token string) (input string, signature []byte) {
	t.Helper()
	at := strings.LastIndex(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(token[at+1:])
	require.NoError(t, err)
	return token[:at], signature
}

func join(input string, signature []byte) string {
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// curveSignatures are those that only elliptic curves and PSS have.
func (a *attackers) curveSignatures(t *testing.T) []attack {
	key := a.keys["ES256"]
	n := key.Private.(*ecdsa.PrivateKey).Params().N
	input, signature := split(t, a.signed(key, nil))
	genuine, twin := split(t, a.MintWith(key, nil, a.person(nil)))
	s := new(big.Int).SetBytes(twin[32:])
	negated := append(append([]byte(nil), twin[:32]...), new(big.Int).Sub(n, s).FillBytes(make([]byte, 32))...)
	both := join(genuine, negated)

	r := new(big.Int).SetBytes(signature[:32])
	der, err := asn1.Marshal(struct{ R, S *big.Int }{r, new(big.Int).SetBytes(signature[32:])})
	require.NoError(t, err)
	pairs := map[string][2]*big.Int{
		"r and s zero": {new(big.Int), new(big.Int)}, "r zero": {new(big.Int), s}, "s zero": {r, new(big.Int)}, "r n": {n, s}, "s n": {r, n}, "r and s one": {big.NewInt(1), big.NewInt(1)},
		"r n-1": {new(big.Int).Sub(n, big.NewInt(1)), s}, "swapped": {s, r},
	}
	list := []attack{{name: "ES256 in DER", token: join(input, der), twin: both}}
	for name, p := range pairs {
		raw := append(p[0].FillBytes(make([]byte, 32)), p[1].FillBytes(make([]byte, 32))...)
		list = append(list, attack{name: "ES256 with " + name, token: join(input, raw), twin: both})
	}
	return append(list, a.salts(t)...)
}

// salts sign with PSS and a salt of another length than the hash (RFC 7518,
// section 3.5).
func (a *attackers) salts(t *testing.T) []attack {
	key := a.keys["PS256"]
	input, _ := split(t, a.signed(key, nil))
	h := crypto.SHA256.New()
	h.Write([]byte(input))
	digest := h.Sum(nil)
	var list []attack
	for name, length := range map[string]int{"no salt": 0, "a salt of 20 bytes": 20, "a salt of 64 bytes": 64, "the longest salt": 256 - 32 - 2} {
		signature, err := rsa.SignPSS(rand.Reader, key.Private.(*rsa.PrivateKey), crypto.SHA256, digest, &rsa.PSSOptions{SaltLength: length})
		require.NoError(t, err)
		list = append(list, attack{name: "PS256 with " + name, token: join(input, signature), twin: a.MintWith(key, nil, a.person(nil))})
	}
	return list
}

// TestWeakKeys writes keys that anybody, or anybody with a budget, can sign
// for. The write must refuse them.
func TestWeakKeys(t *testing.T) {
	r := need(t)
	m := enableOurs(t, r.server, pathFor(t, "ours"))
	// SubjectPublicKeyInfo of Ed25519 (RFC 8410) with the neutral element.
	prefix := []byte{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00}
	low := append(prefix, append([]byte{1}, make([]byte, 31)...)...)
	for name, der := range map[string][]byte{"Ed25519 of low order": low, "Ed25519 zero": append(prefix[:12:12], make([]byte, 32)...)} {
		t.Run(name, func(t *testing.T) {
			text := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
			got := m.asRoot(t, "POST", m.at("config"), object{"jwt_validation_pubkeys": text})
			require.Equal(t, 400, got.status, "%s", got.raw)
			require.Contains(t, got.text(), "error parsing public key: jwt_validation_pubkeys: key 1: ")
		})
	}
	p := newIssuer(t)
	m.write(t, "config", object{"jwt_validation_pubkeys": p.keys["EdDSA"].PEM()})
}
