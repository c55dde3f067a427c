// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws

import (
	"crypto"
	// The hash functions that the algorithms below name.
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// Algorithm is a digital signature algorithm of RFC 7518 section 3.1 or
// RFC 8037. The zero Algorithm is none of them. There is no way to express
// "none" or a MAC.
type Algorithm uint8

// The ten algorithms.
const (
	RS256 Algorithm = iota + 1
	RS384
	RS512
	PS256
	PS384
	PS512
	ES256
	ES384
	ES512
	EdDSA
)

// Family is the kind of key that an algorithm needs.
type Family uint8

// The key families.
const (
	RSA Family = iota + 1
	P256
	P384
	P521
	Ed25519
)

type properties struct {
	name   string
	family Family
	hash   crypto.Hash
	pss    bool
}

// table is indexed by Algorithm.
var table = [...]properties{
	RS256: {"RS256", RSA, crypto.SHA256, false},
	RS384: {"RS384", RSA, crypto.SHA384, false},
	RS512: {"RS512", RSA, crypto.SHA512, false},
	PS256: {"PS256", RSA, crypto.SHA256, true},
	PS384: {"PS384", RSA, crypto.SHA384, true},
	PS512: {"PS512", RSA, crypto.SHA512, true},
	ES256: {"ES256", P256, crypto.SHA256, false},
	ES384: {"ES384", P384, crypto.SHA384, false},
	ES512: {"ES512", P521, crypto.SHA512, false},
	EdDSA: {"EdDSA", Ed25519, 0, false},
}

// ParseAlgorithm maps an alg value to its Algorithm. The comparison is exact:
// RFC 7515 section 4.1.1 makes alg case-sensitive.
func ParseAlgorithm(name string) (Algorithm, bool) {
	for a := RS256; a <= EdDSA; a++ {
		if table[a].name == name {
			return a, true
		}
	}
	return 0, false
}

// String returns the alg value, or "" for no algorithm.
func (a Algorithm) String() string {
	if int(a) >= len(table) {
		return ""
	}
	return table[a].name
}

// Family returns the kind of key that the algorithm needs.
func (a Algorithm) Family() Family { return table[a].family }

// Algorithms is a set of algorithms. The zero set is empty.
type Algorithms uint16

// AlgorithmSet returns the set of the given algorithms.
func AlgorithmSet(list ...Algorithm) Algorithms {
	var s Algorithms
	for _, a := range list {
		s |= 1 << a
	}
	return s
}

// AllAlgorithms returns the set of all ten.
func AllAlgorithms() Algorithms { return 1<<(EdDSA+1) - 1<<RS256 }

// Of returns the algorithms that keys of a family can be used with.
func Of(f Family) Algorithms {
	var s Algorithms
	for a := RS256; a <= EdDSA; a++ {
		if table[a].family == f {
			s |= 1 << a
		}
	}
	return s
}

// Has tells whether the set contains a.
func (s Algorithms) Has(a Algorithm) bool { return a != 0 && s&(1<<a) != 0 }
