// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"errors"
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

func TestFailuresKeepTheGoodKeys(t *testing.T) {
	bodies := map[string]string{
		"HTML page":         "<!doctype html><title>Sign in</title>",
		"error as JSON":     `{"error":"temporarily_unavailable"}`,
		"KEYS":              `{"KEYS":[` + keyText("x") + `]}`,
		"keys twice":        `{"keys":[` + keyText("x") + `],"keys":[]}`,
		"array":             `[` + keyText("x") + `]`,
		"trailing data":     setText("x") + "x",
		"empty set":         `{"keys":[]}`,
		"no usable key":     `{"keys":[{"kty":"oct","kid":"x","k":"AAAA"}]}`,
		"byte order mark":   "\ufeff" + setText("x"),
		"UTF-16":            "\xff\xfe{\x00}\x00",
		"cut off":           setText("x")[:40],
		"nothing":           "",
		"more than 512 KiB": setText("x") + string(make([]byte, maxSetBytes)),
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // K8, K21
				i := newFakeIssuer("a")
				s := i.source(t)
				good := warm(t, s)
				i.change(func(i *fakeIssuer) { i.body = body })
				err := s.Fetch(t.Context())
				var failure *Failure
				require.ErrorAs(t, err, &failure)
				require.Equal(t, KindDocument, failure.Kind)
				var fault jwk.Fault
				require.ErrorAs(t, err, &fault)
				require.Same(t, good, s.Keys(time.Now()))
				i.publish("x")
				require.NoError(t, s.Fetch(t.Context()))
				require.Equal(t, []string{"x"}, s.kids())
			})
		})
	}
}

func TestSameBytesAreTheSameSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		s := i.source(t)
		first := warm(t, s)
		time.Sleep(time.Hour)
		require.Same(t, first, s.Keys(time.Now()))
		require.Greater(t, s.Status().Successes, uint64(10))
		require.LessOrEqual(t, time.Since(s.Status().LastSuccess), defaultRefresh, "it counts as a success")
		i.publish("a", "b")
		require.NotSame(t, first, warm(t, s))
	})
}

func TestPanicIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		log := &logbook{}
		s := i.source(t, func(c *Config) { c.Logger = log })
		good := warm(t, s)
		i.change(func(i *fakeIssuer) { i.panics = true })
		var failure *Failure
		require.ErrorAs(t, s.Fetch(t.Context()), &failure)
		require.Equal(t, KindInternal, failure.Kind)
		require.Same(t, good, s.Keys(time.Now()))
		require.Contains(t, log.text(), "nil pointer dereference")
		i.change(func(i *fakeIssuer) { i.panics = false })
		require.NoError(t, s.Fetch(t.Context()))
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

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		s := i.source(t)
		old := warm(t, s)
		i.publish("b")
		i.slow(time.Second)
		result := make(chan error, 1)
		go func() { result <- s.Fetch(t.Context()) }()
		synctest.Wait()
		require.Equal(t, 1, i.inAir())

		s.Close()
		require.Zero(t, i.inAir(), "Close waits")
		require.Error(t, <-result)
		require.Same(t, old, s.Keys(time.Now()), "the fetch in the air installed nothing")
		began := i.fetches()
		s.Start()
		var failure *Failure
		require.ErrorAs(t, s.Fetch(t.Context()), &failure)
		require.Equal(t, KindClosed, failure.Kind)
		require.Same(t, old, s.Renew(t.Context(), old))
		time.Sleep(2 * time.Hour)
		require.Equal(t, began, i.fetches(), "no fetch starts after Close")
		s.Close()
		time.Sleep(defaultStale)
		require.Nil(t, s.Keys(time.Now()))
	})
}

// A fetcher that pays no heed to its context, the worst case for Close.
func TestCloseBeatsAFetchThatSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		arrived, answer := make(chan struct{}), make(chan struct{})
		c, err := Config{JWKSURL: "https://idp.test/jwks"}.withDefaults()
		require.NoError(t, err)
		s := newSource(c, "idp.test", func(context.Context) (document, error) {
			close(arrived)
			<-answer
			return document{body: []byte(setText("a"))}, nil
		}, func() float64 { return 0 })
		s.Start()
		<-arrived
		closed := make(chan struct{})
		go func() { s.Close(); close(closed) }()
		synctest.Wait()
		select {
		case <-closed:
			require.Fail(t, "Close did not wait")
		default:
		}
		close(answer)
		<-closed
		require.Nil(t, s.Keys(time.Now()))
		require.Zero(t, s.Status().Successes)
	})
}

func TestPoisoning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // K21
		i := newFakeIssuer("a")
		s := i.source(t)
		warm(t, s)
		stop := make(chan struct{})
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						if set := s.Keys(time.Now()); set == nil || len(set.Keys()) == 0 {
							panic("no keys after a success")
						}
					}
				}
			})
		}
		for n := range 1000 {
			switch n % 4 {
			case 0:
				i.publish("a", "b")
			case 1:
				i.change(func(i *fakeIssuer) { i.body = `{"keys":[]}` })
			case 2:
				i.change(func(i *fakeIssuer) { i.body = "<html>" })
			case 3:
				i.publish("a")
			}
			err := s.Fetch(t.Context())
			require.Equal(t, n%4 == 1 || n%4 == 2, errors.Is(err, jwk.FaultDocument) || errors.Is(err, jwk.FaultNoKeys))
		}
		close(stop)
		readers.Wait()
	})
}
