// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// server is a local HTTP or HTTPS server that counts requests.
type server struct {
	*httptest.Server
	requests atomic.Int64
	major    atomic.Int64 // HTTP version of the last request
}

type serverOption func(*httptest.Server)

func withHTTP2(s *httptest.Server) { s.EnableHTTP2 = true }

func listenOn(t *testing.T, host string) serverOption {
	return func(s *httptest.Server) {
		l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			t.Skipf("this machine cannot listen on %s: %v", host, err)
		}
		require.NoError(t, s.Listener.Close())
		s.Listener = l
	}
}

func newServer(t *testing.T, h http.HandlerFunc, options ...serverOption) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		s.major.Store(int64(r.ProtoMajor))
		h(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	for _, o := range options {
		o(s.Server)
	}
	t.Cleanup(s.Close)
	return s
}

func serveTLS(t *testing.T, h http.HandlerFunc, options ...serverOption) *server {
	t.Helper()
	s := newServer(t, h, options...)
	s.StartTLS()
	return s
}

func servePlain(t *testing.T, h http.HandlerFunc, options ...serverOption) *server {
	t.Helper()
	s := newServer(t, h, options...)
	s.Start()
	return s
}

// ca is the PEM that makes the server's certificate trusted.
func (s *server) ca() string {
	if s.Certificate() == nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

func body(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// once makes one fetch with the limits of the product.
func once(t *testing.T, c Config, change ...func(*web)) (document, error) {
	t.Helper()
	return fetchIn(t, fetchTimeout, c, change...)
}

// hurried makes one fetch that is meant to time out.
func hurried(t *testing.T, c Config) (document, error) {
	t.Helper()
	return fetchIn(t, 3*time.Second, c, func(w *web) { w.timeouts.header = time.Second })
}

func fetchIn(t *testing.T, total time.Duration, c Config, change ...func(*web)) (document, error) {
	t.Helper()
	p, err := parsePlace(c)
	require.NoError(t, err)
	w, err := newWeb(c)
	require.NoError(t, err)
	for _, f := range change {
		f(w)
	}
	ctx, cancel := context.WithTimeout(t.Context(), total)
	defer cancel()
	return w.fetcher(p)(ctx)
}

// requireKind asserts that err is a failure of that kind whose text has part.
func requireKind(t *testing.T, err error, kind Kind, part string) {
	t.Helper()
	var f *Failure
	require.ErrorAs(t, err, &f)
	require.Equal(t, kind, f.Kind, f.Error())
	require.Contains(t, f.Error(), part)
}
