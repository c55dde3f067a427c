// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"math/big"

	"filippo.io/edwards25519"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// Fault says why a key or a document was left out. The list is closed, and a
// fault carries nothing of the document.
type Fault string

// The faults of keys.
const (
	FaultMember      Fault = "a member is missing, malformed or stands twice"
	FaultType        Fault = "kty, crv or alg names nothing that is supported"
	FaultUse         Fault = "use or key_ops is not for verifying signatures"
	FaultPrivate     Fault = "the key is secret or private, and its issuer published it"
	FaultKeyID       Fault = "kid is not a string of 1 to 256 bytes"
	FaultDuplicate   Fault = "another key has the same kid"
	FaultRSASize     Fault = "the RSA modulus is not between 2048 and 8192 bits"
	FaultRSAExponent Fault = "the RSA exponent is not an odd number from 3 to 2147483647"
	FaultRSAModulus  Fault = "the RSA modulus is even, or of the weak kind that CVE-2017-15361 names"
	FaultPoint       Fault = "the point is not on the curve, or of the wrong length"
	FaultLowOrder    Fault = "the Ed25519 key is of low order or not canonical"
	FaultPin         Fault = "no key has a thumbprint that is pinned"
	FaultPEM         Fault = "the PEM block holds no public key or certificate"
)

// The faults of documents.
const (
	FaultDocument Fault = "the document is not a JWK Set"
	FaultTooLong  Fault = "the document is longer than 512 KiB"
	FaultTooMany  Fault = "the document has more than 100 keys"
	FaultNoKeys   Fault = "the document has no usable key"
)

// Error lets a Fault be returned as an error.
func (f Fault) Error() string { return string(f) }

// Bounds of RSA keys. Less than 2048 bits is weak (RFC 7518, section 3.3);
// more than 8192 is a way to make verification slow.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// checkMaterial refuses keys that are weak or could verify what nobody signed.
func checkMaterial(public crypto.PublicKey) error {
	if jws.FamilyOf(public) == 0 {
		return FaultType
	}
	switch k := public.(type) {
	case *rsa.PublicKey:
		return checkRSA(k)
	case *ecdsa.PublicKey:
		// Bytes refuses the point at infinity and points off the curve.
		if _, err := k.Bytes(); err != nil {
			return FaultPoint
		}
	case ed25519.PublicKey:
		return checkEd25519(k)
	}
	return nil
}

func checkRSA(k *rsa.PublicKey) error {
	if k.N == nil || k.N.BitLen() < minRSABits || k.N.BitLen() > maxRSABits {
		return FaultRSASize
	}
	if k.E < 3 || k.E > 1<<31-1 || k.E%2 == 0 {
		return FaultRSAExponent
	}
	if k.N.Bit(0) == 0 || fingerprintROCA(k.N) {
		return FaultRSAModulus
	}
	return nil
}

// fingerprintROCA recognises the moduli of CVE-2017-15361 ("The Return of
// Coppersmith's Attack", section 2): modulo each small prime they lie in the
// group that 65537 generates. One in 2^27 other moduli does so too for all of
// these primes, and is refused with them.
func fingerprintROCA(n *big.Int) bool {
	primes := [...]int64{
		3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
		101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
	}
	for _, p := range primes {
		residue := new(big.Int).Mod(n, big.NewInt(p)).Int64()
		power, found := int64(1), false
		for range p {
			if power == residue {
				found = true
				break
			}
			power = power * 65537 % p
		}
		if !found {
			return false
		}
	}
	return true
}

// checkEd25519 refuses keys of low order, for which anybody can make
// signatures that verify, and encodings that are not the canonical one
// (RFC 8032, section 5.1.3).
func checkEd25519(k ed25519.PublicKey) error {
	if len(k) != ed25519.PublicKeySize {
		return FaultPoint
	}
	point, err := new(edwards25519.Point).SetBytes(k)
	if err != nil {
		return FaultPoint
	}
	identity := edwards25519.NewIdentityPoint()
	if new(edwards25519.Point).MultByCofactor(point).Equal(identity) == 1 || string(point.Bytes()) != string(k) {
		return FaultLowOrder
	}
	return nil
}
