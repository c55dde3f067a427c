// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCanonicalURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://a.test/v1/auth/ci/login":      "https://a.test/v1/auth/ci/login",
		"HTTPS://A.Test:443/v1":                "https://a.test/v1",
		"http://a.test:80/":                    "http://a.test/",
		"http://a.test:443/":                   "http://a.test:443/",
		"https://a.test:/x":                    "https://a.test/x",
		"https://a.test":                       "https://a.test/",
		"https://[2001:DB8::1]:8200/x":         "https://[2001:db8::1]:8200/x",
		"https://[0:0:0:0:0:0:0:1]/x":          "https://[::1]/x",
		"https://127.0.0.1:8200/v1":            "https://127.0.0.1:8200/v1",
		"https://a.test/%7euser/%2f%c3%A9":     "https://a.test/~user/%2F%C3%A9",
		"https://a.test/v1/team%20a/auth/b/l":  "https://a.test/v1/team%20a/auth/b/l",
		"https://a.test/a//b/":                 "https://a.test/a//b/",
		"https://a.test/a:b@c;d=e,f!$&'()*+-_": "https://a.test/a:b@c;d=e,f!$&'()*+-_",
	} {
		got, ok := canonicalURL(in)
		require.True(t, ok, in)
		require.Equal(t, want, got)
		again, ok := canonicalURL(got)
		require.True(t, ok)
		require.Equal(t, got, again, "the form is its own")
	}
	for _, in := range []string{
		"", "/", "a.test/x", "//a.test/x", "https:/a.test", "https://", "https:///x", "ftp://a.test/", "https://a.test/x?", "https://a.test/x?a=b", "https://a.test/x#", "https://a.test?x",
		"https://user@a.test/", "https://user:p@a.test/", "https://a.test:0/", "https://a.test:08200/", "https://a.test:820000/", "https://a.test:82a/", "https://a.test:8200:1/", "https://[::1/", "https://::1]/", "https://[g]/", "https://[1.2.3.4]/", "https://[fe80::1%25eth0]/", "https://[::1]]/",
		"https://a.test/../x", "https://a.test/a/./b", "https://a.test/%2e%2E/x", "https://a.test/%", "https://a.test/%2", "https://a.test/%zz", "https://a.test/%\x10\x11", "https://a.test/ x", "https://a.test/x\n", " https://a.test/",
		"https://a.test/é", "https://é.test/", "https://a\\.test/", "https://a.test\\x", "https://a.test/\x00", "https://a.test/<", "https://a%2etest/",
		"https://a.test/" + strings.Repeat("a", 2048),
	} {
		_, ok := canonicalURL(in)
		require.False(t, ok, in)
	}
}

// What is accepted means the same to the standard library, before and after.
func FuzzCanonicalURL(f *testing.F) {
	for _, seed := range []string{proofURL, "http://A:80", "https://[::1]:1/%7e%2f", "https://a/%2e%2e", "https://a:b@c/", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, ok := canonicalURL(in)
		if !ok {
			return
		}
		again, ok := canonicalURL(got)
		require.True(t, ok && again == got, "not its own form: %q", got)
		before, err := url.Parse(in)
		require.NoError(t, err)
		after, err := url.Parse(got)
		require.NoError(t, err)
		if !strings.Contains(in, "[") {
			require.Equal(t, strings.ToLower(before.Hostname()), after.Hostname())
		}
		require.True(t, before.Path == after.Path || before.Path == "" && after.Path == "/")
		require.Empty(t, before.RawQuery+before.Fragment)
		require.Nil(t, before.User)
	})
}
