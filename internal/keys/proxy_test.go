// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// tunnel is an HTTP proxy that connects everybody to one place, wherever they
// want to go.
type tunnel struct {
	*server
	to     string // host:port
	status int    // what CONNECT is answered with

	mu   sync.Mutex
	seen []http.Header
	want []string // hosts that were asked for
}

func newTunnel(t *testing.T, to *server) *tunnel {
	t.Helper()
	p := &tunnel{to: to.Listener.Addr().String(), status: http.StatusOK}
	p.server = servePlain(t, p.serve)
	return p
}

func (p *tunnel) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.seen, p.want = append(p.seen, r.Header.Clone()), append(p.want, r.Host)
	p.mu.Unlock()
	if r.Method != http.MethodConnect || p.status != http.StatusOK {
		http.Error(w, "INTERNAL-SECRET of the proxy", p.status)
		return
	}
	there, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer there.Close()
	w.WriteHeader(http.StatusOK)
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	go func() { _, _ = io.Copy(there, here) }()
	_, _ = io.Copy(here, there)
}

// TestProxyCarriesTheFetch: the proxy is told the host and nothing else; TLS is
// with the issuer, and the name is resolved by the proxy alone.
func TestProxyCarriesTheFetch(t *testing.T) {
	var seen bearerSeen
	issuer := serveTLS(t, seen.handle(body(setText("a"))))
	proxy := newTunnel(t, issuer)
	names := &nameServer{}
	c := Config{JWKSURL: "https://example.com/keys", CAPEM: issuer.ca(), Proxy: proxy.URL, BearerTokenFile: bearerFile}

	doc, err := once(t, c, resolve(names), holding(bearerToken, nil))
	require.NoError(t, err)
	require.Equal(t, setText("a"), string(doc.body))
	require.Equal(t, []string{"example.com:443"}, proxy.want)
	require.Empty(t, names.asked)
	require.Equal(t, []string{"Bearer " + bearerToken}, seen.all())
	for name := range proxy.seen[0] {
		require.Contains(t, []string{"User-Agent"}, name, "what the proxy gets to see")
	}

	c.CAPEM = ""
	_, err = once(t, c, resolve(names), holding(bearerToken, nil))
	requireKind(t, err, KindTLS, "unknown authority")
	require.Len(t, seen.all(), 1, "a proxy that answers in the issuer's place gets no request")
}

// TestProxySettingBeatsTheEnvironment: what the operator wrote is what counts.
func TestProxySettingBeatsTheEnvironment(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"} {
		t.Setenv(name, "http://proxy.test:3128")
	}
	t.Setenv("NO_PROXY", "example.com")
	issuer := serveTLS(t, body(setText("a")))
	proxy := newTunnel(t, issuer)
	names := &nameServer{}
	_, err := once(t, Config{JWKSURL: "https://example.com/keys", CAPEM: issuer.ca(), Proxy: proxy.URL}, resolve(names))
	require.NoError(t, err)
	require.Empty(t, names.asked, "neither the issuer nor another proxy was looked up")
	require.Len(t, proxy.want, 1)
}

func TestProxyThatFails(t *testing.T) {
	issuer := serveTLS(t, body(setText("a")))
	proxy := newTunnel(t, issuer)
	c := Config{JWKSURL: "https://example.com/keys", CAPEM: issuer.ca(), Proxy: proxy.URL}
	for _, status := range []int{403, 407, 502} {
		proxy.status = status
		_, err := once(t, c)
		requireKind(t, err, KindConnect, "the proxy refuses to connect to the host")
		require.NotContains(t, err.Error(), "SECRET")
	}
	proxy.Close()
	_, err := once(t, c)
	requireKind(t, err, KindConnect, "the proxy cannot be reached; check the setting proxy")
	require.Zero(t, issuer.requests.Load())
}

// TestProxyIsDialledByTheRules: the address of the proxy is judged like any.
func TestProxyIsDialledByTheRules(t *testing.T) {
	names := &nameServer{hosts: map[string][]string{"proxy.test": {"169.254.169.254"}}}
	_, err := once(t, Config{JWKSURL: "https://example.com/keys", Proxy: "http://proxy.test:3128"}, resolve(names))
	requireKind(t, err, KindAddress, "never contacted")
}

func TestProxySettings(t *testing.T) {
	for setting, want := range map[string]string{
		"":                           "",
		ProxyEnvironment:             "",
		"http://proxy.test:3128":     "",
		"https://proxy.test":         "",
		"http://10.0.0.1:3128":       "",
		"Environment":                "proxy must begin with https:// (or http://)",
		"proxy.test:3128":            "proxy ",
		"socks5://proxy.test":        "proxy must begin with https:// (or http://)",
		"http://u:SECRET@proxy.test": "proxy must not hold a user name or password",
		"http://169.254.169.254":     "proxy: the address is link-local",
		"http://":                    "proxy names no host",
	} {
		_, err := New(Config{JWKSURL: "https://idp.test", Proxy: setting})
		if want == "" {
			require.NoError(t, err, setting)
			continue
		}
		require.ErrorContains(t, err, want, setting)
		require.False(t, strings.Contains(err.Error(), "SECRET"))
	}
}
