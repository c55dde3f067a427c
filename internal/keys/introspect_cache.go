// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"crypto/sha256"
	"sync"
	"time"
)

// answers remembers what an issuer said of tokens, by their hash. Refusals have
// a memory of their own, so that no number of bad tokens pushes a good one out.
// It is safe for concurrent use.
type answers struct {
	mu   sync.Mutex
	good bounded[kept]
	bad  bounded[time.Time] // until when
}

type kept struct {
	told
	until time.Time
}

func newAnswers() *answers {
	return &answers{good: newBounded[kept](cachedAnswers), bad: newBounded[time.Time](cachedRefusals)}
}

// bounded is a map that lets go of the key that came first when it is full.
type bounded[V any] struct {
	values map[[sha256.Size]byte]V
	order  [][sha256.Size]byte // of arrival, a ring; it may hold keys that are gone
	next   int
}

func newBounded[V any](size int) bounded[V] {
	return bounded[V]{values: map[[sha256.Size]byte]V{}, order: make([][sha256.Size]byte, size)}
}

func (b *bounded[V]) add(key [sha256.Size]byte, v V) {
	if _, found := b.values[key]; !found {
		// Where a key came twice, its later stay ends with the earlier one.
		delete(b.values, b.order[b.next])
		b.order[b.next] = key
		b.next = (b.next + 1) % len(b.order)
	}
	b.values[key] = v
}

// get returns what was said of the token if that still counts.
func (m *answers) get(key [sha256.Size]byte, now time.Time) (told, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k, found := m.good.values[key]; found {
		if now.Before(k.until) {
			return k.told, true
		}
		delete(m.good.values, key)
	}
	until, found := m.bad.values[key]
	return told{}, found && now.Before(until)
}

// put remembers an answer: of an active token until its exp and no longer than
// ttl, of another for a moment. A token without exp, or with a long answer, is
// asked about each time.
func (m *answers) put(key [sha256.Size]byte, a told, now time.Time, ttl time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !a.active {
		delete(m.good.values, key)
		m.bad.add(key, now.Add(min(ttl, refusalTTL)))
		return
	}
	until := now.Add(ttl)
	if a.ends.Before(until) {
		until = a.ends
	}
	if now.Before(until) && len(a.body) <= maxCachedBytes {
		m.good.add(key, kept{a, until})
	}
}
