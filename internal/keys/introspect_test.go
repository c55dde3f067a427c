// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// endpoint is an introspection endpoint that calls every token active but those
// that begin with "probe" or "bad".
func endpoint(t *testing.T) (*server, *atomic.Pointer[http.HandlerFunc]) {
	t.Helper()
	fault := new(atomic.Pointer[http.HandlerFunc])
	return serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		if f := fault.Load(); f != nil {
			(*f)(w, r)
			return
		}
		if id, secret, ok := r.BasicAuth(); !ok || id != "vault%2Fci" || secret != "s%3Acret+%26" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		token := r.PostFormValue("token")
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		if strings.HasPrefix(token, "probe") || strings.HasPrefix(token, "bad") {
			_, _ = io.WriteString(w, `{"active":false}`)
			return
		}
		fmt.Fprintf(w, `{"active":true,"sub":%q,"exp":2000000100}`, token)
	}), fault
}

// stopped is a clock in the hands of a test.
type stopped struct{ at atomic.Int64 }

func (c *stopped) now() time.Time          { return time.Unix(c.at.Load(), 0) }
func (c *stopped) advance(d time.Duration) { c.at.Add(int64(d.Seconds())) }

func introspecting(t *testing.T, s *server, change ...func(*IntrospectionConfig)) (*Introspector, *stopped) {
	t.Helper()
	clock := &stopped{}
	clock.at.Store(2_000_000_000)
	c := IntrospectionConfig{URL: s.URL + "/introspect", ClientID: "vault/ci", ClientSecret: "s:cret &", CAPEM: s.ca(), Now: clock.now}
	for _, f := range change {
		f(&c)
	}
	i, err := NewIntrospector(c)
	require.NoError(t, err)
	t.Cleanup(i.Close)
	return i, clock
}

func requireActive(t *testing.T, i *Introspector, token string) {
	t.Helper()
	answer, active, err := i.Introspect(t.Context(), token)
	require.NoError(t, err)
	require.True(t, active)
	require.Contains(t, answer, `"sub":"`+token+`"`)
}

func requireInactive(t *testing.T, i *Introspector, token string) {
	t.Helper()
	answer, active, err := i.Introspect(t.Context(), token)
	require.NoError(t, err)
	require.False(t, active)
	require.Empty(t, answer)
}

func TestIntrospectCachesWithinTheLifeOfTheToken(t *testing.T) {
	t.Parallel()
	s, _ := endpoint(t)
	i, clock := introspecting(t, s)
	require.NoError(t, i.Probe(t.Context()))
	requireActive(t, i, "a")
	requireActive(t, i, "a")
	require.EqualValues(t, 2, s.requests.Load())
	clock.advance(59 * time.Second)
	requireActive(t, i, "a")
	require.EqualValues(t, 2, s.requests.Load())
	clock.advance(time.Second)
	requireActive(t, i, "a")
	require.EqualValues(t, 3, s.requests.Load(), "the answer is a minute old")
	clock.advance(39 * time.Second)
	requireActive(t, i, "a")
	require.EqualValues(t, 3, s.requests.Load())
	clock.advance(time.Second)
	requireActive(t, i, "a")
	requireActive(t, i, "a")
	require.EqualValues(t, 5, s.requests.Load(), "exp is past: nothing is kept")

	requireInactive(t, i, "bad")
	requireInactive(t, i, "bad")
	require.EqualValues(t, 6, s.requests.Load())
	clock.advance(refusalTTL)
	requireInactive(t, i, "bad")
	require.EqualValues(t, 7, s.requests.Load())
	status := i.Status()
	require.EqualValues(t, 7, status.Requests)
	require.EqualValues(t, 4, status.Active)
	require.EqualValues(t, 3, status.Inactive)
	require.EqualValues(t, 4, status.Cached)
	require.Zero(t, status.Failures+status.HeldBack)
	require.Empty(t, status.LastError)
}

func TestIntrospectCacheIsBounded(t *testing.T) {
	t.Parallel()
	m, now := newAnswers(), time.Unix(2_000_000_000, 0)
	later := now.Add(time.Hour)
	for n := range 3 * cachedRefusals {
		m.put([32]byte{byte(n), byte(n >> 8), 1}, told{}, now, time.Minute)
	}
	m.put([32]byte{9}, told{active: true, body: "x", ends: later}, now, time.Minute)
	for n := range cachedAnswers - 1 {
		m.put([32]byte{byte(n), byte(n >> 8), 2}, told{active: true, body: "x", ends: later}, now, time.Minute)
	}
	require.Len(t, m.bad.values, cachedRefusals)
	require.Len(t, m.good.values, cachedAnswers)
	_, found := m.get([32]byte{9}, now)
	require.True(t, found)
	m.put([32]byte{7, 7, 7}, told{active: true, body: "x", ends: later}, now, time.Minute)
	_, found = m.get([32]byte{9}, now)
	require.False(t, found, "the first to come is the first to go")
	m.put([32]byte{9}, told{}, now, time.Minute)
	a, found := m.get([32]byte{9}, now)
	require.True(t, found && !a.active, "what is revoked is no longer good")
	for _, a := range []told{{active: true, body: "no exp"}, {active: true, body: strings.Repeat("x", maxCachedBytes+1), ends: later}} {
		m.put([32]byte{8}, a, now, time.Minute)
		_, found = m.get([32]byte{8}, now)
		require.False(t, found)
	}
}

