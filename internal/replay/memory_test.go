// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package replay

import (
	"encoding/binary"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func start() time.Time { return time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) }

func keyOf(n int) Key {
	var k Key
	binary.BigEndian.PutUint64(k[:], uint64(n))
	return k
}

func TestAKeyIsSpentOnce(t *testing.T) {
	t.Parallel()
	m, now := New(10), start()
	until := now.Add(time.Minute)
	require.Equal(t, First, m.Spend(keyOf(1), "a", until, now))
	require.Equal(t, Replayed, m.Spend(keyOf(1), "b", until, now))
	require.Equal(t, Replayed, m.Spend(keyOf(1), "", until, now))
	require.Equal(t, Again, m.Spend(keyOf(1), "a", until, now), "Vault may send one request twice")
	require.Equal(t, First, m.Spend(keyOf(2), "a", until, now), "another key")

	require.Equal(t, First, m.Spend(keyOf(3), "", until, now))
	require.Equal(t, Replayed, m.Spend(keyOf(3), "", until, now), "two requests without a name are not known to be one")
}

func TestAKeyIsRememberedUntilItExpires(t *testing.T) {
	t.Parallel()
	m, now := New(10), start()
	until := now.Add(time.Minute)
	m.Spend(keyOf(1), "a", until, now)
	require.Equal(t, Replayed, m.Spend(keyOf(1), "b", until, until.Add(-time.Microsecond)))
	require.True(t, m.Knows(keyOf(1), until.Add(-time.Microsecond)))
	require.False(t, m.Knows(keyOf(1), until))
	require.Zero(t, m.Len())
	require.Equal(t, First, m.Spend(keyOf(1), "b", until.Add(time.Minute), until))
}

// A full memory forgets nothing, and takes keys again when others have expired.
func TestFullRefuses(t *testing.T) {
	t.Parallel()
	m, now := New(3), start()
	for i := range 3 {
		require.Equal(t, First, m.Spend(keyOf(i), "a", now.Add(time.Duration(3-i)*time.Minute), now))
	}
	require.Equal(t, Full, m.Spend(keyOf(9), "a", now.Add(time.Hour), now))
	require.False(t, Full.Good())
	for i := range 3 {
		require.Equal(t, Replayed, m.Spend(keyOf(i), "b", now.Add(time.Hour), now), "the full memory lost %d", i)
	}
	later := now.Add(time.Minute)
	require.Equal(t, First, m.Spend(keyOf(9), "a", now.Add(time.Hour), later), "the last one has expired")
	require.Equal(t, Replayed, m.Spend(keyOf(0), "b", now.Add(time.Hour), later))
}

func TestForget(t *testing.T) {
	t.Parallel()
	m, now := New(1), start()
	until := now.Add(time.Minute)
	m.Spend(keyOf(1), "a", until, now)
	m.Forget(keyOf(2))
	require.Equal(t, Full, m.Spend(keyOf(2), "b", until, now))
	m.Forget(keyOf(1))
	require.Equal(t, First, m.Spend(keyOf(2), "b", until, now))
}

func TestAttribute(t *testing.T) {
	t.Parallel()
	m, now := New(1), start()
	until := now.Add(time.Minute)
	require.Equal(t, First, m.Spend(keyOf(1), "late", until, now))
	m.Attribute(keyOf(2), "early") // unknown
	require.Equal(t, Again, m.Spend(keyOf(1), "late", until, now))
	m.Attribute(keyOf(1), "early")
	require.Equal(t, Replayed, m.Spend(keyOf(1), "late", until, now))
	require.Equal(t, Again, m.Spend(keyOf(1), "early", until, now))
	require.Equal(t, 1, m.Len())
	require.Equal(t, First, m.Spend(keyOf(1), "next", until.Add(time.Minute), until), "it expires as ever")
}

func TestAFractionOfAMicrosecondCounts(t *testing.T) {
	t.Parallel()
	m, now := New(1), start()
	until := now.Add(time.Minute + time.Microsecond/2)
	m.Spend(keyOf(1), "a", until, now)
	require.True(t, m.Knows(keyOf(1), until.Add(-time.Nanosecond)))
	require.False(t, m.Knows(keyOf(1), until.Add(time.Microsecond)))
}

