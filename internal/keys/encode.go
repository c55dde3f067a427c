// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// publicKey is a JWK (RFC 7517) with the members of public keys alone.
type publicKey struct {
	Type      string `json:"kty"`
	ID        string `json:"kid,omitempty"`
	Algorithm string `json:"alg,omitempty"`
	Curve     string `json:"crv,omitempty"`
	N         string `json:"n,omitempty"`
	E         string `json:"e,omitempty"`
	X         string `json:"x,omitempty"`
	Y         string `json:"y,omitempty"`
}

// publicDocument writes the usable keys of a set as a JWK Set that
// [jwk.ParseSet] reads back to the same keys.
func publicDocument(set *jwk.Set) []byte {
	list := []publicKey{}
	for _, k := range set.Keys() {
		p := material(k)
		if k.Algorithms == jws.Of(jws.FamilyOf(k.Public)) {
			list = append(list, p)
			continue
		}
		// A key that is limited to some algorithms is listed once for each.
		for _, p.Algorithm = range names(k.Algorithms) {
			list = append(list, p)
		}
	}
	document, err := json.Marshal(map[string]any{"keys": list})
	if err != nil {
		return nil // strings alone always marshal
	}
	return document
}

func material(k *jwk.Key) publicKey {
	p := publicKey{ID: k.ID}
	switch public := k.Public.(type) {
	case *rsa.PublicKey:
		p.Type = "RSA"
		p.N, p.E = encode(public.N.Bytes()), encode(big.NewInt(int64(public.E)).Bytes())
	case *ecdsa.PublicKey:
		p.Type, p.Curve = "EC", public.Curve.Params().Name
		if point, err := public.Bytes(); err == nil {
			half := (len(point) + 1) / 2
			p.X, p.Y = encode(point[1:half]), encode(point[half:])
		}
	case ed25519.PublicKey:
		p.Type, p.Curve, p.X = "OKP", "Ed25519", encode(public)
	}
	return p
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
