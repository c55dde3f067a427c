// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// document is what a fetch brings home: a body that is yet to be judged.
type document struct {
	body   []byte
	url    string        // where it was
	maxAge time.Duration // what Cache-Control grants, 0 if it does not say
}

// fetcher asks the issuer once. It ends with its context, and its error is a
// *Failure.
type fetcher func(context.Context) (document, error)

// place is what the operator wrote down: a JWK Set or an issuer.
type place struct {
	keys      *url.URL // nil if discovered
	discovery *url.URL
	issuer    string
}

func parsePlace(c Config) (place, error) {
	if c.JWKSURL != "" {
		field := "jwks_url"
		if c.Bundle {
			field = "spiffe_bundle_url"
		}
		u, err := parseURL(field, c.JWKSURL)
		return place{keys: u}, err
	}
	u, err := discoveryDocument(c.DiscoveryURL)
	return place{discovery: u, issuer: c.DiscoveryURL}, err
}

func (p place) label() string {
	if p.keys != nil {
		return label(p.keys)
	}
	return label(p.discovery)
}

// fetcher returns what fetches the keys at p. The discovery document is read
// anew each time, so that an issuer may move its keys.
func (w *web) fetcher(p place) fetcher {
	return func(ctx context.Context) (document, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		v := w.visit(ctx)
		u := p.keys
		if u == nil {
			t := target("discovery document of " + label(p.discovery))
			body, _, err := v.get(ctx, t, p.discovery, maxDiscoveryBytes)
			if err != nil {
				return document{}, err
			}
			if u, err = keysURL(t, body, p.issuer, p.discovery); err != nil {
				return document{}, err
			}
			v.guard.stayPublic()
		}
		body, header, err := v.get(ctx, setOf(label(u)), u, maxSetBytes)
		if err != nil {
			return document{}, err
		}
		return document{body: body, url: u.String(), maxAge: maxAge(header)}, nil
	}
}

func setOf(host string) target { return target("JWK Set of " + host) }

// maxAge reads Cache-Control (RFC 9111, section 5.2.2.1). "no-store",
// "no-cache" and an age of 0 cannot be followed by somebody who has to keep the
// keys; issuers send them without meaning it, and they count as silence.
func maxAge(h http.Header) time.Duration {
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(name, "max-age") {
			continue
		}
		seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
		if err != nil {
			return 0
		}
		return time.Duration(seconds) * time.Second
	}
	return 0
}
