// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"crypto"
	"crypto/elliptic"
	_ "crypto/sha256" // registers the hash of RS256, PS256 and ES256
	_ "crypto/sha512" // registers the hashes of the 384 and 512 variants
	"fmt"
)

// family is the kind of key and signature an algorithm needs.
type family int

const (
	pkcs1 family = iota
	pss
	ecdsaFamily
	ed25519Family
)

// algorithm is one row of RFC 7518 section 3.1 (RFC 8037 for EdDSA).
type algorithm struct {
	name   string
	family family
	hash   crypto.Hash    // zero for EdDSA, which signs the message itself
	curve  elliptic.Curve // ECDSA alone
}

func (a algorithm) isRSA() bool { return a.family == pkcs1 || a.family == pss }

// coordinateSize is the length in bytes of r, of s, and of each coordinate
// (RFC 7518 sections 3.4 and 6.2.1.2).
func (a algorithm) coordinateSize() int { return (a.curve.Params().BitSize + 7) / 8 }

func algorithms() []algorithm {
	return []algorithm{
		{name: "RS256", family: pkcs1, hash: crypto.SHA256},
		{name: "RS384", family: pkcs1, hash: crypto.SHA384},
		{name: "RS512", family: pkcs1, hash: crypto.SHA512},
		{name: "PS256", family: pss, hash: crypto.SHA256},
		{name: "PS384", family: pss, hash: crypto.SHA384},
		{name: "PS512", family: pss, hash: crypto.SHA512},
		{name: "ES256", family: ecdsaFamily, hash: crypto.SHA256, curve: elliptic.P256()},
		{name: "ES384", family: ecdsaFamily, hash: crypto.SHA384, curve: elliptic.P384()},
		{name: "ES512", family: ecdsaFamily, hash: crypto.SHA512, curve: elliptic.P521()},
		{name: "EdDSA", family: ed25519Family},
	}
}

// Algorithms returns the JOSE names of the algorithms the provider can sign
// with. The names are case-sensitive (RFC 7515 section 4.1.1).
func Algorithms() []string {
	var names []string
	for _, a := range algorithms() {
		names = append(names, a.name)
	}
	return names
}

func lookup(name string) (algorithm, error) {
	for _, a := range algorithms() {
		if a.name == name {
			return a, nil
		}
	}
	return algorithm{}, fmt.Errorf("idp: algorithm %q is unknown: use one of %v", name, Algorithms())
}
