// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Option changes what [New] builds. Values are checked by New.
type Option func(*config)

type config struct {
	addr      string
	alg       string
	path      string
	now       func() time.Time
	plainHTTP bool
	rsa       *RSAPool
}

// WithAddr sets the loopback address to listen on, "IP:port". The default is
// "127.0.0.1:0", a free port. A fixed port lets a demo, or a test that stops
// and restarts the issuer, keep its issuer name.
func WithAddr(addr string) Option { return func(c *config) { c.addr = addr } }

// WithAlg sets the algorithm of the first key. The default is ES256.
func WithAlg(alg string) Option { return func(c *config) { c.alg = alg } }

// WithIssuerPath appends a path such as "/tenant" to the issuer. A trailing
// slash stays part of the issuer name, as some real issuers have it.
func WithIssuerPath(path string) Option { return func(c *config) { c.path = path } }

// WithClock sets the time that claims are minted with. TLS does not use it.
func WithClock(now func() time.Time) Option { return func(c *config) { c.now = now } }

// WithPlainHTTP serves without TLS, for tests that such issuers are refused.
func WithPlainHTTP() Option { return func(c *config) { c.plainHTTP = true } }

// WithRSAPool takes RSA keys from a pool shared with other providers.
func WithRSAPool(pool *RSAPool) Option { return func(c *config) { c.rsa = pool } }

func newConfig(opts []Option) (config, error) {
	c := config{addr: "127.0.0.1:0", alg: "ES256", now: time.Now}
	for _, opt := range opts {
		opt(&c)
	}
	if c.rsa == nil {
		c.rsa = NewRSAPool()
	}
	return c, c.check()
}

func (c config) check() error {
	addr, err := netip.ParseAddrPort(c.addr)
	if err != nil {
		return fmt.Errorf("idp: address %q: %w; use an IP address and a port such as 127.0.0.1:0", c.addr, err)
	}
	// Whoever reaches the provider can misuse it: never off this machine.
	if !addr.Addr().IsLoopback() {
		return fmt.Errorf("idp: address %q is not a loopback address; use 127.0.0.1 or [::1]", c.addr)
	}
	u, err := url.Parse(c.path)
	if err != nil || u.EscapedPath() != c.path || u.Path != c.path || (c.path != "" && !strings.HasPrefix(c.path, "/")) {
		return fmt.Errorf("idp: issuer path %q: it must start with a slash and need no escaping", c.path)
	}
	return nil
}
