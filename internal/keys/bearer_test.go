// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// bearerToken has the form of a service account token.
const bearerToken = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ2YXVsdCJ9.c2VjcmV0LXNpZ25hdHVyZQ"

const bearerFile = "/var/run/secrets/tokens/vault"

// bearerSeen records what came in the header Authorization.
type bearerSeen struct {
	mu     sync.Mutex
	values []string
}

func (b *bearerSeen) handle(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		b.values = append(b.values, strings.Join(r.Header.Values("Authorization"), "|"))
		b.mu.Unlock()
		next(w, r)
	}
}

func (b *bearerSeen) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.values
}

// holding makes the file hold that text, or be unreadable.
func holding(token string, err error) func(*web) {
	return func(w *web) { w.bearer.read = func(string) (string, error) { return token, err } }
}

func TestBearerGoesToTheConfiguredHost(t *testing.T) {
	var seen bearerSeen
	s := serveTLS(t, seen.handle(body(setText("a"))))
	_, err := once(t, Config{JWKSURL: s.URL, CAPEM: s.ca(), BearerTokenFile: bearerFile}, holding(bearerToken, nil))
	require.NoError(t, err)
	_, err = once(t, Config{JWKSURL: s.URL, CAPEM: s.ca()}, holding(bearerToken, nil))
	require.NoError(t, err)
	require.Equal(t, []string{"Bearer " + bearerToken, ""}, seen.all(), "with the setting, and without it")
}

// TestBearerGoesNowhereElse: the discovery document is the issuer's word, and
// must not be able to send the token to another host, or to another port of
// the same.
func TestBearerGoesNowhereElse(t *testing.T) {
	const with = "Bearer " + bearerToken
	for name, c := range map[string]struct {
		uri         func(self, other string) string
		here, there []string
	}{
		"same host":    {func(self, _ string) string { return self + "/openid/v1/jwks" }, []string{with, with}, nil},
		"another port": {func(_, other string) string { return other }, []string{with}, []string{""}},
		"another name": {func(self, _ string) string { return strings.Replace(self, "127.0.0.1", "example.com", 1) }, []string{with, ""}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var here, there bearerSeen
			other := serveTLS(t, there.handle(body(setText("a"))))
			var s *server
			s = serveTLS(t, here.handle(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, wellKnown) {
					_, _ = io.WriteString(w, `{"issuer":"`+s.URL+`","jwks_uri":"`+c.uri(s.URL, other.URL)+`"}`)
					return
				}
				_, _ = io.WriteString(w, setText("a"))
			}))
			n := &nameServer{hosts: map[string][]string{"example.com": {"127.0.0.1"}}}
			_, err := once(t, Config{DiscoveryURL: s.URL, CAPEM: s.ca() + other.ca(), BearerTokenFile: bearerFile}, holding(bearerToken, nil), resolve(n))
			require.NoError(t, err)
			require.Equal(t, c.here, here.all())
			require.Equal(t, c.there, there.all())
		})
	}
}

func TestBearerNeedsTLS(t *testing.T) {
	for _, c := range []Config{
		{JWKSURL: "http://127.0.0.1:1/keys", BearerTokenFile: bearerFile},
		{DiscoveryURL: "http://127.0.0.1:1", BearerTokenFile: bearerFile},
	} {
		_, err := New(c)
		require.ErrorContains(t, err, "bearer_token_file needs a URL that begins with https://")
		c.BearerTokenFile = ""
		_, err = New(c)
		require.NoError(t, err)
	}
}

// TestBearerIsNotSentWhenItCannotBeRead: there is no request without it.
func TestBearerIsNotSentWhenItCannotBeRead(t *testing.T) {
	s := serveTLS(t, body(setText("a")))
	_, err := once(t, Config{JWKSURL: s.URL, CAPEM: s.ca(), BearerTokenFile: bearerFile}, holding("", errors.New("bearer_token_file cannot be read")))
	requireKind(t, err, KindToken, "bearer_token_file cannot be read")
	require.Zero(t, s.requests.Load())
}

// TestBearerIsInNoErrorAndNoLog fails fetches in many ways.
func TestBearerIsInNoErrorAndNoLog(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"status": func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, r.Header.Get("Authorization"), http.StatusForbidden)
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+r.Header.Get("Authorization"), http.StatusFound)
		},
		"echo":  func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Header.Get("Authorization")) },
		"abort": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		s := serveTLS(t, h)
		c := Config{JWKSURL: s.URL, CAPEM: s.ca(), BearerTokenFile: bearerFile, Logger: &logbook{}}
		source, err := New(c)
		require.NoError(t, err)
		w, err := newWeb(c)
		require.NoError(t, err)
		holding(bearerToken, nil)(w)
		p, err := parsePlace(c)
		require.NoError(t, err)
		source.fetch = w.fetcher(p)

		err = source.Fetch(t.Context())
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), bearerToken[:20], name)
		require.NotContains(t, source.Status().LastError, bearerToken[:20], name)
		source.Close()
		require.NotEmpty(t, c.Logger.(*logbook).text())
		require.NotContains(t, c.Logger.(*logbook).text(), bearerToken[:20], name)
	}
}

