// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// clientTimeout ends a forgotten request of [Provider.Client]; a test that
// wants to see a hang passes a context of its own.
const clientTimeout = 30 * time.Second

// Provider is a running OpenID provider. [New] starts one, Close ends it.
type Provider struct {
	issuer    string
	base      string // scheme and host of the issuer, without its path
	now       func() time.Time
	keys      keyring
	endpoints map[Endpoint]*endpoint // fixed after New
	tls       identity               // zero for plain HTTP
	client    *http.Client

	server  *http.Server
	closing context.Context // done when Close is called
	cancel  context.CancelFunc
	served  chan struct{}  // closed when the accept loop has ended
	active  sync.WaitGroup // open connections and running handlers
	once    sync.Once
}

// New starts a provider that answers when New returns. It fails when an option
// is wrong or the address cannot be had. The caller must call Close.
func New(opts ...Option) (*Provider, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	p := &Provider{now: c.now, served: make(chan struct{}), endpoints: map[Endpoint]*endpoint{
		Discovery: newEndpoint(), JWKS: newEndpoint(),
	}}
	p.keys.rsa = c.rsa
	first, err := p.keys.generate(c.alg, "")
	if err != nil {
		return nil, err
	}
	if err := p.keys.publish(first, true); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", c.addr)
	if err != nil {
		return nil, fmt.Errorf("idp: listen on %s: %w", c.addr, err)
	}
	if err := p.prepare(c, listener.Addr().(*net.TCPAddr)); err != nil {
		listener.Close()
		return nil, err
	}
	p.serve(listener)
	return p, nil
}

// prepare derives names, TLS and client from the address that was bound.
func (p *Provider) prepare(c config, addr *net.TCPAddr) error {
	transport := &http.Transport{}
	p.client = &http.Client{Transport: transport, Timeout: clientTimeout}
	p.base = "http://" + addr.String()
	if !c.plainHTTP {
		id, err := newIdentity(addr.IP)
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		roots.AddCert(id.ca)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		p.tls = id
		p.base = "https://" + addr.String()
	}
	p.issuer = p.base + c.path
	return nil
}

// Close ends the server and waits until the last of its goroutines is done,
// hung and dripping answers included. Further calls do nothing.
func (p *Provider) Close() {
	p.once.Do(func() {
		p.cancel()
		p.server.Close()
		<-p.served
		p.client.CloseIdleConnections()
		p.active.Wait()
	})
}

// Issuer returns the exact iss: scheme, host, port and the issuer path.
func (p *Provider) Issuer() string { return p.issuer }

// DiscoveryURL returns what goes into oidc_discovery_url: the issuer, to which
// clients append the well-known suffix.
func (p *Provider) DiscoveryURL() string { return p.issuer }

// JWKSURL returns the address of the JWKS document.
func (p *Provider) JWKSURL() string { return p.base + jwksPath }

// CAPEM returns the certificate of the CA that vouches for the server, PEM
// encoded, and nothing for plain HTTP.
func (p *Provider) CAPEM() string {
	if p.tls.ca == nil {
		return ""
	}
	return p.tls.caPEM()
}

// Client returns the provider's own client, which trusts its CA alone and uses
// no proxy. Its requests end after 30 seconds.
func (p *Provider) Client() *http.Client { return p.client }

// discoveryPath follows OpenID Connect Discovery 1.0 section 4.1: a slash at
// the end of the issuer is dropped before the suffix is appended.
func (p *Provider) discoveryPath() string {
	return strings.TrimSuffix(strings.TrimPrefix(p.issuer, p.base), "/") + "/.well-known/openid-configuration"
}
