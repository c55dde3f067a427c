// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// TestModel drives a source and its issuer through random histories in fake
// time, and checks after each step what doc.go promises (K24).
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		started := rapid.Bool().Draw(rt, "started")
		jitter := rapid.Float64Range(0, 0.999).Draw(rt, "jitter")
		rapid.SyncTest(rt, func(rt *rapid.T) {
			m := newModel(rt, started, jitter)
			rt.Repeat(map[string]func(*rapid.T){
				"":        m.check,
				"heal":    m.heal,
				"fail":    m.fail,
				"garbage": m.garbage,
				"hang":    m.hang,
				"slow":    m.slow,
				"rotate":  m.rotate,
				"remove":  m.remove,
				"login":   m.login,
				"flood":   m.flood,
				"fetch":   m.fetch,
				"wait":    m.wait,
				"doze":    m.doze,
				"close":   m.close,
			})
		})
	})
}

const (
	modelRefresh = 5 * time.Minute
	modelStale   = 2 * time.Hour
)

// model knows what an observer of the issuer and of the callers knows.
type model struct {
	issuer *fakeIssuer
	source *Source

	kids    []string             // published now
	removed map[string]time.Time // when
	next    byte                 // name of the next key
	quick   time.Time            // since when it answers at once; zero: it does not
	healthy time.Time            // since when it answers well within 10 s; zero: it does not
	caused  []time.Time          // fetches that callers caused
	closed  bool
	atClose *jwk.Set
	calls   int // fetches when it was closed
}

func newModel(t *rapid.T, started bool, jitter float64) *model {
	now := time.Now()
	m := &model{
		issuer: newFakeIssuer("a"), kids: []string{"a"}, next: 'b',
		removed: map[string]time.Time{}, quick: now, healthy: now,
	}
	m.source = m.issuer.source(t, func(c *Config) { c.RefreshInterval, c.MaxStale = modelRefresh, modelStale })
	m.source.pace.jitter = func() float64 { return jitter }
	if started {
		m.source.Start()
	}
	return m
}

func (m *model) heal(*rapid.T) {
	m.issuer.publish(m.kids...)
	m.issuer.slow(0)
	if m.quick.IsZero() {
		m.quick = time.Now()
	}
	if m.healthy.IsZero() {
		m.healthy = time.Now()
	}
}

func (m *model) sick() { m.quick, m.healthy = time.Time{}, time.Time{} }

func (m *model) fail(*rapid.T) { m.issuer.fail(); m.sick() }
func (m *model) hang(*rapid.T) { m.issuer.slow(hang); m.sick() }
func (m *model) garbage(t *rapid.T) {
	text := rapid.SampledFrom([]string{"", "<html>", `{"keys":[]}`, setText("evil")[:50], `{"KEYS":[` + keyText("evil") + `]}`}).Draw(t, "body")
	m.issuer.change(func(i *fakeIssuer) { i.body, i.err = text, nil })
	m.sick()
}

func (m *model) slow(t *rapid.T) {
	if m.healthy.IsZero() {
		t.Skip("it does not answer at all")
	}
	m.issuer.slow(time.Duration(rapid.IntRange(1, 9000).Draw(t, "ms")) * time.Millisecond)
	m.quick = time.Time{}
}

// publish changes the keys, which only shows while the issuer is well.
func (m *model) publish() {
	if !m.healthy.IsZero() {
		m.issuer.publish(m.kids...)
	}
}

func (m *model) rotate(t *rapid.T) {
	if m.next > 'z' {
		t.Skip("no more names")
	}
	m.kids = append(m.kids, string(m.next))
	m.next++
	m.publish()
}

func (m *model) remove(t *rapid.T) {
	if len(m.kids) < 2 {
		t.Skip("the last key")
	}
	n := rapid.IntRange(0, len(m.kids)-1).Draw(t, "which")
	m.removed[m.kids[n]] = time.Now()
	m.kids = slices.Delete(slices.Clone(m.kids), n, n+1)
	m.publish()
}

// renew is what the engine does for a token that its keys cannot verify. It
// counts the fetch that it causes: refreshes that are due now have begun.
func (m *model) renew(used *jwk.Set) *jwk.Set {
	synctest.Wait()
	before, at := m.issuer.fetches(), time.Now()
	result := make(chan *jwk.Set)
	go func() { result <- m.source.Renew(context.Background(), used) }()
	synctest.Wait()
	for range m.issuer.fetches() - before {
		m.caused = append(m.caused, at)
	}
	return <-result
}

