// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestColdFailureAnswersAtOnceUntilTheNextRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		i.fail()
		s := i.source(t)
		began := time.Now()
		for time.Since(began) < 4*time.Minute {
			at := time.Now()
			require.Nil(t, s.Renew(t.Context(), nil))
			require.Zero(t, time.Since(at), "a caller waited during the backoff")
			time.Sleep(100 * time.Millisecond)
		}
		var gaps []time.Duration
		times := i.times()
		for n := range times[1:] {
			gaps = append(gaps, times[n+1].Sub(times[n]))
		}
		require.Equal(t, []time.Duration{
			1 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second,
			time.Minute, time.Minute,
		}, gaps)
		i.publish("a")
		time.Sleep(time.Minute)
		require.Equal(t, []string{"a"}, s.kids())
	})
}

func TestBadTokensSpendABudget(t *testing.T) {
	flood := func(t *testing.T, s *Source) {
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				require.NotNil(t, s.Renew(t.Context(), s.Keys(time.Now())))
			})
		}
		all.Wait()
	}
	synctest.Test(t, func(t *testing.T) { // K18
		i := newFakeIssuer("a")
		s := i.source(t)
		for range 10 {
			flood(t, s)
		}
		require.LessOrEqual(t, i.fetches(), 3, "the cold start is one of the three")
		for s.Status().Refused == 0 {
			s.Renew(t.Context(), s.Keys(time.Now())) // spend what is left
		}
		require.Equal(t, 3, i.fetches())

		time.Sleep(30*time.Second - time.Millisecond)
		flood(t, s)
		require.Equal(t, 3, i.fetches())
		time.Sleep(time.Millisecond)
		flood(t, s)
		require.Equal(t, 4, i.fetches(), "one more after 30 s")
	})
}

func TestFloodDelaysARotationByOneIntervalAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		s := i.source(t)
		old := warm(t, s)
		for range 100 {
			s.Renew(t.Context(), old)
		}
		i.publish("b")
		require.Same(t, old, s.Renew(t.Context(), old), "the budget is spent")
		for range 30 {
			time.Sleep(time.Second)
			s.Renew(t.Context(), s.Keys(time.Now()))
		}
		require.Equal(t, []string{"b"}, s.kids())
	})
}

func TestRotationWhileRefreshesBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		s := i.source(t)
		old := warm(t, s)
		i.fail()
		time.Sleep(20 * time.Minute) // the backoff is a minute by now
		require.Equal(t, []string{"a"}, s.kids())
		next := s.Status().NextRefresh
		require.Positive(t, time.Until(next))
		i.publish("a", "b")
		require.Equal(t, []string{"a", "b"}, kidsOf(s.Renew(t.Context(), old)), "the backoff does not bind who has budget")
	})
}
