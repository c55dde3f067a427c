// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// Multi joins sources that the operator trusts alike, as jwks_pairs does.
// Whoever made the sources starts and closes them.
type Multi struct {
	sources []*Source
	merged  atomic.Pointer[merged]
}

var _ auth.KeySource = (*Multi)(nil)

// merged remembers what a set was made of, so that it is made anew only when a
// part has changed.
type merged struct {
	parts []*jwk.Set // in the order of the sources, nil for those without keys
	set   *jwk.Set   // nil if no part has keys
}

// NewMulti returns the union of sources, of which an earlier one wins where
// two have the same kid.
func NewMulti(sources ...*Source) *Multi {
	m := &Multi{sources: slices.Clone(sources)}
	m.merged.Store(&merged{parts: make([]*jwk.Set, len(sources))})
	return m
}

// Keys implements [auth.KeySource]. A source without keys takes away its own
// keys and no others.
func (m *Multi) Keys(now time.Time) *jwk.Set { return m.at(now).set }

func (m *Multi) at(now time.Time) *merged {
	for {
		last := m.merged.Load()
		if m.holds(last, now) {
			return last
		}
		fresh := &merged{parts: make([]*jwk.Set, len(m.sources))}
		some := false
		for i, s := range m.sources {
			fresh.parts[i] = s.Keys(now)
			some = some || fresh.parts[i] != nil
		}
		if some {
			fresh.set = jwk.Merge(fresh.parts...)
		}
		// If another goroutine was quicker, its set is the one to share.
		if m.merged.CompareAndSwap(last, fresh) {
			return fresh
		}
	}
}

func (m *Multi) holds(last *merged, now time.Time) bool {
	for i, s := range m.sources {
		if s.Keys(now) != last.parts[i] {
			return false
		}
	}
	return true
}

// Renew implements [auth.KeySource]: it asks each source, each within its own
// budget, and waits for all of them together for at most 5 s.
func (m *Multi) Renew(ctx context.Context, used *jwk.Set) *jwk.Set {
	last := m.at(m.now())
	if last.set != nil && last.set != used {
		return last.set
	}
	patience, cancel := context.WithTimeout(ctx, renewWait)
	defer cancel()
	var flights []*flight
	for i, s := range m.sources {
		if f := s.ask(s.now(), last.parts[i]); f != nil {
			flights = append(flights, f)
		}
	}
	for _, f := range flights {
		f.wait(patience, nil)
	}
	return m.Keys(m.now())
}

// now is the clock of the sources, which is one and the same.
func (m *Multi) now() time.Time {
	if len(m.sources) == 0 {
		return time.Time{}
	}
	return m.sources[0].now()
}
