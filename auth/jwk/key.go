// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// Key is a public key that passed the policy.
type Key struct {
	ID         string           // kid, "" if the key has none
	Public     crypto.PublicKey // *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
	Algorithms jws.Algorithms   // what the key may verify
	Thumbprint string           // RFC 7638, SHA-256, base64url
}

// newKey applies the policy on key material and computes the thumbprint.
// algorithms narrows what the key may be used with; the zero set means all
// that its family allows.
func newKey(id string, public crypto.PublicKey, algorithms jws.Algorithms) (*Key, error) {
	if err := checkMaterial(public); err != nil {
		return nil, err
	}
	if algorithms == 0 {
		algorithms = jws.Of(jws.FamilyOf(public))
	}
	return &Key{ID: id, Public: public, Algorithms: algorithms, Thumbprint: thumbprint(public)}, nil
}

// thumbprint computes the RFC 7638 thumbprint: the hash over the required
// members in lexicographic order, without white space.
func thumbprint(public crypto.PublicKey) string {
	var text string
	switch k := public.(type) {
	case *rsa.PublicKey:
		text = `{"e":"` + encode(big.NewInt(int64(k.E)).Bytes()) + `","kty":"RSA","n":"` + encode(k.N.Bytes()) + `"}`
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			return ""
		}
		size := (len(point) - 1) / 2
		text = `{"crv":"` + k.Curve.Params().Name + `","kty":"EC","x":"` + encode(point[1:1+size]) + `","y":"` + encode(point[1+size:]) + `"}`
	case ed25519.PublicKey:
		text = `{"crv":"Ed25519","kty":"OKP","x":"` + encode(k) + `"}`
	}
	sum := sha256.Sum256([]byte(text))
	return encode(sum[:])
}

// ValidThumbprint tells whether text has the form of a SHA-256 thumbprint.
func ValidThumbprint(text string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(b) == sha256.Size
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
