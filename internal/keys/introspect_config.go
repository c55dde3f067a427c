// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// How a client authenticates to an introspection endpoint (RFC 6749, section
// 2.3.1).
const (
	ClientSecretBasic = "client_secret_basic"
	ClientSecretPost  = "client_secret_post"
)

// Bounds and defaults of introspection.
const (
	DefaultIntrospectionTTL  = 60 * time.Second
	MaxIntrospectionTTL      = 10 * time.Minute
	DefaultIntrospectionRate = 20
	MaxIntrospectionRate     = 1000

	introspectTimeout  = 5 * time.Second // a login is waiting
	introspectInFlight = 64              // requests at once
	maxAnswerBytes     = 64 << 10
	maxCachedBytes     = 16 << 10 // a longer answer is not kept
	cachedAnswers      = 1024
	cachedRefusals     = 4096
	refusalTTL         = 5 * time.Second
)

// IntrospectionConfig describes an endpoint that tells about tokens (RFC 7662).
type IntrospectionConfig struct {
	URL          string // https
	ClientID     string
	ClientSecret string
	AuthMethod   string // ClientSecretBasic, also for "", or ClientSecretPost
	CAPEM        string // as in Config
	Proxy        string // as in Config

	// CacheTTL is the longest time that an answer is used: 1 s to 10 min, 0
	// means 60 s. It is how long a token that the issuer revokes lives on.
	CacheTTL time.Duration

	// Rate is how many requests a second logins may cause, and how many at
	// once: 1 to 1000, 0 means 20.
	Rate int

	Logger Logger           // nil: silence
	Now    func() time.Time // nil: time.Now
}

// withDefaults checks the configuration. Errors name the issuer's fields and
// quote no value.
func (c IntrospectionConfig) withDefaults() (IntrospectionConfig, *url.URL, error) {
	u, err := parseURL("introspection_url", c.URL)
	switch {
	case err != nil:
		return c, nil, err
	case u.Scheme != "https":
		return c, nil, errors.New("introspection_url must begin with https://: tokens and the client's secret must not cross the network in the clear")
	case c.ClientID == "" || c.ClientSecret == "":
		return c, nil, errors.New("introspection_client_id and introspection_client_secret must be set: an endpoint that anybody may ask would tell strangers which tokens are good")
	}
	if c.AuthMethod == "" {
		c.AuthMethod = ClientSecretBasic
	}
	if c.AuthMethod != ClientSecretBasic && c.AuthMethod != ClientSecretPost {
		return c, nil, fmt.Errorf("introspection_auth_method must be %q or %q", ClientSecretBasic, ClientSecretPost)
	}
	if c.CacheTTL == 0 {
		c.CacheTTL = DefaultIntrospectionTTL
	}
	if c.CacheTTL < time.Second || c.CacheTTL > MaxIntrospectionTTL {
		return c, nil, fmt.Errorf("introspection_cache_ttl must be between %v and %v", time.Second, MaxIntrospectionTTL)
	}
	if c.Rate == 0 {
		c.Rate = DefaultIntrospectionRate
	}
	if c.Rate < 1 || c.Rate > MaxIntrospectionRate {
		return c, nil, fmt.Errorf("introspection_rate must be between 1 and %d requests a second", MaxIntrospectionRate)
	}
	if c.Logger == nil {
		c.Logger = silence{}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, u, nil
}
