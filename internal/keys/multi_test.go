// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

func TestMultiJoinsItsParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := newFakeIssuer("a", "shared"), newFakeIssuer("b", "shared")
		m := NewMulti(one.source(t), two.source(t))
		require.Nil(t, m.Keys(time.Now()))
		set := m.Renew(t.Context(), nil)
		require.Equal(t, []string{"a", "shared", "b"}, kidsOf(set))
		require.Same(t, set, m.Keys(time.Now()))
		time.Sleep(time.Hour + time.Minute)
		require.Same(t, set, m.Keys(time.Now()), "nothing changed, so the set is the very same")

		two.publish("b", "c")
		newer := m.Renew(t.Context(), set)
		require.Equal(t, []string{"a", "shared", "b", "c"}, kidsOf(newer))
		before := one.fetches() + two.fetches()
		require.Same(t, newer, m.Renew(t.Context(), set), "who used the old set gets the new one")
		require.Same(t, newer, m.Renew(t.Context(), nil))
		require.Equal(t, before, one.fetches()+two.fetches())
	})
}

func TestMultiPartThatIsDownHurtsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, hung, down := newFakeIssuer("a"), newFakeIssuer("h"), newFakeIssuer("d")
		hung.slow(hang)
		down.fail()
		m := NewMulti(hung.source(t), up.source(t), down.source(t))
		at := time.Now()
		require.Equal(t, []string{"a"}, kidsOf(m.Renew(t.Context(), nil)))
		require.Equal(t, renewWait, time.Since(at))
		at = time.Now()
		require.Equal(t, []string{"a"}, kidsOf(m.Keys(at)))

		up.fail()
		time.Sleep(defaultStale + time.Minute)
		require.Nil(t, m.Keys(time.Now()))
		down.publish("d")
		time.Sleep(time.Minute)
		require.Equal(t, []string{"d"}, kidsOf(m.Keys(time.Now())))
	})
}

func TestMultiFloodSpendsEachBudgetOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuers := []*fakeIssuer{newFakeIssuer("a"), newFakeIssuer("b"), newFakeIssuer("c")}
		m := NewMulti(issuers[0].source(t), issuers[1].source(t), issuers[2].source(t))
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				m.Renew(t.Context(), m.Keys(time.Now()))
				m.Renew(t.Context(), m.Keys(time.Now()))
			})
		}
		all.Wait()
		for range 10 {
			m.Renew(t.Context(), m.Keys(time.Now()))
		}
		for _, i := range issuers {
			require.Equal(t, 3, i.fetches())
		}
	})
}

func TestMultiReadersShareOneSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		s := i.source(t)
		m := NewMulti(s, newFakeIssuer("b").source(t))
		m.Renew(t.Context(), nil)
		for n := range 50 {
			i.publish("a", string(rune('c'+n%2)))
			require.NoError(t, s.Fetch(t.Context()))
			sets := make([]*jwk.Set, 16)
			var all sync.WaitGroup
			for k := range sets {
				all.Go(func() { sets[k] = m.Keys(time.Now()) })
			}
			all.Wait()
			for _, set := range sets {
				require.Same(t, sets[0], set)
			}
		}
	})
}

func TestMultiOfNone(t *testing.T) {
	m := NewMulti()
	require.Nil(t, m.Keys(time.Now()))
	require.Nil(t, m.Renew(t.Context(), nil))
}
