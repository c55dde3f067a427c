// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys_test

import (
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// document is a JWK Set with the key of RFC 8037, appendix A.2.
const document = `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`

func issuer(t testing.TB) (url, ca string, requests *atomic.Int64) {
	t.Helper()
	requests = &atomic.Int64{}
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		_, _ = io.WriteString(w, document)
	}))
	t.Cleanup(s.Close)
	block := &pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}
	return s.URL + "/keys", string(pem.EncodeToMemory(block)), requests
}

func TestLifeOfASource(t *testing.T) {
	url, ca, requests := issuer(t)
	s, err := keys.New(keys.Config{JWKSURL: url, CAPEM: ca, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer s.Close()
	require.Nil(t, s.Keys(time.Now()))
	require.Zero(t, requests.Load(), "nothing is fetched before the first use")

	require.NoError(t, s.Fetch(t.Context()))
	set := s.Keys(time.Now())
	require.Len(t, set.Keys(), 1)
	status := s.Status()
	require.Equal(t, url, status.URL)
	require.Equal(t, "a", status.Keys[0].ID)
	require.Equal(t, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", status.Keys[0].Thumbprint) // RFC 8037, appendix A.3
	require.WithinRange(t, status.NextRefresh, time.Now().Add(4*time.Minute), time.Now().Add(5*time.Minute))

	s.Close()
	s.Close()
	require.Error(t, s.Fetch(t.Context()))
	require.EqualValues(t, 1, requests.Load())
	require.Same(t, set, s.Keys(time.Now()))
}

func TestThousandBadTokens(t *testing.T) { // K18, over the wire
	url, ca, requests := issuer(t)
	s, err := keys.New(keys.Config{JWKSURL: url, CAPEM: ca})
	require.NoError(t, err)
	defer s.Close()
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() { s.Renew(t.Context(), s.Keys(time.Now())) })
	}
	all.Wait()
	require.NotNil(t, s.Keys(time.Now()))
	require.Positive(t, requests.Load())
	require.LessOrEqual(t, requests.Load(), int64(3))
}

// fetched returns so many sources that have keys.
func fetched(b *testing.B, n int) []*keys.Source {
	b.Helper()
	url, ca, _ := issuer(b)
	sources := make([]*keys.Source, n)
	for i := range sources {
		s, err := keys.New(keys.Config{JWKSURL: url, CAPEM: ca})
		require.NoError(b, err)
		b.Cleanup(s.Close)
		require.NoError(b, s.Fetch(b.Context()))
		sources[i] = s
	}
	return sources
}

func BenchmarkKeys(b *testing.B) {
	s, now := fetched(b, 1)[0], time.Now()
	b.ReportAllocs()
	for b.Loop() {
		if s.Keys(now) == nil {
			b.Fatal("no keys")
		}
	}
}

func BenchmarkMultiKeysOf64(b *testing.B) {
	m, now := keys.NewMulti(fetched(b, 64)...), time.Now()
	b.ReportAllocs()
	for b.Loop() {
		if m.Keys(now) == nil {
			b.Fatal("no keys")
		}
	}
}

func TestKeysAllocatesNothing(t *testing.T) {
	url, ca, _ := issuer(t)
	s, err := keys.New(keys.Config{JWKSURL: url, CAPEM: ca})
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Fetch(t.Context()))
	m, now := keys.NewMulti(s, s), time.Now()
	require.NotNil(t, m.Keys(now))
	require.Zero(t, testing.AllocsPerRun(100, func() { s.Keys(now); m.Keys(now) }))
}
