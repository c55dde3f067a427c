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

// memory is a Store.
type memory struct {
	mu     sync.Mutex
	record *Record
	saves  int
	err    error
	panics bool
	hangs  bool
}

func (m *memory) Load(ctx context.Context) (*Record, error) {
	m.mu.Lock()
	record, err, panics, hangs := m.record, m.err, m.panics, m.hangs
	m.mu.Unlock()
	switch {
	case panics:
		panic("load")
	case hangs:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return record, err
}

func (m *memory) Save(_ context.Context, r Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.panics {
		panic("save")
	}
	if m.err == nil {
		m.record = &r
		m.saves++
	}
	return m.err
}

func (m *memory) change(f func(*memory)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(m)
}

func (m *memory) kept() (record Record, saves int) {
	m.change(func(m *memory) { record, saves = *m.record, m.saves })
	return record, saves
}

func (m *memory) use(c *Config) { c.Store = m }

// saved returns a store that a source has filled.
func saved(t *testing.T, kids ...string) *memory {
	t.Helper()
	m := &memory{}
	s := newFakeIssuer(kids...).source(t, m.use)
	warm(t, s)
	synctest.Wait()
	s.Close()
	require.NotNil(t, m.record)
	return m
}

func TestKeysOutliveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := saved(t, "a", "b")
		asOf := m.record.FetchedAt
		time.Sleep(3 * time.Hour)
		i := newFakeIssuer()
		i.fail()
		s := i.source(t, m.use)
		require.Equal(t, []string{"a", "b"}, kidsOf(s.Renew(t.Context(), nil)))
		st := s.Status()
		require.True(t, st.Stored)
		require.Equal(t, asOf.Add(defaultStale), st.StaleAt.UTC())

		time.Sleep(21*time.Hour - time.Minute)
		require.NotNil(t, s.Keys(time.Now()))
		time.Sleep(2 * time.Minute)
		require.Nil(t, s.Keys(time.Now()), "stored keys are no younger for having been stored")
	})
}

func TestStoredKeysDoNotOutvoteTheIssuer(t *testing.T) {
	cases := map[string]struct {
		age, delay time.Duration
		want       []string
		after      time.Duration
	}{
		"old and the issuer answers":     {time.Hour, time.Second, []string{"new"}, time.Second},
		"old and the issuer is slow":     {time.Hour, 4 * time.Second, []string{"old"}, storedGrace},
		"old and the issuer hangs":       {time.Hour, hang, []string{"old"}, storedGrace},
		"young and the issuer is slow":   {time.Minute, 4 * time.Second, []string{"old"}, 0},
		"too old and the issuer is slow": {25 * time.Hour, 4 * time.Second, []string{"new"}, 4 * time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := saved(t, "old")
				time.Sleep(c.age)
				i := newFakeIssuer("new")
				i.slow(c.delay)
				s := i.source(t, m.use)
				at := time.Now()
				require.Equal(t, c.want, kidsOf(s.Renew(t.Context(), nil)))
				require.Equal(t, c.after, time.Since(at))
				if c.delay < fetchTimeout {
					time.Sleep(c.delay)
					synctest.Wait()
					require.Equal(t, []string{"new"}, s.kids(), "the answer replaces them")
					require.False(t, s.Status().Stored)
				}
			})
		})
	}
}

func TestStoredKeysOfAnotherSourceAreIgnored(t *testing.T) {
	changes := map[string]func(*Config){
		"URL":       func(c *Config) { c.JWKSURL = "https://idp.test/other" },
		"CA":        func(c *Config) { c.CAPEM = "other" },
		"discovery": func(c *Config) { c.DiscoveryURL, c.JWKSURL = c.JWKSURL, "" },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // K17
				m := saved(t, "a")
				i := newFakeIssuer()
				i.fail()
				require.Nil(t, i.source(t, m.use, change).Renew(t.Context(), nil))
				require.Equal(t, []string{"a"}, kidsOf(i.source(t, m.use).Renew(t.Context(), nil)))
			})
		})
	}
}

func TestBadRecordsAreIgnored(t *testing.T) {
	spoil := map[string]func(*memory){
		"nothing stored": func(m *memory) { m.record = nil },
		"garbage":        func(m *memory) { m.record.Document = []byte("<html>") },
		"no keys":        func(m *memory) { m.record.Document = []byte(`{"keys":[]}`) },
		"storage error":  func(m *memory) { m.err = errors.New("sealed") },
		"panic":          func(m *memory) { m.panics = true },
		"hang":           func(m *memory) { m.hangs = true },
	}
	for name, f := range spoil {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := saved(t, "a")
				f(m)
				i := newFakeIssuer("b")
				i.fail()
				s := i.source(t, m.use)
				require.Nil(t, s.Renew(t.Context(), nil))
				i.publish("b")
				require.NoError(t, s.Fetch(t.Context()))
				require.Equal(t, []string{"b"}, s.kids())
			})
		})
	}
}

func TestRecordFromTheFutureAgesFromNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := saved(t, "a")
		m.record.FetchedAt = time.Now().Add(1000 * time.Hour)
		i := newFakeIssuer()
		i.fail()
		s := i.source(t, m.use)
		require.NotNil(t, s.Renew(t.Context(), nil))
		time.Sleep(defaultStale)
		require.Nil(t, s.Keys(time.Now()))
	})
}

func TestSavesAreRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		i := newFakeIssuer("a")
		s := i.source(t, m.use)
		saves := func() int {
			synctest.Wait()
			_, n := m.kept()
			return n
		}
		warm(t, s)
		require.Equal(t, 1, saves(), "new keys at once")
		time.Sleep(24 * time.Hour)
		require.InDelta(t, 24, saves(), 2, "unchanged ones once an hour")
		record, before := m.kept()
		require.Less(t, time.Since(record.FetchedAt), time.Hour+2*defaultRefresh)

		i.publish("b")
		warm(t, s)
		require.Equal(t, before+1, saves())

		m.change(func(m *memory) { m.err = errors.New("read only") })
		i.publish("c")
		warm(t, s)
		require.Equal(t, before+1, saves())
		m.change(func(m *memory) { m.err = nil })
		time.Sleep(defaultRefresh)
		require.Equal(t, before+2, saves(), "what could not be saved is tried again")
	})
}

func TestNothingPrivateIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // K5
		m := &memory{}
		i := newFakeIssuer()
		i.body = `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"p","x":"AAAA","d":"c2VjcmV0"},` + keyText("a") + `],"note":"c2VjcmV0"}`
		warm(t, i.source(t, m.use))
		synctest.Wait()
		record, _ := m.kept()
		require.NotContains(t, string(record.Document), "c2VjcmV0")
		set, err := jwk.ParseSet(record.Document)
		require.NoError(t, err)
		require.Equal(t, []string{"a"}, kidsOf(set))
	})
}

func TestStoreThatPanicsOnSaveHurtsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{panics: true}
		log := &logbook{}
		s := newFakeIssuer("a").source(t, m.use, func(c *Config) { c.Logger = log })
		warm(t, s)
		synctest.Wait()
		require.Contains(t, log.text(), "storing the keys of an issuer panicked")
		time.Sleep(time.Hour)
		require.Equal(t, []string{"a"}, s.kids())
	})
}
