// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"bytes"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
)

var errWeakCertificate = errors.New("the TLS certificate has an RSA key of less than 2048 bits")

// tlsConfig trusts the given CA certificates, or the system's if there are none.
func tlsConfig(caPEM string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, VerifyConnection: refuseWeak}
	if caPEM == "" {
		return c, nil
	}
	pool, err := parseRoots(caPEM)
	if err != nil {
		return nil, err
	}
	c.RootCAs = pool
	return c, nil
}

// parseRoots is stricter than x509.CertPool.AppendCertsFromPEM, which passes
// over certificates that it cannot read: the operator would find out when the
// issuer moves to the one that was lost.
func parseRoots(text string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	found := false
	rest := []byte(text)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, errors.New("the CA PEM holds a certificate that cannot be read")
		}
		pool.AddCert(c)
		found = true
	}
	if !found || bytes.Contains(rest, []byte("-----BEGIN")) {
		return nil, errors.New("the CA PEM must be one or more complete PEM blocks of type CERTIFICATE")
	}
	return pool, nil
}

// refuseWeak runs after the chain was verified; crypto/x509 does not judge the
// size of keys.
func refuseWeak(state tls.ConnectionState) error {
	if k, ok := state.PeerCertificates[0].PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() < 2048 {
		return errWeakCertificate
	}
	return nil
}

// ClientTLS is how clients of this plugin check a server: TLS 1.2 or later, no weak
// certificate, and the CA certificates of caPEM, or the system's if it is empty.
func ClientTLS(caPEM string) (*tls.Config, error) { return tlsConfig(caPEM) }
