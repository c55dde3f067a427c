// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// discoveryOf serves a discovery document of the server at s, whose jwks_uri
// is made from the server's URL, and keys everywhere else.
func discoveryOf(s **server, keys func(issuer string) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, wellKnown) {
			_, _ = io.WriteString(w, setText("a"))
			return
		}
		issuer := (*s).URL + strings.TrimSuffix(r.URL.Path, wellKnown)
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, issuer, keys(issuer))
	}
}

func TestDiscovery(t *testing.T) {
	s := &server{}
	s = serveTLS(t, discoveryOf(&s, func(issuer string) string { return issuer + "/keys" }))
	for _, path := range []string{"", "/realms/one", "/a/b/v2.0"} {
		doc, err := once(t, Config{DiscoveryURL: s.URL + path, CAPEM: s.ca()})
		require.NoError(t, err)
		require.Equal(t, s.URL+path+"/keys", doc.url)
		require.Equal(t, setText("a"), string(doc.body))
	}
}

func TestDiscoveryOnTwoHosts(t *testing.T) {
	keys := serveTLS(t, body(setText("a")))
	s := &server{}
	s = serveTLS(t, discoveryOf(&s, func(string) string { return keys.URL + "/oauth2/certs" }))
	doc, err := once(t, Config{DiscoveryURL: s.URL, CAPEM: s.ca()})
	require.NoError(t, err)
	require.Equal(t, keys.URL+"/oauth2/certs", doc.url)
}

func TestDiscoveryDocumentsThatAreRefused(t *testing.T) { // K15
	var text string
	s := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/keys") {
			t.Error("the keys were asked for")
		}
		_, _ = io.WriteString(w, text)
	})
	good := `{"issuer":"` + s.URL + `","jwks_uri":"` + s.URL + `/keys"}`
	change := func(from, to string) string { return strings.Replace(good, from, to, 1) }
	uri := `"jwks_uri":"` + s.URL + `/keys"`
	cases := map[string]struct {
		document string
		kind     Kind
		part     string
	}{
		"slash at the end":     {change(s.URL+`"`, s.URL+`/"`), KindIssuer, "byte for byte"},
		"letter case":          {change(`"https`, `"HTTPS`), KindIssuer, "byte for byte"},
		"other issuer":         {change(s.URL+`"`, `https://evil.test/`+secret+`"`), KindIssuer, "byte for byte"},
		"issuer missing":       {`{` + uri + `}`, KindIssuer, "byte for byte"},
		"issuer not a string":  {change(`"`+s.URL+`"`, `["`+s.URL+`"]`), KindIssuer, "byte for byte"},
		"issuer twice":         {change(`{`, `{"issuer":"`+secret+`",`), KindDocument, "twice"},
		"issuer in two cases":  {change(`{`, `{"ISSUER":"`+s.URL+`",`), KindDocument, "twice"},
		"jwks_uri twice":       {change(`{`, `{`+uri+`,`), KindDocument, "twice"},
		"jwks_uri missing":     {change(uri, `"jwks":1`), KindDocument, `"jwks_uri" is missing`},
		"jwks_uri null":        {change(uri, `"jwks_uri":null`), KindDocument, `"jwks_uri" is missing`},
		"jwks_uri empty":       {change(uri, `"jwks_uri":""`), KindDocument, "must begin with https"},
		"jwks_uri relative":    {change(uri, `"jwks_uri":"/keys"`), KindDocument, "must begin with https"},
		"jwks_uri over http":   {change(uri, `"jwks_uri":"http://127.0.0.1/keys"`), KindDocument, "must begin with https"},
		"jwks_uri on a file":   {change(uri, `"jwks_uri":"file:///etc/passwd"`), KindDocument, "must begin with https"},
		"jwks_uri with a user": {change(uri, `"jwks_uri":"https://`+secret+`@127.0.0.1/keys"`), KindDocument, "user name"},
		"jwks_uri to metadata": {change(uri, `"jwks_uri":"https://169.254.169.254/keys"`), KindDocument, "never contacted"},
		"array":                {`[` + good + `]`, KindDocument, "JSON object"},
		"HTML":                 {"<html>" + secret, KindDocument, "not valid JSON"},
		"data behind":          {good + good, KindDocument, "after the JSON value"},
		"too deep":             {change(`{`, `{"x":`+strings.Repeat("[", 20)+strings.Repeat("]", 20)+`,`), KindDocument, "deep"},
		"too long":             {good + strings.Repeat(" ", maxDiscoveryBytes), KindTooLong, "256 KiB"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			text = c.document
			_, err := once(t, Config{DiscoveryURL: s.URL, CAPEM: s.ca()})
			requireKind(t, err, c.kind, c.part)
			require.NotContains(t, err.Error(), secret)
			require.Contains(t, err.Error(), "discovery document of "+s.Listener.Addr().String())
		})
	}
}

func TestDiscoveryOverHTTPMayLeadToHTTP(t *testing.T) {
	s := &server{}
	s = servePlain(t, discoveryOf(&s, func(issuer string) string { return issuer + "/keys" }))
	_, err := once(t, Config{DiscoveryURL: s.URL})
	require.NoError(t, err)
}
