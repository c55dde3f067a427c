// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

func TestNewDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		s := i.source(t)
		time.Sleep(time.Hour)
		require.Zero(t, i.fetches())
		require.Nil(t, s.Keys(time.Now()))
	})
}

func TestColdStartIsOneFetchForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		i.slow(time.Second)
		s := i.source(t)
		var all sync.WaitGroup
		sets := make([]*jwk.Set, 100)
		for n := range sets {
			all.Go(func() { sets[n] = s.Renew(t.Context(), nil) })
		}
		all.Wait()
		require.Equal(t, 1, i.fetches())
		for _, set := range sets {
			require.Equal(t, []string{"a"}, kidsOf(set))
		}
	})
}

func TestOneWaiterLeavesTheFetchGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // K23
		i := newFakeIssuer("a")
		i.slow(3 * time.Second)
		s := i.source(t)
		impatient, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		began := time.Now()
		var all sync.WaitGroup
		all.Go(func() { // the first, who launched the fetch
			require.Nil(t, s.Renew(impatient, nil))
			require.Equal(t, time.Second, time.Since(began))
		})
		synctest.Wait()
		for range 9 {
			all.Go(func() {
				require.Equal(t, []string{"a"}, kidsOf(s.Renew(t.Context(), nil)))
				require.Equal(t, 3*time.Second, time.Since(began))
			})
		}
		all.Wait()
		require.Equal(t, 1, i.fetches())
	})
}

func TestRenewWaitsNoLongerThanFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		i.slow(9 * time.Second)
		s := i.source(t)
		began := time.Now()
		require.Nil(t, s.Renew(t.Context(), nil))
		require.Equal(t, 5*time.Second, time.Since(began))
		time.Sleep(4*time.Second + time.Millisecond)
		require.Equal(t, []string{"a"}, s.kids(), "the fetch went on")
	})
}

func TestNewKeyIsFoundAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // K19
		i := newFakeIssuer("a")
		s := i.source(t)
		old := warm(t, s)
		i.publish("a", "b")
		newer := s.Renew(t.Context(), old)
		require.Equal(t, []string{"a", "b"}, kidsOf(newer))

		before := i.fetches()
		require.Same(t, newer, s.Renew(t.Context(), old), "who used the old set gets the new one without a fetch")
		require.Equal(t, before, i.fetches())

		i.publish("a") // roll back: by the next refresh b is gone
		time.Sleep(defaultRefresh + time.Millisecond)
		require.Equal(t, []string{"a"}, s.kids())
	})
}

func TestFetchDoesNotTrustOneThatBeganBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a", "b")
		i.slow(2 * time.Second)
		s := i.source(t)
		s.Start()
		time.Sleep(time.Second) // a fetch is under way and will bring b
		i.publish("a")
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				require.NoError(t, s.Fetch(t.Context()))
				require.Equal(t, []string{"a"}, s.kids())
			})
		}
		all.Wait()
		require.Equal(t, 2, i.fetches(), "ten operators share one fetch")
	})
}

func TestFetchAlwaysAsksAndSpendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		s := i.source(t)
		for range 20 {
			require.NoError(t, s.Fetch(t.Context()))
		}
		require.Equal(t, 20, i.fetches())
		i.publish("b")
		require.Equal(t, []string{"b"}, kidsOf(s.Renew(t.Context(), s.Keys(time.Now()))))

		i.fail()
		require.ErrorIs(t, s.Fetch(t.Context()), error(errDown))
		i.slow(hang)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var failure *Failure
		err := s.Fetch(ctx)
		require.ErrorAs(t, err, &failure)
		require.Equal(t, KindAbandoned, failure.Kind)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// The refresher and an operator who want a fetch at the very same moment.
func TestNeverTwoFetchesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		i.slow(time.Millisecond)
		s := i.source(t)
		warm(t, s)
		for range 200 {
			time.Sleep(time.Until(s.Status().NextRefresh))
			require.NoError(t, s.Fetch(t.Context()))
		}
		require.Equal(t, 1, i.mostInAir())
	})
}
