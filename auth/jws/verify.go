// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/view"
)

// VerifiedBy tells whether key made the token's signature with the algorithm
// that the header names. A key of another family than the algorithm needs
// never did. The caller decides beforehand which algorithms a key may be used
// with (RFC 8725, section 3.1).
func (u Unverified) VerifiedBy(key crypto.PublicKey) bool {
	alg := u.header.Algorithm
	if alg == 0 || FamilyOf(key) != alg.Family() {
		return false
	}
	if k, ok := key.(ed25519.PublicKey); ok {
		return ed25519.Verify(k, view.Bytes(u.signingInput), u.signature)
	}
	var buf [sha512.Size]byte
	sum := digest(buf[:0], table[alg].hash, u.signingInput)
	switch k := key.(type) {
	case *rsa.PublicKey:
		if table[alg].pss {
			// RFC 7518 section 3.5: the salt is as long as the hash.
			return rsa.VerifyPSS(k, table[alg].hash, sum, u.signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(k, table[alg].hash, sum, u.signature) == nil
	case *ecdsa.PublicKey:
		return verifyECDSA(k, sum, u.signature)
	}
	return false
}

// FamilyOf returns the family of a public key, 0 for a key that no algorithm uses.
func FamilyOf(key crypto.PublicKey) Family {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return RSA
	case ed25519.PublicKey:
		return Ed25519
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return P256
		case elliptic.P384():
			return P384
		case elliptic.P521():
			return P521
		}
	}
	return 0
}

func digest(dst []byte, hash crypto.Hash, text string) []byte {
	switch hash {
	case crypto.SHA256:
		sum := sha256.Sum256(view.Bytes(text))
		return append(dst, sum[:]...)
	case crypto.SHA384:
		sum := sha512.Sum384(view.Bytes(text))
		return append(dst, sum[:]...)
	default:
		sum := sha512.Sum512(view.Bytes(text))
		return append(dst, sum[:]...)
	}
}

// verifyECDSA checks a signature in the form of RFC 7518 section 3.4: r and s
// as octets of exactly the length of the curve's order, one after the other.
func verifyECDSA(key *ecdsa.PublicKey, sum, signature []byte) bool {
	size := (key.Curve.Params().BitSize + 7) / 8
	if len(signature) != 2*size {
		return false
	}
	// The standard library takes the DER form. It refuses r or s outside of
	// [1, n-1] and non-minimal integers, which appendInteger never makes.
	var stack [2 * (66 + 3)]byte
	body := appendInteger(appendInteger(stack[:0], signature[:size]), signature[size:])
	der := make([]byte, 0, len(body)+3)
	der = append(der, 0x30)
	if len(body) >= 0x80 {
		der = append(der, 0x81)
	}
	der = append(der, byte(len(body)))
	return ecdsa.VerifyASN1(key, sum, append(der, body...))
}

// appendInteger appends an unsigned big-endian number as a DER INTEGER.
func appendInteger(dst, number []byte) []byte {
	for len(number) > 1 && number[0] == 0 {
		number = number[1:]
	}
	length := len(number)
	if number[0] >= 0x80 {
		length++
	}
	dst = append(dst, 0x02, byte(length))
	if number[0] >= 0x80 {
		dst = append(dst, 0)
	}
	return append(dst, number...)
}
