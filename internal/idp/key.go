// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
)

// Key is a signing key and the algorithm it signs with. Tests may write one as
// a literal to express what [NewKey] refuses, such as an empty KID.
type Key struct {
	KID     string
	Alg     string
	Private crypto.Signer
	Public  crypto.PublicKey
}

// NewKey wraps a private key made elsewhere. An empty kid becomes a random one.
// It fails when private is of another type or curve than alg names. The key is
// not published; see [Provider.Publish].
func NewKey(alg, kid string, private crypto.Signer) (*Key, error) {
	a, err := lookup(alg)
	if err != nil {
		return nil, err
	}
	if err := a.accepts(private.Public()); err != nil {
		return nil, err
	}
	if kid == "" {
		// Random, not counted, so that two providers, or one before and after a
		// restart, never share a kid by accident.
		kid = strings.ToLower(alg + "-" + rand.Text()[:10])
	}
	return &Key{KID: kid, Alg: alg, Private: private, Public: private.Public()}, nil
}

// GenerateKey makes a key that no provider publishes: a stranger's, or the
// next one of a rotation. RSA keys have 2048 bits and take some 100 ms.
func GenerateKey(alg, kid string) (*Key, error) {
	return generate(alg, kid, func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, rsaBits) })
}

func generate(alg, kid string, newRSA func() (*rsa.PrivateKey, error)) (*Key, error) {
	a, err := lookup(alg)
	if err != nil {
		return nil, err
	}
	var private crypto.Signer
	switch a.family {
	case ecdsaFamily:
		private, err = ecdsa.GenerateKey(a.curve, rand.Reader)
	case ed25519Family:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		private, err = newRSA()
	}
	if err != nil {
		return nil, fmt.Errorf("idp: generate a key for %s: %w", alg, err)
	}
	return NewKey(alg, kid, private)
}

// PEM returns the public key as a PKIX "PUBLIC KEY" block, the form that
// jwt_validation_pubkeys takes. It panics on a key type that PKIX has no
// encoding for.
func (k *Key) PEM() string {
	der, err := x509.MarshalPKIXPublicKey(k.public())
	if err != nil {
		panic(fmt.Sprintf("idp: encode the public key of %q: %v", k.KID, err))
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// JWK returns the public key as a new JWK object (RFC 7517) with kid, use and
// alg. The caller may change the map. It panics on a key that is neither RSA,
// ECDSA on a NIST curve, nor Ed25519.
func (k *Key) JWK() map[string]any {
	jwk := map[string]any{"kid": k.KID, "use": "sig", "alg": k.Alg}
	switch pub := k.public().(type) {
	case *rsa.PublicKey:
		jwk["kty"] = "RSA"
		jwk["n"] = encode(pub.N.Bytes())
		jwk["e"] = encode(big.NewInt(int64(pub.E)).Bytes())
	case *ecdsa.PublicKey:
		point, err := pub.Bytes() // 4 || x || y, SEC 1 section 2.3.3
		if err != nil {
			panic(fmt.Sprintf("idp: encode the public key of %q: %v", k.KID, err))
		}
		half := len(point) / 2
		jwk["kty"], jwk["crv"] = "EC", pub.Curve.Params().Name
		jwk["x"], jwk["y"] = encode(point[1:1+half]), encode(point[1+half:])
	case ed25519.PublicKey:
		jwk["kty"], jwk["crv"], jwk["x"] = "OKP", "Ed25519", encode(pub)
	default:
		panic(fmt.Sprintf("idp: no JWK form for the %T of %q", pub, k.KID))
	}
	return jwk
}

func (k *Key) public() crypto.PublicKey {
	if k.Public == nil {
		return k.Private.Public()
	}
	return k.Public
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
