// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
)

// ParsePEM reads one PEM block with a public key (PKIX or PKCS #1) or a
// certificate, whose key it takes. The certificate's dates and signature do
// not matter: the operator vouches for the key. The error is a [Fault].
func ParsePEM(text string) (*Key, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(bytes.TrimSpace(rest)) > 0 {
		return nil, FaultPEM
	}
	public, err := publicKey(block.Bytes)
	if err != nil {
		return nil, FaultPEM
	}
	return newKey("", public, 0)
}

func publicKey(der []byte) (crypto.PublicKey, error) {
	if k, err := x509.ParsePKIXPublicKey(der); err == nil {
		return k, nil
	}
	if k, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return k, nil
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return c.PublicKey, nil
}

// NewStaticSet makes a set of keys that the operator wrote down. They have no
// kid, so each that fits the algorithm of a token is tried.
func NewStaticSet(keys []*Key) *Set { return build(keys, nil, true) }
