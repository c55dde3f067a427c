// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// answers remembers what an issuer said of tokens, by their hash. Refusals have
// a memory of their own, so that no number of bad tokens pushes a good one out.
type answers struct {
	good *lru.Cache[[sha256.Size]byte, kept]
	bad  *lru.Cache[[sha256.Size]byte, time.Time] // until when
}

type kept struct {
	told
	until time.Time
}

func newAnswers() *answers {
	good, _ := lru.New[[sha256.Size]byte, kept](cachedAnswers) // fails for no size alone
	bad, _ := lru.New[[sha256.Size]byte, time.Time](cachedRefusals)
	return &answers{good, bad}
}

// get returns what was said of the token if that still counts.
func (m *answers) get(key [sha256.Size]byte, now time.Time) (told, bool) {
	if k, found := m.good.Get(key); found {
		if now.Before(k.until) {
			return k.told, true
		}
		m.good.Remove(key)
	}
	if until, found := m.bad.Get(key); found && now.Before(until) {
		return told{}, true
	}
	return told{}, false
}

// put remembers an answer: of an active token until its exp and no longer than
// ttl, of another for a moment. A token without exp, or with a long answer, is
// asked about each time.
func (m *answers) put(key [sha256.Size]byte, a told, now time.Time, ttl time.Duration) {
	if !a.active {
		m.good.Remove(key)
		m.bad.Add(key, now.Add(min(ttl, refusalTTL)))
		return
	}
	until := now.Add(ttl)
	if a.ends.Before(until) {
		until = a.ends
	}
	if now.Before(until) && len(a.body) <= maxCachedBytes {
		m.good.Add(key, kept{a, until})
	}
}
