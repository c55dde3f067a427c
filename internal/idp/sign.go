// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"
	"math/big"
)

// SignRaw signs signingInput (the ASCII of header "." payload, RFC 7515
// section 5.1) and returns the signature in JOSE form: r||s for ECDSA, as it
// is for the others. It fails when alg is unknown, when priv is of another
// type or curve than alg names, and when priv itself fails.
func SignRaw(alg string, priv crypto.Signer, signingInput []byte) ([]byte, error) {
	a, err := lookup(alg)
	if err != nil {
		return nil, err
	}
	if err := a.accepts(priv.Public()); err != nil {
		return nil, err
	}
	digest := signingInput
	if a.hash != 0 {
		h := a.hash.New()
		h.Write(signingInput)
		digest = h.Sum(nil)
	}
	var opts crypto.SignerOpts = a.hash
	if a.family == pss {
		// RFC 7518 section 3.5: the salt is as long as the hash.
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.hash}
	}
	signature, err := priv.Sign(rand.Reader, digest, opts)
	if err != nil {
		return nil, fmt.Errorf("idp: sign with %s: %w", alg, err)
	}
	if a.family == ecdsaFamily {
		return joinRS(signature, a.coordinateSize())
	}
	return signature, nil
}

// joinRS turns the ASN.1 form that crypto.Signer gives into the fixed-length
// r||s of RFC 7518 section 3.4.
func joinRS(der []byte, size int) ([]byte, error) {
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return nil, fmt.Errorf("idp: the ECDSA signer returned no ASN.1 signature: %w", err)
	}
	out := make([]byte, 2*size)
	sig.R.FillBytes(out[:size])
	sig.S.FillBytes(out[size:])
	return out, nil
}

// accepts tells whether a public key has the type and curve the algorithm
// names. It does not judge RSA sizes: tests need weak keys.
func (a algorithm) accepts(pub crypto.PublicKey) error {
	var ok bool
	switch pub := pub.(type) {
	case *rsa.PublicKey:
		ok = a.isRSA()
	case *ecdsa.PublicKey:
		ok = a.family == ecdsaFamily && pub.Curve == a.curve
	case ed25519.PublicKey:
		ok = a.family == ed25519Family
	}
	if !ok {
		return fmt.Errorf("idp: a key of type %T cannot be used with %s: give a key of the type and curve that RFC 7518 names for it", pub, a.name)
	}
	return nil
}
