// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRemovedKeyIsGoneInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // K19
		i := newFakeIssuer("a", "b")
		i.slow(9 * time.Second) // healthy, but as slow as may be
		s := i.source(t)
		s.Start()
		time.Sleep(time.Minute)
		require.Equal(t, []string{"a", "b"}, s.kids())
		for range 20 {
			for i.inAir() == 0 { // the worst moment: a fetch has just begun and will bring b
				time.Sleep(100 * time.Millisecond)
			}
			i.publish("a")
			time.Sleep(defaultRefresh + 10*time.Second)
			require.Equal(t, []string{"a"}, s.kids())
			i.publish("a", "b")
			time.Sleep(defaultRefresh + 10*time.Second)
			require.Equal(t, []string{"a", "b"}, s.kids())
		}
	})
}

func TestRefreshRhythm(t *testing.T) {
	cases := map[string]struct {
		maxAge time.Duration
		jitter float64
		want   time.Duration
	}{
		"interval":                {0, 0, 5 * time.Minute},
		"jitter only shortens":    {0, 1, 270 * time.Second},
		"max-age may shorten":     {2 * time.Minute, 0, 2 * time.Minute},
		"max-age but not to zero": {time.Second, 0, 30 * time.Second},
		"max-age may not prolong": {time.Hour, 0, 5 * time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := newFakeIssuer("a")
				i.maxAge = c.maxAge
				s := i.source(t)
				s.pace.jitter = func() float64 { return c.jitter }
				s.Start()
				time.Sleep(time.Hour - time.Second)
				times := i.times()
				for n := range times[1:] {
					require.Equal(t, c.want, times[n+1].Sub(times[n]))
				}
				require.Len(t, times, int((time.Hour-time.Second)/c.want)+1)
			})
		})
	}
}

func TestRetryNeverWaitsLongerThanTheInterval(t *testing.T) {
	p := newPace(5*time.Second, func() float64 { return 0 })
	var waits []time.Duration
	for n := 1; n <= 5; n++ {
		waits = append(waits, p.afterFailure(n))
	}
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second}, waits)

	p = newPace(time.Hour, func() float64 { return 1 })
	require.Equal(t, 750*time.Millisecond, p.afterFailure(1))
	require.Equal(t, 45*time.Second, p.afterFailure(1000))
}

func TestStaleKeysAreLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // K20
		i := newFakeIssuer("a")
		s := i.source(t, func(c *Config) { c.MaxStale = time.Hour })
		old := warm(t, s)
		i.fail()
		time.Sleep(time.Hour - time.Nanosecond)
		require.Same(t, old, s.Keys(time.Now()))
		time.Sleep(time.Nanosecond)
		require.Nil(t, s.Keys(time.Now()))
		require.True(t, s.Status().Stale)

		at, before := time.Now(), i.fetches()
		for range 1000 {
			require.Nil(t, s.Renew(t.Context(), old))
		}
		require.Zero(t, time.Since(at))
		require.Equal(t, before, i.fetches(), "callers do not add to the retries")

		i.publish("a")
		time.Sleep(time.Minute)
		require.Equal(t, []string{"a"}, s.kids())
	})
}

func TestHangingIssuerLetsKeysBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // K10
		i := newFakeIssuer("a")
		s := i.source(t)
		old := warm(t, s)
		i.slow(hang)
		go func() { _ = s.Fetch(t.Context()) }()
		synctest.Wait()
		at := time.Now()
		require.Same(t, old, s.Keys(at))
		require.Same(t, old, s.Renew(t.Context(), old))
		require.Equal(t, renewWait, time.Since(at))
		time.Sleep(6 * time.Hour)
		require.Same(t, old, s.Keys(time.Now()))
		require.Equal(t, KindTimeout, s.Status().LastKind)
	})
}

func TestFlappingIssuer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // K20
		i := newFakeIssuer("a")
		s := i.source(t)
		old := warm(t, s)
		for range 500 {
			i.fail()
			time.Sleep(7 * time.Minute)
			i.publish("a")
			time.Sleep(2 * time.Minute)
			require.Same(t, old, s.Keys(time.Now()))
			require.Zero(t, s.Status().Failures, "a minute after it came back it was asked")
		}
		span := 500 * 9 * time.Minute
		require.Less(t, i.fetches(), int(span/time.Minute)*2)
	})
}

func TestMaxAge(t *testing.T) {
	cases := map[string]time.Duration{
		"max-age=60":                           time.Minute,
		"public, max-age=60":                   time.Minute,
		`Public , MAX-AGE="60"`:                time.Minute,
		"":                                     0,
		"no-store":                             0,
		"no-cache, no-store, max-age=0":        0,
		"max-age=-1":                           0,
		"max-age=999999999999999999999":        0,
		"max-age":                              0,
		"s-maxage=60":                          0,
		"max-age=2147483647, max-age=60":       2147483647 * time.Second,
		"stale-while-revalidate, x-max-age=60": 0,
	}
	for text, want := range cases {
		require.Equal(t, want, maxAge(http.Header{"Cache-Control": {text}}), text)
	}
	require.Equal(t, time.Minute, maxAge(http.Header{"Cache-Control": {"public", "max-age=60"}}))
}