func TestIntrospectFaults(t *testing.T) {
	t.Parallel()
	s, fault := endpoint(t)
	i, _ := introspecting(t, s, func(c *IntrospectionConfig) { c.Rate = 100 })
	inner := serveTLS(t, body(`{"active":true}`))
	answer := func(kind, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, text)
		}
	}
	type fails struct {
		handler http.HandlerFunc
		kind    Kind
		part    string
	}
	for name, c := range map[string]fails{
		"slow":         {func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-r.Context().Done() }, KindTimeout, "introspection at"},
		"huge":         {answer("application/json", `{"active":true,"a":"`+strings.Repeat("x", maxAnswerBytes)+`"}`), KindTooLong, "64 KiB"},
		"redirect":     {http.RedirectHandler(inner.URL, http.StatusTemporaryRedirect).ServeHTTP, KindRedirect, "not followed"},
		"unauthorized": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, KindStatus, "401"},
		"server error": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "INTERNAL", http.StatusInternalServerError)
		}, KindStatus, "500"},
		"created":        {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }, KindStatus, "201"},
		"HTML":           {answer("text/html", `{"active":true}`), KindDocument, "application/json"},
		"a JWT":          {answer("application/token-introspection+jwt", `{"active":true}`), KindDocument, "application/json"},
		"no type":        {answer("", `{"active":true}`), KindDocument, "application/json"},
		"no JSON":        {answer("application/json", `active`), KindDocument, "strict JSON"},
		"list":           {answer("application/json", `[{"active":true}]`), KindDocument, "strict JSON"},
		"two objects":    {answer("application/json", `{"active":true}{"active":true}`), KindDocument, "strict JSON"},
		"twice":          {answer("application/json", `{"active":false,"active":true}`), KindDocument, "strict JSON"},
		"letter case":    {answer("application/json", `{"active":true,"Active":false}`), KindDocument, "strict JSON"},
		"nested twice":   {answer("application/json", `{"active":true,"a":{"b":1,"b":2}}`), KindDocument, "strict JSON"},
		"bad UTF-8":      {answer("application/json", "{\"active\":true,\"a\":\"\xff\"}"), KindDocument, "strict JSON"},
		"no active":      {answer("application/json", `{"sub":"a"}`), KindDocument, `"active"`},
		"ACTIVE":         {answer("application/json", `{"ACTIVE":true}`), KindDocument, `"active"`},
		`active "true"`:  {answer("application/json", `{"active":"true"}`), KindDocument, `"active"`},
		"active 1":       {answer("application/json", `{"active":1}`), KindDocument, `"active"`},
		"active null":    {answer("application/json", `{"active":null}`), KindDocument, `"active"`},
		"active in list": {answer("application/json", `{"active":[true]}`), KindDocument, `"active"`},
	} {
		fault.Store(&c.handler)
		i.patience = introspectTimeout
		if c.kind == KindTimeout {
			i.patience = time.Second // the others must not time out on a busy machine
		}
		_, active, err := i.Introspect(t.Context(), "token-of-alice")
		require.Error(t, err, name)
		require.False(t, active)
		requireKind(t, err, c.kind, c.part)
		require.NotContains(t, err.Error(), "alice")
		require.NotContains(t, err.Error(), "INTERNAL")
		require.Error(t, i.Probe(t.Context()), name)
	}
	require.Zero(t, inner.requests.Load())
	require.NotEmpty(t, i.Status().LastError)
	fault.Store(nil)
	requireActive(t, i, "token-of-alice")
	require.Empty(t, i.Status().LastError)
}

func TestIntrospectBudget(t *testing.T) {
	t.Parallel()
	s, _ := endpoint(t)
	i, clock := introspecting(t, s, func(c *IntrospectionConfig) { c.Rate = 3 })
	requireActive(t, i, "good")
	held := 0
	for n := range 50 {
		if _, _, err := i.Introspect(t.Context(), fmt.Sprintf("bad-%d", n)); err != nil {
			requireKind(t, err, KindBudget, "introspection_rate")
			held++
		}
	}
	require.Equal(t, 48, held)
	require.EqualValues(t, 3, s.requests.Load())
	requireActive(t, i, "good") // what is known costs nothing
	require.NoError(t, i.Probe(t.Context()))
	require.EqualValues(t, 48, i.Status().HeldBack)
	clock.advance(time.Second)
	requireActive(t, i, "other")
}

// Many logins with one token at once are one request, and one that is impatient
// takes nothing from the others.
func TestIntrospectSharesRequests(t *testing.T) {
	t.Parallel()
	s, fault := endpoint(t)
	i, _ := introspecting(t, s, func(c *IntrospectionConfig) { c.Rate = 1 })
	begun, release := make(chan struct{}), make(chan struct{})
	var slow http.HandlerFunc = func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-release
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"active":true,"sub":"a","exp":2000000100}`)
	}
	fault.Store(&slow)
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			_, active, err := i.Introspect(context.Background(), "a")
			if err != nil || !active {
				t.Errorf("%v %v", active, err)
			}
		})
	}
	<-begun
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := i.Introspect(impatient, "a")
	requireKind(t, err, KindAbandoned, "did not wait")
	close(release)
	wait.Wait()
	require.EqualValues(t, 1, s.requests.Load())
}

func TestIntrospectClose(t *testing.T) {
	t.Parallel()
	s, fault := endpoint(t)
	i, _ := introspecting(t, s)
	begun := make(chan struct{})
	var hang http.HandlerFunc = func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(begun)
		<-r.Context().Done()
	}
	fault.Store(&hang)
	done := make(chan error)
	go func() { _, _, err := i.Introspect(context.Background(), "a"); done <- err }()
	<-begun
	i.Close()
	require.Error(t, <-done)
	_, _, err := i.Introspect(t.Context(), "a")
	requireKind(t, err, KindClosed, "replaced or deleted")
}
