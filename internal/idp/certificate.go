// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// identity is the provider's TLS identity and the CA that vouches for it.
type identity struct {
	ca     *x509.Certificate
	server tls.Certificate
}

// newIdentity makes a CA of its own for each provider, so that a test can show
// that one issuer's CA does not vouch for another. The server certificate is
// valid for localhost, 127.0.0.1, ::1 and ip.
func newIdentity(ip net.IP) (identity, error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, fmt.Errorf("idp: generate the CA key: %w", err)
	}
	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, fmt.Errorf("idp: generate the server key: %w", err)
	}
	caTemplate := template(1, "idp test CA")
	caTemplate.IsCA, caTemplate.BasicConstraintsValid = true, true
	caTemplate.KeyUsage = x509.KeyUsageCertSign
	ca, err := issue(caTemplate, caTemplate, caKey.Public(), caKey)
	if err != nil {
		return identity{}, err
	}
	serverTemplate := template(2, "idp")
	serverTemplate.KeyUsage = x509.KeyUsageDigitalSignature
	serverTemplate.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	serverTemplate.DNSNames = []string{"localhost"}
	serverTemplate.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, ip}
	leaf, err := issue(serverTemplate, ca, serverKey.Public(), caKey)
	if err != nil {
		return identity{}, err
	}
	return identity{ca: ca, server: tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: serverKey, Leaf: leaf}}, nil
}

func (i identity) caPEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.ca.Raw}))
}

// template is valid over so wide a span that clients with a false clock, such
// as one in a testing/synctest bubble (which starts in 2000), can connect.
func template(serial int64, name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2049, 12, 31, 0, 0, 0, 0, time.UTC),
	}
}

func issue(cert, parent *x509.Certificate, pub crypto.PublicKey, signer crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, pub, signer)
	if err != nil {
		return nil, fmt.Errorf("idp: issue the certificate %q: %w", cert.Subject.CommonName, err)
	}
	return x509.ParseCertificate(der)
}
