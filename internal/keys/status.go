// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"errors"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// Status is what an operator may want to know of a source.
type Status struct {
	Keys    []Key         // usable keys in the issuer's order
	Skipped []jwk.Skipped // keys of the document that are not used, and why
	URL     string        // where the keys were found; "" if unknown

	Stale  bool // the keys are too old, and not used any more
	Stored bool // the keys come from storage; the issuer has not answered yet

	LastAttempt time.Time // zero: never, as with the other times
	LastSuccess time.Time
	NextRefresh time.Time
	AsOf        time.Time // when the fetch that brought the keys began, in an earlier process too
	StaleAt     time.Time // when the keys will be (or were) too old
	LastError   string    // why the last fetch failed, "" if it did not
	LastKind    Kind      // its kind

	Failures  int    // failed fetches since the last success
	Fetches   uint64 // fetches begun
	Successes uint64
	Refused   uint64 // calls of Renew that were answered without a fetch since the budget was spent
}

// Key is one usable key.
type Key struct {
	ID         string   // kid, "" if the key has none
	Thumbprint string   // RFC 7638, SHA-256, base64url
	Algorithms []string // what it may verify
}

// Status returns the state of the source now.
func (s *Source) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, v := s.diary, s.current.Load()
	out := Status{
		LastAttempt: d.lastAttempt, LastSuccess: d.lastSuccess, NextRefresh: s.next,
		Failures: d.failures, Fetches: d.fetches, Successes: d.successes, Refused: d.refused,
	}
	if d.lastError != nil {
		out.LastError = d.lastError.Error()
		var f *Failure
		if errors.As(d.lastError, &f) {
			out.LastKind = f.Kind
		}
	}
	if v != nil {
		out.Keys, out.Skipped, out.URL = Describe(v.set), v.set.Skipped(), v.url
		out.AsOf = v.asOf
		out.Stale, out.Stored, out.StaleAt = !s.now().Before(v.stale), v.restored, v.stale
	}
	return out
}

// Describe lists the keys of a set, none for nil.
func Describe(set *jwk.Set) []Key {
	if set == nil {
		return nil
	}
	list := make([]Key, 0, len(set.Keys()))
	for _, k := range set.Keys() {
		list = append(list, Key{ID: k.ID, Thumbprint: k.Thumbprint, Algorithms: names(k.Algorithms)})
	}
	return list
}

func names(set jws.Algorithms) []string {
	var list []string
	for a := jws.RS256; a <= jws.EdDSA; a++ {
		if set.Has(a) {
			list = append(list, a.String())
		}
	}
	return list
}