func (m *model) login(t *rapid.T) {
	kid := rapid.SampledFrom(append([]string{"unknown"}, m.kids...)).Draw(t, "kid")
	synctest.Wait()
	at := time.Now()
	set := m.source.Keys(at)
	if slices.Contains(kidsOf(set), kid) {
		return
	}
	// With keys at hand, an issuer that answers, and no fetch caused for 30 s, a
	// key that is published must be found.
	must := set != nil && !m.closed && !m.quick.IsZero() && m.issuer.inAir() == 0 && kid != "unknown" &&
		(len(m.caused) == 0 || at.Sub(m.caused[len(m.caused)-1]) >= renewEvery)
	got := m.renew(set)
	require.LessOrEqual(t, time.Since(at), renewWait)
	if must {
		require.Contains(t, kidsOf(got), kid, "a new key was not found within the budget's interval")
	}
}

func (m *model) flood(*rapid.T) {
	for range 10 {
		m.renew(m.source.Keys(time.Now()))
	}
}

func (m *model) fetch(t *rapid.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	before := m.issuer.fetches()
	err := m.source.Fetch(ctx)
	if m.closed {
		require.Error(t, err)
		return
	}
	require.Greater(t, m.issuer.fetches(), before, "the issuer was not asked")
	require.Equal(t, !m.healthy.IsZero(), err == nil, "%v", err)
	if err == nil {
		require.Equal(t, m.kids, m.source.kids(), "the operator's fetch shows what is published now")
	}
}

func (m *model) wait(t *rapid.T) {
	time.Sleep(time.Duration(rapid.IntRange(1, 60_000).Draw(t, "ms")) * time.Millisecond)
}

func (m *model) doze(t *rapid.T) {
	time.Sleep(time.Duration(rapid.IntRange(1, 180).Draw(t, "minutes")) * time.Minute)
}

func (m *model) close(t *rapid.T) {
	if m.closed || rapid.IntRange(0, 9).Draw(t, "perhaps") > 0 {
		t.Skip("not now")
	}
	m.source.Close()
	require.Zero(t, m.issuer.inAir())
	m.closed, m.calls = true, m.issuer.fetches()
	if v := m.source.current.Load(); v != nil {
		m.atClose = v.set
	}
}

func (m *model) check(t *rapid.T) {
	synctest.Wait()
	now := time.Now()
	set := m.source.Keys(now)
	if set != nil {
		require.NotEmpty(t, set.Keys())
		require.NotContains(t, kidsOf(set), "evil")
	}
	m.checkFreshness(t, now, set)
	m.checkBudget(t)
	require.LessOrEqual(t, m.issuer.mostInAir(), 1, "two fetches at once")
	if m.closed {
		require.Equal(t, m.calls, m.issuer.fetches(), "a fetch began after Close")
		require.True(t, set == nil || set == m.atClose, "the keys changed after Close")
	}
}

func (m *model) checkFreshness(t *rapid.T, now time.Time, set *jwk.Set) {
	landed := m.issuer.goodOnes()
	if m.closed || m.issuer.inAir() > 0 {
		landed = nil // the newest of them may not have been installed
	}
	if n := len(landed); n > 0 {
		age := now.Sub(landed[n-1])
		require.Equal(t, age < modelStale, set != nil, "keys last exactly until max stale, and the last success is %v old", age)
	}
	if m.closed || m.healthy.IsZero() {
		return
	}
	for kid, at := range m.removed {
		if now.Sub(at) > modelRefresh+fetchTimeout && now.Sub(m.healthy) > modelRefresh+fetchTimeout {
			require.NotContains(t, kidsOf(set), kid, "a removed key outlived the refresh")
		}
	}
}

// checkBudget: in no stretch of time do callers cause more than the burst and
// one for each interval.
func (m *model) checkBudget(t *rapid.T) {
	for i := range m.caused {
		for j := i; j < len(m.caused); j++ {
			span := m.caused[j].Sub(m.caused[i])
			require.LessOrEqual(t, j-i+1, renewBurst+int(span/renewEvery))
		}
	}
}