// TestBearerIsReadForEachFetch: Kubernetes renews the token in the file.
func TestBearerIsReadForEachFetch(t *testing.T) {
	var seen bearerSeen
	s := serveTLS(t, seen.handle(body(setText("a"))))
	tokens := []string{"a.b.c", "d.e.f"}
	for _, token := range tokens {
		_, err := once(t, Config{JWKSURL: s.URL, CAPEM: s.ca(), BearerTokenFile: bearerFile}, holding(token, nil))
		require.NoError(t, err)
	}
	require.Equal(t, []string{"Bearer a.b.c", "Bearer d.e.f"}, seen.all())
}

func TestBearerFilePaths(t *testing.T) {
	for name, ok := range map[string]bool{
		PodTokenFile:                      true,
		bearerFile:                        true,
		"/run/secrets/x":                  true,
		"/var/run/secrets/":               false,
		"/var/run/secrets":                false,
		"/run/secrets":                    false,
		"/var/run/secrets/../shadow":      false,
		"/var/run/secrets/./x":            false,
		"/var/run/secrets//x":             false,
		"/var/run/secrets/x/":             false,
		"/var/run/secretsx/y":             false,
		"/etc/shadow":                     false,
		"/vault/config/vault.hcl":         false,
		"var/run/secrets/x":               false,
		"/proc/self/root/var/run/secrets": false,
		"":                                false,
		"pod":                             false,
	} {
		err := CheckTokenFile(name)
		require.Equal(t, ok, err == nil, name)
		if name == "" {
			continue // no file is no bearer
		}
		_, err = New(Config{JWKSURL: "https://idp.test", BearerTokenFile: name})
		require.Equal(t, ok, err == nil, name)
		if !ok {
			require.ErrorContains(t, err, "bearer_token_file must be a clean path below /var/run/secrets/")
		}
	}
}

func folder(t *testing.T, in, name string) string {
	t.Helper()
	path := filepath.Join(in, name)
	require.NoError(t, os.Mkdir(path, 0o700))
	return path
}

// TestBearerFileContent plays the folder of secrets in a temporary one.
func TestBearerFileContent(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	inside, outside := folder(t, root, "secrets"), folder(t, root, "outside")
	check := func(name string) error {
		if !strings.HasPrefix(name, inside+"/") {
			return errors.New("no")
		}
		return nil
	}
	put := func(dir, name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	link := func(to, name string) string {
		path := filepath.Join(inside, name)
		require.NoError(t, os.Symlink(to, path))
		return path
	}
	for _, content := range []string{bearerToken, bearerToken + "\n", " " + bearerToken + "\r\n"} {
		token, err := readToken(put(inside, "good", content), check)
		require.NoError(t, err)
		require.Equal(t, bearerToken, token)
	}
	token, err := readToken(link("good", "link"), check)
	require.NoError(t, err, "as Kubernetes mounts them")
	require.Equal(t, bearerToken, token)

	const noToken, noFile, noPlace = "does not hold a token", "cannot be read", "a link to a place that tokens are not read from"
	for path, want := range map[string]string{
		filepath.Join(inside, "missing"):                                noFile,
		link(put(outside, "token", bearerToken), "away"):                noPlace,
		link("../outside/token", "up"):                                  noPlace,
		put(inside, "password", "hunter2-SECRET"):                       noToken,
		put(inside, "two", bearerToken+"\n"+bearerToken):                noToken,
		put(inside, "header", bearerToken+"\r\nX-Evil: 1"):              noToken,
		put(inside, "empty", ""):                                        noToken,
		put(inside, "parts", "a.b"):                                     noToken,
		put(inside, "gap", "a..c"):                                      noToken,
		put(inside, "long", "a.b."+strings.Repeat("c", maxBearerBytes)): noToken,
		folder(t, inside, "folder"):                                     noToken,
	} {
		_, err := readToken(path, check)
		require.ErrorContains(t, err, want, path)
		require.NotContains(t, err.Error(), "SECRET")
		require.NotContains(t, err.Error(), bearerToken[:20])
	}
	_, err = readTokenFile(put(outside, "real", bearerToken))
	require.ErrorContains(t, err, "a link to a place that tokens are not read from", "the real folders are others")
}

// TestBearerFailureKeepsTheKeys: a token file that is gone for a while costs
// no login.
func TestBearerFailureKeepsTheKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		s := i.source(t)
		warm(t, s)
		i.change(func(i *fakeIssuer) {
			i.err = target("JWK Set of idp.test").failure(KindToken, "bearer_token_file cannot be read")
		})
		require.Error(t, s.Fetch(t.Context()))
		require.Equal(t, []string{"a"}, s.kids())
		require.Equal(t, KindToken, s.Status().LastKind)
	})
}