// Of many who show one key at the same time, one may use it.
func TestParallelSpendersHaveOneWinner(t *testing.T) {
	t.Parallel()
	m, now := New(1000), start()
	for round := range 300 {
		var won atomic.Int64
		var group sync.WaitGroup
		for i := range 64 {
			group.Go(func() {
				if m.Spend(keyOf(round), strconv.Itoa(i), now.Add(time.Hour), now).Good() {
					won.Add(1)
				}
			})
		}
		group.Wait()
		require.EqualValues(t, 1, won.Load())
	}
}

// The memory does what a plain map with an expiry for each key would do.
func TestMemoryAgainstAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type spent struct {
			request string
			expires time.Time
		}
		const limit = 4
		m, model, now := New(limit), map[Key]spent{}, start()
		expire := func() {
			for k, s := range model {
				if !s.expires.After(now) {
					delete(model, k)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"wait": func(t *rapid.T) { now = now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "seconds")) * time.Second) },
			"forget": func(t *rapid.T) {
				k := keyOf(rapid.IntRange(0, 7).Draw(t, "key"))
				m.Forget(k)
				delete(model, k)
			},
			"attribute": func(t *rapid.T) {
				k := keyOf(rapid.IntRange(0, 7).Draw(t, "key"))
				request := rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "request")
				m.Attribute(k, request)
				if s, there := model[k]; there {
					model[k] = spent{request, s.expires}
				}
			},
			"spend": func(t *rapid.T) {
				k := keyOf(rapid.IntRange(0, 7).Draw(t, "key"))
				s := spent{rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "request"), now.Add(time.Duration(rapid.IntRange(1, 9).Draw(t, "life")) * time.Second)}
				expire()
				want := First
				switch old, there := model[k]; {
				case there && old.request == s.request && s.request != "":
					want = Again
				case there:
					want = Replayed
				case len(model) >= limit:
					want = Full
				default:
					model[k] = s
				}
				require.Equal(t, want, m.Spend(k, s.request, s.expires, now))
			},
			"": func(t *rapid.T) {
				expire()
				for n := range 8 {
					_, there := model[keyOf(n)]
					require.Equal(t, there, m.Knows(keyOf(n), now))
				}
				require.Equal(t, len(model), m.Len())
			},
		})
	})
}

func BenchmarkSpend(b *testing.B) {
	m, now := New(Limit), start()
	for n := range b.N {
		now = now.Add(10 * time.Microsecond)
		if o := m.Spend(keyOf(n), "0f4b6a1e-1111-2222-3333-444455556666", now.Add(time.Second/2), now); o != First {
			b.Fatal(o)
		}
	}
}

func TestOneHolderKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	m := New(40)
	for n := range 10 {
		require.Equal(t, First, m.SpendFor("greedy", keyOf(n), "a", now.Add(time.Minute), now))
	}
	require.Equal(t, Full, m.SpendFor("greedy", keyOf(10), "a", now.Add(time.Minute), now))
	require.Equal(t, Replayed, m.SpendFor("greedy", keyOf(1), "b", now.Add(time.Minute), now))
	require.Equal(t, First, m.SpendFor("other", keyOf(10), "a", now.Add(time.Hour), now))
	m.Forget(keyOf(0))
	require.Equal(t, First, m.SpendFor("greedy", keyOf(11), "a", now.Add(time.Hour), now), "what is taken back makes room")
	require.Equal(t, Full, m.SpendFor("greedy", keyOf(12), "a", now.Add(time.Hour), now))
	require.Equal(t, First, m.SpendFor("greedy", keyOf(12), "a", now.Add(time.Hour), now.Add(time.Minute)), "so does what expires")
	require.Len(t, m.held, 2)
	m.Knows(keyOf(0), now.Add(time.Hour))
	require.Empty(t, m.held)
}
