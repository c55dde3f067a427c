// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// maxKeyIDBytes is the longest kid; no longer one can be asked for.
const maxKeyIDBytes = jws.KeyIDBytes

// parseKey reads one JWK (RFC 7517, section 4) and applies the policy.
func parseKey(text, wantedUse string) (*Key, error) {
	doc, err := strictjson.Parse(text, strictjson.Limits{
		Bytes: MaxDocumentBytes, Depth: 8, Members: 64, Elements: 64, String: 64 << 10,
	})
	if err != nil {
		return nil, FaultMember
	}
	return readKey(doc.Root(), wantedUse)
}

// ParseKey reads a JWK that was sent alone, such as that of a DPoP proof, and
// applies the policy of keys that verify signatures. The error is a [Fault].
func ParseKey(m strictjson.Value) (*Key, error) { return readKey(m, useSignature) }

func readKey(m strictjson.Value, wantedUse string) (*Key, error) {
	if m.Kind() != strictjson.Object {
		return nil, FaultMember
	}
	if isSecret(m) {
		return nil, FaultPrivate
	}
	if err := checkUse(m, wantedUse); err != nil {
		return nil, err
	}
	id, err := keyID(m)
	if err != nil {
		return nil, err
	}
	public, err := material(m)
	if err != nil {
		return nil, err
	}
	algorithms, err := declaredAlgorithm(m, public)
	if err != nil {
		return nil, err
	}
	return newKey(id, public, algorithms)
}

// optional returns a member that RFC 7517 lets a key leave out. Serialisers that
// write every field put null, "" or [] where a key has none; these say nothing,
// so they count as absent.
func optional(m strictjson.Value, name string) (strictjson.Value, bool) {
	v, found := m.Get(name)
	if !found || v.Kind() == strictjson.Null || isEmptyList(v) {
		return strictjson.Value{}, false
	}
	if s, isText := v.Text(); isText && s == "" {
		return strictjson.Value{}, false
	}
	return v, true
}

func isEmptyList(v strictjson.Value) bool { return v.Kind() == strictjson.Array && v.Len() == 0 }

// isSecret tells whether the key is symmetric or carries its private part
// (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1; RFC 8037, section 2). Only null, and
// a list of no further primes, are no such part: an empty text is a number that
// somebody has cut out, and who cut it has had it.
func isSecret(m strictjson.Value) bool {
	if kty, _ := m.Get("kty"); text(kty) == "oct" {
		return true
	}
	for _, name := range [...]string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		v, found := m.Get(name)
		if found && v.Kind() != strictjson.Null && !(name == "oth" && isEmptyList(v)) {
			return true
		}
	}
	return false
}

// checkUse enforces use and key_ops (RFC 7517, sections 4.2 and 4.3). In a SPIFFE
// bundle use must be there, since the bundle holds keys of other kinds too.
func checkUse(m strictjson.Value, wanted string) error {
	use, found := optional(m, "use")
	if found && text(use) != wanted || !found && wanted == useJWTSVID {
		return FaultUse
	}
	ops, found := optional(m, "key_ops")
	if !found {
		return nil
	}
	verifies := false
	for op := range ops.Elements() {
		switch text(op) {
		case "verify":
			verifies = true
		case "sign":
		default:
			return FaultUse
		}
	}
	if !verifies {
		return FaultUse
	}
	return nil
}

func keyID(m strictjson.Value) (string, error) {
	kid, found := optional(m, "kid")
	if !found {
		return "", nil
	}
	id, ok := kid.Text()
	if !ok || len(id) > maxKeyIDBytes {
		return "", FaultKeyID
	}
	return id, nil
}

// declaredAlgorithm returns what alg allows: that one algorithm, or the zero
// set if the key does not say. An alg that we do not know, or that needs
// another key, makes the key unusable (RFC 8725, section 3.1).
func declaredAlgorithm(m strictjson.Value, public crypto.PublicKey) (jws.Algorithms, error) {
	alg, found := optional(m, "alg")
	if !found {
		return 0, nil
	}
	a, known := jws.ParseAlgorithm(text(alg))
	if !known || a.Family() != jws.FamilyOf(public) {
		return 0, FaultType
	}
	return jws.AlgorithmSet(a), nil
}

func material(m strictjson.Value) (crypto.PublicKey, error) {
	kty, _ := m.Get("kty")
	crv, _ := m.Get("crv")
	switch text(kty) {
	case "RSA":
		return rsaMaterial(m)
	case "EC":
		return ecMaterial(m, text(crv))
	case "OKP":
		if text(crv) != "Ed25519" {
			return nil, FaultType
		}
		x, err := octets(m, "x")
		return ed25519.PublicKey(x), err
	}
	return nil, FaultType
}

func rsaMaterial(m strictjson.Value) (crypto.PublicKey, error) {
	n, err := octets(m, "n")
	if err != nil {
		return nil, err
	}
	e, err := octets(m, "e")
	if err != nil {
		return nil, err
	}
	exponent := new(big.Int).SetBytes(e)
	if exponent.BitLen() > 31 {
		return nil, FaultRSAExponent
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent.Int64())}, nil
}

func ecMaterial(m strictjson.Value, crv string) (crypto.PublicKey, error) {
	var curve elliptic.Curve
	switch crv {
	case "P-256":
		curve = elliptic.P256()
	case "P-384":
		curve = elliptic.P384()
	case "P-521":
		curve = elliptic.P521()
	default:
		return nil, FaultType
	}
	x, err := octets(m, "x")
	if err != nil {
		return nil, err
	}
	y, err := octets(m, "y")
	if err != nil {
		return nil, err
	}
	// RFC 7518 section 6.2.1.2: each coordinate has the full length.
	if size := (curve.Params().BitSize + 7) / 8; len(x) != size || len(y) != size {
		return nil, FaultPoint
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, FaultPoint
	}
	return public, nil
}

// octets decodes a base64url member. Padding is forgiven: the document comes
// from the issuer over a channel that the operator trusts, and some pad.
func octets(m strictjson.Value, name string) ([]byte, error) {
	member, _ := m.Get(name)
	encoded, ok := member.Text()
	if !ok || encoded == "" {
		return nil, FaultMember
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return nil, FaultMember
	}
	return b, nil
}

func text(v strictjson.Value) string {
	s, _ := v.Text()
	return s
}
