// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

const wellKnown = "/.well-known/openid-configuration"

// parseURL reads the URL of a document. Errors name the field and not the
// URL, which may hold a password.
func parseURL(field, raw string) (*url.URL, error) {
	if len(raw) > maxURLBytes {
		return nil, fmt.Errorf("%s is longer than %d bytes", field, maxURLBytes)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s is not a valid URL", field)
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%s must begin with https:// (or http://)", field)
	case u.Hostname() == "":
		return nil, fmt.Errorf("%s names no host", field)
	case u.User != nil:
		return nil, fmt.Errorf("%s must not hold a user name or password", field)
	case strings.Contains(raw, "#"):
		return nil, fmt.Errorf("%s must not have a fragment (#)", field)
	}
	if p := u.Port(); p != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("%s has a port that is not a number from 1 to 65535", field)
		}
	}
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil && classify(addr) == neverClass {
		return nil, fmt.Errorf("%s: %w", field, errNever)
	}
	return u, nil
}

// discoveryDocument returns where the document of an issuer is (OpenID Connect
// Discovery 1.0, section 4).
func discoveryDocument(issuer string) (*url.URL, error) {
	const field = "oidc_discovery_url"
	u, err := parseURL(field, issuer)
	if err != nil {
		return nil, err
	}
	if u.RawQuery != "" || u.ForceQuery {
		return nil, fmt.Errorf("%s must not have a query (?)", field)
	}
	if strings.HasSuffix(strings.TrimSuffix(issuer, "/"), wellKnown) {
		return nil, fmt.Errorf("%s must be the issuer's base URL, without %s", field, wellKnown)
	}
	return parseURL(field, strings.TrimSuffix(issuer, "/")+wellKnown)
}

// label names the host of u in errors and logs. Part of what it is asked about
// was written by the issuer, so only letters that host names have pass.
func label(u *url.URL) string {
	for _, c := range u.Host {
		if !strings.ContainsRune("-._:[]", c) && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return "the issuer"
		}
	}
	return u.Host
}
