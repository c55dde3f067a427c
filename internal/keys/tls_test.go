// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// authority signs certificates for local servers.
type authority struct {
	t    *testing.T
	key  crypto.Signer
	cert *x509.Certificate
	pem  string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	a := &authority{t: t, key: key}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := a.sign(a.cert, a.cert, key)
	a.cert, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	a.pem = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return a
}

func (a *authority) sign(template, parent *x509.Certificate, key crypto.Signer) []byte {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), a.key)
	require.NoError(a.t, err)
	return der
}

// serves makes a server use a certificate for 127.0.0.1 after change.
func (a *authority) serves(key crypto.Signer, change func(*x509.Certificate, *tls.Config)) serverOption {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	c := &tls.Config{}
	change(template, c)
	c.Certificates = []tls.Certificate{{Certificate: [][]byte{a.sign(template, a.cert, key)}, PrivateKey: key}}
	return func(s *httptest.Server) { s.TLS = c }
}

func TestTLS(t *testing.T) { // K20
	ours, theirs := newAuthority(t), newAuthority(t)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	strong, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	cases := map[string]struct {
		by     *authority
		key    crypto.Signer
		change func(*x509.Certificate, *tls.Config)
		want   string // "" means that it works
	}{
		"good":      {ours, ours.key, func(*x509.Certificate, *tls.Config) {}, ""},
		"good, RSA": {ours, strong, func(*x509.Certificate, *tls.Config) {}, ""},
		"TLS 1.2":   {ours, ours.key, func(_ *x509.Certificate, c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, ""},
		"TLS 1.1": {ours, ours.key, func(_ *x509.Certificate, c *tls.Config) {
			c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		}, "TLS 1.2 or newer"},
		"expired":       {ours, ours.key, func(x *x509.Certificate, _ *tls.Config) { x.NotAfter = time.Now().Add(-time.Minute) }, "expired"},
		"not yet valid": {ours, ours.key, func(x *x509.Certificate, _ *tls.Config) { x.NotBefore = time.Now().Add(time.Minute) }, "not yet valid"},
		"other host":    {ours, ours.key, func(x *x509.Certificate, _ *tls.Config) { x.IPAddresses = nil; x.DNSNames = []string{secret} }, "not for this host"},
		"client only": {ours, ours.key, func(x *x509.Certificate, _ *tls.Config) {
			x.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}, "may not be used"},
		"other CA": {theirs, theirs.key, func(*x509.Certificate, *tls.Config) {}, "unknown authority"},
		"RSA 1024": {ours, weak, func(*x509.Certificate, *tls.Config) {}, "less than 2048 bits"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := serveTLS(t, body(setText("a")), c.by.serves(c.key, c.change))
			_, err := once(t, Config{JWKSURL: s.URL, CAPEM: ours.pem})
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			requireKind(t, err, KindTLS, c.want)
			require.NotContains(t, err.Error(), secret)
			require.Zero(t, s.requests.Load())
		})
	}
	s := serveTLS(t, body(setText("a")), ours.serves(ours.key, func(*x509.Certificate, *tls.Config) {}))
	_, err = once(t, Config{JWKSURL: s.URL})
	requireKind(t, err, KindTLS, "unknown authority")
	_, err = once(t, Config{JWKSURL: s.URL, CAPEM: theirs.pem + "\n some words \n" + ours.pem})
	require.NoError(t, err)
}

func TestRoots(t *testing.T) {
	good := newAuthority(t).pem
	bad := map[string]string{
		"not PEM":           "MIIB",
		"nothing but space": " ",
		"cut off":           good + good[:len(good)/2],
		"no certificate":    string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte{1}})),
		"not DER":           good + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}})),
	}
	for name, text := range bad {
		_, err := New(Config{JWKSURL: "https://idp.test", CAPEM: text})
		require.ErrorContains(t, err, "the CA PEM", name)
	}
	_, err := New(Config{JWKSURL: "https://idp.test", CAPEM: good + good})
	require.NoError(t, err)
}
