// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestURLsThatAreRefused(t *testing.T) { // K12
	cases := map[string]string{
		"idp.test/keys":                                 "must begin with https",
		"//idp.test/keys":                               "must begin with https",
		"/keys":                                         "must begin with https",
		"file:///etc/passwd":                            "must begin with https",
		"gopher://idp.test/":                            "must begin with https",
		"unix:///run/sock":                              "must begin with https",
		"javascript:alert(1)":                           "must begin with https",
		"data:application/json,{}":                      "must begin with https",
		"https:idp.test":                                "names no host",
		"https:///keys":                                 "names no host",
		"https://:443/keys":                             "names no host",
		"https://user:INTERNAL-SECRET@idp.test/":        "user name or password",
		"https://INTERNAL-SECRET@idp.test/":             "user name or password",
		"https://@idp.test/":                            "user name or password",
		"https://idp.test/keys#INTERNAL-SECRET":         "fragment",
		"https://idp.test/keys#":                        "fragment",
		"https://idp.test:0/":                           "port",
		"https://idp.test:65536/":                       "port",
		"https://idp.test:/":                            "port",
		"https://idp.test:INTERNAL-SECRET/":             "not a valid URL",
		"https://INTERNAL SECRET/":                      "not a valid URL",
		" https://idp.test/":                            "not a valid URL",
		"https://idp.test/\x00":                         "not a valid URL",
		"https://idp.test/%zz":                          "not a valid URL",
		"https://[::1/":                                 "not a valid URL",
		"https://169.254.169.254/latest":                "never contacted",
		"https://[::ffff:169.254.169.254]/":             "never contacted",
		"https://[fe80::1%25eth0]/":                     "never contacted",
		"https://[fd00:ec2::254]/":                      "never contacted",
		"http://100.100.100.200/":                       "never contacted",
		"http://0.0.0.0/":                               "never contacted",
		"https://[::]/":                                 "never contacted",
		"https://idp.test/" + strings.Repeat("x", 2048): "longer than 2048 bytes",
	}
	for url, want := range cases {
		_, err := New(Config{JWKSURL: url})
		require.ErrorContains(t, err, "jwks_url", url)
		require.ErrorContains(t, err, want, url)
		require.NotContains(t, err.Error(), "INTERNAL")
		_, err = New(Config{DiscoveryURL: url})
		require.ErrorContains(t, err, "oidc_discovery_url", url)
		require.ErrorContains(t, err, want, url)
	}
	for _, url := range []string{
		"https://idp.test/?p=b2c", "https://idp.test?p=b2c",
	} {
		_, err := New(Config{JWKSURL: url})
		require.NoError(t, err)
		_, err = New(Config{DiscoveryURL: url})
		require.ErrorContains(t, err, "query")
	}
	_, err := New(Config{DiscoveryURL: "https://idp.test" + wellKnown})
	require.ErrorContains(t, err, "base URL")
}

func TestURLsThatAreAccepted(t *testing.T) {
	for _, url := range []string{
		"https://idp.test", "https://idp.test/", "https://idp.test/realms/one", "http://idp.test:8080/x", "HTTPS://IDP.test",
		"https://127.0.0.1:8443", "http://localhost:8080/x", "https://[::1]:8443/", "https://10.1.2.3/x", "https://idp.test:65535",
	} {
		_, err := New(Config{JWKSURL: url})
		require.NoError(t, err, url)
		_, err = New(Config{DiscoveryURL: url})
		require.NoError(t, err, url)
	}
}

func TestDiscoveryDocumentURL(t *testing.T) {
	for issuer, want := range map[string]string{
		"https://idp.test":            "https://idp.test/.well-known/openid-configuration",
		"https://idp.test/":           "https://idp.test/.well-known/openid-configuration",
		"https://idp.test/realms/one": "https://idp.test/realms/one/.well-known/openid-configuration",
	} {
		u, err := discoveryDocument(issuer)
		require.NoError(t, err)
		require.Equal(t, want, u.String())
	}
}

func TestConfigBounds(t *testing.T) {
	const day = 24 * time.Hour
	cases := []struct {
		refresh, stale time.Duration
		want           string
	}{
		{0, 0, ""},
		{time.Second, time.Second, ""},
		{day, 0, ""},
		{day, 30 * day, ""},
		{time.Second - 1, 0, "jwks_refresh_interval"},
		{-1, 0, "jwks_refresh_interval"},
		{day + 1, 0, "jwks_refresh_interval"},
		{time.Hour, time.Hour - 1, "jwks_max_stale"},
		{0, -1, "jwks_max_stale"},
		{0, 30*day + 1, "jwks_max_stale"},
	}
	for _, c := range cases {
		_, err := New(Config{JWKSURL: "https://idp.test", RefreshInterval: c.refresh, MaxStale: c.stale})
		if c.want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, c.want)
		}
	}
	for _, c := range []Config{{}, {JWKSURL: "https://a.test", DiscoveryURL: "https://a.test"}} {
		_, err := New(c)
		require.ErrorContains(t, err, "exactly one of")
	}
}

func TestLabelShowsHostsAlone(t *testing.T) {
	for host, want := range map[string]string{
		"idp.test:8443":    "idp.test:8443",
		"[::1]:1":          "[::1]:1",
		"a b":              "the issuer",
		"idp.test\n":       "the issuer",
		"\u00efdp.test":    "the issuer",
		"idp.test\x1b[31m": "the issuer",
	} {
		require.Equal(t, want, label(&url.URL{Host: host, RawQuery: secret, User: url.User(secret)}), host)
	}
}
