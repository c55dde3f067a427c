// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package inprocess

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/fixture"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// signed is a token taken apart, with the signature in the form that the
// standard library verifies.
type signed struct {
	text      []byte
	signature []byte
}

// bare makes the contender that hashes and verifies the signature with the
// standard library and does nothing else: no login can cost less.
func bare(issuer *fixture.Issuer) (contender, error) {
	key := issuer.Key()
	verify, err := verifier(key)
	if err != nil {
		return contender{}, err
	}
	prepare := func(tokens []string) func(context.Context) error {
		parts := make([]signed, len(tokens))
		for i, token := range tokens {
			parts[i] = takeApart(token, key.Alg)
		}
		return func(context.Context) error {
			for _, p := range parts {
				if !verify(p) {
					return errors.New("a signature did not verify")
				}
			}
			return nil
		}
	}
	return contender{"signature alone (crypto/*)", prepare}, nil
}

func verifier(key *idp.Key) (func(signed) bool, error) {
	switch key.Alg {
	case "ES256":
		public := key.Public.(*ecdsa.PublicKey)
		return func(s signed) bool {
			sum := sha256.Sum256(s.text)
			return ecdsa.VerifyASN1(public, sum[:], s.signature)
		}, nil
	case "RS256":
		public := key.Public.(*rsa.PublicKey)
		return func(s signed) bool {
			sum := sha256.Sum256(s.text)
			return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], s.signature) == nil
		}, nil
	case "EdDSA":
		public := key.Public.(ed25519.PublicKey)
		return func(s signed) bool { return ed25519.Verify(public, s.text, s.signature) }, nil
	}
	return nil, fmt.Errorf("there is no comparison for %s: use ES256, RS256 or EdDSA", key.Alg)
}

// takeApart reads a token of our own making. A token that is none gives a
// signature that does not verify.
func takeApart(token, alg string) signed {
	dot := strings.LastIndexByte(token, '.')
	signature, _ := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if alg == "ES256" {
		half := len(signature) / 2
		r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
		signature, _ = asn1.Marshal(struct{ R, S *big.Int }{r, s})
	}
	return signed{[]byte(token[:dot]), signature}
}
