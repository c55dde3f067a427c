// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// Store keeps the keys of one source over restarts, so that logins go on when
// Vault restarts while the issuer is down. It is called from goroutines of the
// source, never under a lock, one call at a time each for loading and saving,
// and must return when the context ends: after 2 s for Load, 5 s for Save.
type Store interface {
	// Load returns what was saved last, nil if there is nothing.
	Load(context.Context) (*Record, error)
	// Save keeps the record in place of what was there.
	Save(context.Context, Record) error
}

// Record is what a [Store] keeps.
type Record struct {
	// Fingerprint names the source. The keys of another one are not used.
	Fingerprint string    `json:"fingerprint"`
	FetchedAt   time.Time `json:"fetched_at"`
	// Document is a JWK Set of the usable keys, written anew from their public
	// parts: nothing else that the issuer sent is stored.
	Document []byte `json:"document"`
}

// spare returns stored keys that may stand in if the issuer does not answer,
// nil if the source has keys or there are none. f is in the air.
func (s *Source) spare(f *flight) (v *version) {
	if s.config.Store == nil || s.current.Load() != nil {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			v = nil
			s.logPanic("loading the stored keys of an issuer panicked", r)
		}
	}()
	record := s.load()
	if record == nil || record.Fingerprint != s.fingerprint {
		return nil
	}
	set, err := jwk.ParseSet(record.Document)
	if err != nil {
		return nil
	}
	if set, err = set.Pinned(s.config.Pins); err != nil {
		return nil
	}
	// A time in the future would make the keys last longer than they may.
	fetched := record.FetchedAt
	if fetched.After(f.started) {
		fetched = f.started
	}
	v = &version{set: set, asOf: fetched, stale: s.staleAfter(fetched), restored: true}
	if !f.started.Before(v.stale) {
		return nil
	}
	return v
}

func (s *Source) load() *Record {
	ctx, cancel := context.WithTimeout(s.life, loadTimeout)
	defer cancel()
	record, err := s.config.Store.Load(ctx)
	if err != nil {
		s.config.Logger.Warn("stored keys of an issuer could not be loaded", "issuer_host", s.label, "error", err.Error())
		return nil
	}
	return record
}

// grace is how long the issuer has before the spare keys are used. As long as
// they are younger than the refresh interval they are as good as an answer; a
// key that was removed since is no older than one that was never stored. Older
// ones wait, so that they do not outvote an issuer that is up.
func (s *Source) grace(f *flight, spare *version) time.Duration {
	if f.started.Sub(spare.asOf) < s.config.RefreshInterval {
		return 0
	}
	return storedGrace
}

// standIn makes the spare keys usable while f is still in the air.
func (s *Source) standIn(f *flight, spare *version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight == f && !s.closed {
		s.install(spare)
		f.release()
	}
}

// install uses spare keys if there are no others. mu is held.
func (s *Source) install(spare *version) {
	if spare != nil && s.current.Load() == nil {
		s.current.Store(spare)
	}
}

// keeper saves keys after successful fetches: new ones at once, unchanged ones
// from time to time, since their age counts when they are loaded.
func (s *Source) keeper() {
	var saved version
	for {
		select {
		case <-s.life.Done():
			return
		case <-s.keep:
		}
		v := s.current.Load()
		if v.set == saved.set && v.asOf.Sub(saved.asOf) < s.config.MaxStale/savesPerStale {
			continue
		}
		if s.save(v) {
			saved = *v
		}
	}
}

func (s *Source) save(v *version) (ok bool) {
	ctx, cancel := context.WithTimeout(s.life, saveTimeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			ok = false
			s.logPanic("storing the keys of an issuer panicked", r)
		}
	}()
	record := Record{Fingerprint: s.fingerprint, FetchedAt: v.asOf.UTC().Round(0), Document: publicDocument(v.set)}
	if err := s.config.Store.Save(ctx, record); err != nil {
		s.config.Logger.Warn("keys of an issuer could not be stored", "issuer_host", s.label, "error", err.Error())
		return false
	}
	return true
}
