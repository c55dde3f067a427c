// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Config describes one source of keys.
type Config struct {
	// Exactly one of the two. DiscoveryURL is the issuer itself: the base URL
	// without /.well-known/openid-configuration, which the member "issuer" of the
	// document must equal byte for byte.
	JWKSURL      string
	DiscoveryURL string

	// CAPEM holds the certificates that replace the system's roots; "" means
	// the system's.
	CAPEM string

	// Bundle says that JWKSURL is of a SPIFFE trust bundle, whose
	// spiffe_refresh_hint may shorten RefreshInterval as Cache-Control may.
	Bundle bool

	// Pins are RFC 7638 thumbprints; if there are any, other keys are not used.
	Pins []string

	// BearerTokenFile names a file whose content is sent as a bearer token to the
	// host of the configured URL and to no other, "" for none. It is read for
	// each fetch, since Kubernetes renews it. See CheckTokenFile.
	BearerTokenFile string

	// RefreshInterval is the longest time between two fetches of keys that were
	// fetched well: 1 s to 24 h, 0 means 5 min. The issuer may shorten it to 30 s
	// with Cache-Control: max-age.
	RefreshInterval time.Duration

	// MaxStale is how long keys are used after they were last fetched:
	// RefreshInterval to 30 days, 0 means 24 h.
	MaxStale time.Duration

	// Proxy is the URL of an HTTP proxy, ProxyEnvironment to obey HTTPS_PROXY,
	// HTTP_PROXY and NO_PROXY, or "" for none. A proxy
	// resolves names itself, so that the rules on addresses bind the proxy's
	// address and addresses written into URLs, but not what names resolve to.
	Proxy string

	Store  Store            // nil: keys do not outlive the process
	Logger Logger           // nil: silence
	Watch  Watcher          // nil: nobody counts
	Now    func() time.Time // nil: time.Now
}

// Logger is what *slog.Logger and hclog.Logger have in common. A source logs
// changes of its state, never a body, a URL or anything of a token.
type Logger interface {
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
}

// Watcher counts what a source does. Its methods are called under the source's
// lock: they must not block, nor call the source.
type Watcher interface {
	// Fetched is called at the end of a fetch with its failure, nil for none,
	// unless the source was closed.
	Fetched(err error)
	// HeldBack is called when a caller of Renew was answered without a fetch
	// since the budget was spent.
	HeldBack()
}

type blind struct{}

func (blind) Fetched(error) {}
func (blind) HeldBack()     {}

type silence struct{}

func (silence) Info(string, ...any) {}
func (silence) Warn(string, ...any) {}

// withDefaults checks what needs no parsing and fills in what was left out.
func (c Config) withDefaults() (Config, error) {
	if (c.JWKSURL == "") == (c.DiscoveryURL == "") {
		return c, errors.New("exactly one of jwks_url and oidc_discovery_url must be set")
	}
	if c.RefreshInterval == 0 {
		c.RefreshInterval = defaultRefresh
	}
	if c.RefreshInterval < leastRefresh || c.RefreshInterval > mostRefresh {
		return c, fmt.Errorf("jwks_refresh_interval is %v; it must be between %v and %v", c.RefreshInterval, leastRefresh, mostRefresh)
	}
	if c.MaxStale == 0 {
		c.MaxStale = max(defaultStale, c.RefreshInterval)
	}
	if c.MaxStale < c.RefreshInterval || c.MaxStale > mostStale {
		return c, fmt.Errorf("jwks_max_stale is %v; it must be between jwks_refresh_interval (%v) and %v", c.MaxStale, c.RefreshInterval, mostStale)
	}
	if c.Logger == nil {
		c.Logger = silence{}
	}
	if c.Watch == nil {
		c.Watch = blind{}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

// fingerprint names what the keys depend on: where they come from, and who
// vouches for that place. Keys stored under another one are not ours.
func (c Config) fingerprint() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %t", c.JWKSURL, c.DiscoveryURL, c.CAPEM, c.Bundle))
	return hex.EncodeToString(sum[:])
}
