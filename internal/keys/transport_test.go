// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const secret = "INTERNAL-SECRET"

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, secret)
	}
}

// raw answers with bytes of its own and then does f with the connection.
func raw(head string, f func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, head)
		f(conn)
	}
}

// drip writes a byte now and then until the other side is gone.
func drip(conn net.Conn) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := io.WriteString(conn, "x"); err != nil {
			return
		}
	}
}

func hangUp(net.Conn) {}

func reset(conn net.Conn) {
	if c, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = c.NetConn()
	}
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

func TestAnswersThatAreRefused(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	cases := map[string]struct {
		handler http.HandlerFunc
		kind    Kind
		part    string
		http1   bool // the handler needs the connection
	}{
		"500 with a body":      {status(500), KindStatus, "status 500", false}, // K14
		"404":                  {status(404), KindStatus, "status 404", false},
		"403":                  {status(403), KindStatus, "status 403", false},
		"201":                  {status(201), KindStatus, "status 201", false},
		"204":                  {status(204), KindStatus, "status 204", false},
		"304":                  {status(304), KindRedirect, "status 304", false},
		"gzip bomb":            {gzipBomb, KindEncoding, "compressed", false}, // K9
		"gzip, said late":      {encodings("identity", "gzip"), KindEncoding, "compressed", false},
		"gzip after nothing":   {encodings("", "gzip"), KindEncoding, "compressed", false},
		"long, and it says so": {announced, KindTooLong, "512 KiB", false},
		"hang":                 {hangs, KindTimeout, "waiting for the answer", false}, // K10
		"hang in the body":     {hangsInBody, KindTimeout, "reading the answer", false},
		"drip in the head":     {raw(ok+"X-A: ", drip), KindTimeout, "waiting for the answer", true},
		"drip in the body":     {raw(ok+"Content-Length: 9000\r\n\r\n", drip), KindTimeout, "reading the answer", true},
		"cut off":              {raw(ok+"Content-Length: 9000\r\n\r\n{", hangUp), KindCutOff, "cut off", true},
		"cut off, chunked":     {raw(ok+"Transfer-Encoding: chunked\r\n\r\n5\r\n{\"k", hangUp), KindCutOff, "cut off", true},
		"reset in the body":    {raw(ok+"Content-Length: 9000\r\n\r\n{", reset), KindCutOff, "cut off", true},
		"reset before":         {raw("", reset), KindConnect, "waiting for the answer", true},
		"not HTTP":             {raw("SSH-2.0-"+secret+"\r\n", hangUp), KindConnect, "not an HTTP server", true},
		"endless head":         {raw(ok+"X: "+strings.Repeat("x", 1<<20), hangUp), KindConnect, "waiting for the answer", true},
		"unknown coding":       {raw(ok+"Transfer-Encoding: gzip\r\n\r\n", hangUp), KindConnect, "waiting for the answer", true},
	}
	for name, c := range cases {
		for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
			var options []serverOption
			if protocol == "HTTP/2" {
				options = append(options, withHTTP2)
			}
			if c.http1 && options != nil {
				continue
			}
			t.Run(name+" "+protocol, func(t *testing.T) {
				t.Parallel()
				s := serveTLS(t, c.handler, options...)
				fetch := func(c Config) (document, error) { return once(t, c) }
				if c.kind == KindTimeout {
					fetch = func(c Config) (document, error) { return hurried(t, c) }
				}
				_, err := fetch(Config{JWKSURL: s.URL + "/keys?key=" + secret, CAPEM: s.ca()})
				requireKind(t, err, c.kind, c.part)
				require.NotContains(t, err.Error(), secret)
				require.Contains(t, err.Error(), "JWK Set of "+s.Listener.Addr().String())
				require.EqualValues(t, 1, s.requests.Load())
			})
		}
	}
}

func TestAnswersThatAreAccepted(t *testing.T) {
	padded := setText("a") + strings.Repeat(" ", maxSetBytes-len(setText("a")))
	cases := map[string]http.HandlerFunc{
		"plain":             body(setText("a")),
		"identity":          encodings("identity"),
		"empty encoding":    encodings(""),
		"as long as may be": body(padded),
		"chunked": func(w http.ResponseWriter, _ *http.Request) {
			for _, part := range strings.SplitAfter(setText("a"), ",") {
				_, _ = io.WriteString(w, part)
				_ = http.NewResponseController(w).Flush()
			}
		},
	}
	for name, h := range cases {
		for major, options := range map[int64][]serverOption{1: nil, 2: {withHTTP2}} {
			t.Run(fmt.Sprint(name, " HTTP/", major), func(t *testing.T) {
				s := serveTLS(t, h, options...)
				doc, err := once(t, Config{JWKSURL: s.URL, CAPEM: s.ca()})
				require.NoError(t, err)
				require.Equal(t, setText("a"), strings.TrimRight(string(doc.body), " "))
				require.Equal(t, major, s.major.Load())
			})
		}
	}
	s := serveTLS(t, body(padded+" "))
	_, err := once(t, Config{JWKSURL: s.URL, CAPEM: s.ca()})
	requireKind(t, err, KindTooLong, "512 KiB")
}

func encodings(codings ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Encoding"] = codings
		_, _ = io.WriteString(w, setText("a"))
	}
}

func gzipBomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	_ = http.NewResponseController(w).Flush()
	z := gzip.NewWriter(w)
	defer z.Close()
	for range 16 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
}

func announced(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", fmt.Sprint(256<<20))
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func hangs(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func hangsInBody(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, `{"keys":[`)
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// expiring is a context whose time is up when it has been asked a few times.
type expiring struct {
	context.Context
	left int
}

func (c *expiring) Err() error {
	if c.left--; c.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// An answer that comes while its time runs out is late, whatever it says, and
// whether its head or its body was late. The request has a life of its own here, so
// that net/http hands the answer out.
func TestLateAnswerIsATimeout(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"answer": body(`{"keys":[]}`),
		"empty":  func(http.ResponseWriter, *http.Request) {},
		"error":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
	} {
		s := serveTLS(t, handler)
		w, err := newWeb(Config{CAPEM: s.ca()})
		require.NoError(t, err)
		exchange := func(ctx context.Context) ([]byte, error) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
			require.NoError(t, err)
			answer, _, err := w.visit(t.Context()).exchange(ctx, "answer of x", request, maxSetBytes)
			return answer, err
		}
		_, err = exchange(&expiring{t.Context(), 0})
		requireKind(t, err, KindTimeout, "timed out")
		_, err = exchange(&expiring{t.Context(), 1})
		answer, fine := exchange(t.Context())
		if name == "error" {
			requireKind(t, err, KindStatus, "500") // which is known before the body
			requireKind(t, fine, KindStatus, "500")
			continue
		}
		requireKind(t, err, KindTimeout, "timed out reading the answer")
		require.NoError(t, fine, name)
		require.Equal(t, name == "answer", len(answer) > 0)
	}
}

func TestStreamIsStoppedAtTheLimit(t *testing.T) { // K9
	for _, options := range [][]serverOption{nil, {withHTTP2}} {
		var sent atomic.Int64
		stopped := make(chan struct{})
		s := serveTLS(t, func(w http.ResponseWriter, _ *http.Request) {
			defer close(stopped)
			block := make([]byte, 64<<10)
			for sent.Load() < 256<<20 {
				n, err := w.Write(block)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		}, options...)
		_, err := once(t, Config{JWKSURL: s.URL, CAPEM: s.ca()})
		requireKind(t, err, KindTooLong, "longer than 512 KiB")
		<-stopped
		require.Less(t, sent.Load(), int64(32<<20), "beyond the limit there is only what the kernel buffered")
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) { // K11
	inner := serveTLS(t, body(setText("a")))
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{"/other", inner.URL, "http://169.254.169.254/latest/meta-data", "http://127.0.0.1/", "/keys"} {
			s := serveTLS(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, code) })
			_, err := once(t, Config{JWKSURL: s.URL + "/keys", CAPEM: s.ca() + inner.ca()})
			requireKind(t, err, KindRedirect, "redirect")
			require.NotContains(t, err.Error(), to)
			require.EqualValues(t, 1, s.requests.Load())
		}
	}
	require.Zero(t, inner.requests.Load())
	_, err := once(t, Config{JWKSURL: inner.URL, CAPEM: inner.ca()})
	require.NoError(t, err)
}

func TestConnectionsThatFail(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	_, err = once(t, Config{JWKSURL: "https://" + closed.Addr().String()})
	requireKind(t, err, KindConnect, "connection refused")

	plain := servePlain(t, body(setText("a")))
	_, err = once(t, Config{JWKSURL: strings.Replace(plain.URL, "http", "https", 1)})
	requireKind(t, err, KindTLS, "does not speak TLS")
	_, err = once(t, Config{JWKSURL: plain.URL})
	require.NoError(t, err)

	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and never says a word
	require.NoError(t, err)
	defer silent.Close()
	_, err = hurried(t, Config{JWKSURL: "https://" + silent.Addr().String()})
	requireKind(t, err, KindTimeout, "in the TLS handshake")
}

func TestRequestSaysNoMoreThanItMust(t *testing.T) { // K22
	t.Setenv("NETRC", "testdata/none")
	var heads []http.Header
	s := &server{}
	s = serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		heads = append(heads, r.Header)
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
		if strings.HasSuffix(r.URL.Path, wellKnown) {
			fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, s.URL, s.URL+"/keys")
			return
		}
		_, _ = io.WriteString(w, setText("a"))
	})
	for range 2 {
		_, err := once(t, Config{DiscoveryURL: s.URL, CAPEM: s.ca()})
		require.NoError(t, err)
	}
	require.Len(t, heads, 4)
	for _, h := range heads {
		require.Equal(t, http.Header{
			"Accept":          {"application/json, application/jwk-set+json"},
			"Accept-Encoding": {"identity"},
			"User-Agent":      {"vault-plugin-auth-claims"},
			"Connection":      {"close"},
		}, h)
	}
}

// The handshake would go on for 5 s, for another request to use its fruit.
func TestNoConnectionOutlivesItsFetch(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.Copy(io.Discard, conn) // ends when the other side closes
	}()
	began := time.Now()
	_, err = fetchIn(t, time.Second, Config{JWKSURL: "https://" + l.Addr().String()})
	requireKind(t, err, KindTimeout, "in the TLS handshake")
	<-gone
	require.Less(t, time.Since(began), handshakeTimeout/2)
}
