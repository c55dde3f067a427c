// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// waiting is how many refusals for a reason are not logged yet.
func (t *tally) waiting(reason auth.Reason) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts[reason]
}

// Refusals are logged as counts, once in ten seconds at most, and none is lost.
func TestTallyLogsCountsNowAndThen(t *testing.T) {
	t.Parallel()
	logged := map[string]int{}
	lines := 0
	tally := tally{log: func(counts []any) {
		lines++
		for i := 0; i < len(counts); i += 2 {
			logged[counts[i].(string)] += counts[i+1].(int)
		}
	}}
	clock := newFakeClock()
	tally.count(auth.Expired, clock.now())
	require.Equal(t, map[string]int{"expired": 1}, logged, "the first at once")
	for range 99 {
		tally.count(auth.Expired, clock.now())
		tally.count(auth.TokenForm, clock.now())
	}
	require.Equal(t, 1, lines)
	require.Equal(t, 99, tally.waiting(auth.TokenForm))
	clock.advance(10*time.Second - 1)
	tally.count(auth.Audience, clock.now())
	require.Equal(t, 1, lines)
	clock.advance(1)
	tally.count(auth.Audience, clock.now())
	require.Equal(t, 2, lines)
	require.Equal(t, map[string]int{"expired": 100, "token_form": 99, "audience": 2}, logged)
	require.Zero(t, tally.waiting(auth.Expired))
}

func TestTallyIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	var tally tally
	var all sync.WaitGroup
	now := newFakeClock().now()
	tally.count(auth.Expired, now)
	for range 50 {
		all.Go(func() { tally.count(auth.Expired, now) })
	}
	all.Wait()
	require.Equal(t, 50, tally.waiting(auth.Expired))
}

// Only refused logins and renewals count.
func TestDenialsAreCounted(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	granted := m.login("ci", m.issuer.token(nil))
	require.NotContains(t, m.log.String(), "logins were refused")
	m.refuseLogin("ci", "hello")
	require.Contains(t, m.log.String(), "logins were refused since the last such line: token_form=1")

	m.refuseLogin("ci", m.issuer.token(map[string]any{"aud": "x"}))
	m.write("role/ci", map[string]any{"bound_subject": "bob"})
	m.refuseRenewal(granted)
	require.Equal(t, 1, m.backend.denials.waiting(auth.Audience))
	require.Equal(t, 1, m.backend.denials.waiting(auth.Subject))
}
