// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"crypto/sha256"
	"errors"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// flight is one fetch, shared by all who want one while it is in the air. It
// belongs to the source and not to the caller who launched it.
type flight struct {
	number   uint64 // from 1
	started  time.Time
	answered bool          // answer is closed; guarded by Source.mu
	answer   chan struct{} // closed when it is worth looking at the keys again
	done     chan struct{} // closed at the end
	err      error         // may be read after done
}

// wait returns when the flight has an answer, or ctx or patience ends.
func (f *flight) wait(ctx context.Context, patience <-chan time.Time) {
	select {
	case <-f.answer:
	case <-ctx.Done():
	case <-patience:
	}
}

// release lets those who wait for keys go on. Source.mu is held.
func (f *flight) release() {
	if !f.answered {
		f.answered = true
		close(f.answer)
	}
}

// launch starts a flight, and with the first one the goroutines of the source.
// mu is held, no flight is in the air and the source is not closed.
func (s *Source) launch(now time.Time) *flight {
	if !s.begun {
		s.begun = true
		s.work.Go(s.refresher)
		if s.config.Store != nil {
			s.work.Go(s.keeper)
		}
	}
	s.diary.fetches++
	s.diary.lastAttempt = now
	s.flight = &flight{number: s.diary.fetches, started: now, answer: make(chan struct{}), done: make(chan struct{})}
	f := s.flight
	s.work.Go(func() { s.fly(f) })
	return f
}

// fly is the life of a flight.
func (s *Source) fly(f *flight) {
	ctx, cancel := context.WithTimeout(s.life, fetchTimeout)
	defer cancel()
	spare := s.spare(f)
	if spare != nil {
		grace := time.AfterFunc(s.grace(f, spare), func() { s.standIn(f, spare) })
		defer grace.Stop()
	}
	v, maxAge, err := s.attempt(ctx, f)
	notes := s.land(f, v, maxAge, err, spare)
	notes.write(s.config.Logger, s.label)
}

// attempt fetches and judges the document, outside of any lock. A panic is a
// failure like another: it must not take the process along.
func (s *Source) attempt(ctx context.Context, f *flight) (v *version, maxAge time.Duration, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.logPanic("fetching the keys of an issuer panicked", r)
			v, err = nil, setOf(s.label).failure(KindInternal, "the fetch failed in this program; its log has the details")
		}
	}()
	doc, err := s.fetch(ctx)
	if err != nil {
		return nil, 0, err
	}
	set, hint, err := s.config.parse(doc.body)
	if hint > 0 && (doc.maxAge == 0 || hint < doc.maxAge) {
		doc.maxAge = hint
	}
	v = &version{digest: sha256.Sum256(doc.body), asOf: f.started, stale: s.staleAfter(f.started), url: doc.url}
	// The same bytes are the same keys: the set stays the very same, and with it
	// whatever is cached by it.
	if old := s.current.Load(); old != nil && old.digest == v.digest {
		v.set = old.set
		return v, doc.maxAge, nil
	}
	if err != nil {
		return nil, 0, s.unusable(err)
	}
	v.set = set
	return v, doc.maxAge, nil
}

func (s *Source) unusable(err error) error {
	var fault jwk.Fault
	if !errors.As(err, &fault) {
		fault = jwk.FaultDocument
	}
	f := setOf(s.label).failure(KindDocument, fault.Error())
	f.err = fault
	return f
}

// staleAfter drops the monotonic reading: staleness is judged by the same
// clock as the times in tokens, also after the machine slept.
func (s *Source) staleAfter(fetched time.Time) time.Time {
	return fetched.Round(0).Add(s.config.MaxStale)
}

// land installs what the flight brought, or keeps what there is, and sets the
// time of the next. After Close it installs nothing.
func (s *Source) land(f *flight, v *version, maxAge time.Duration, err error, spare *version) notes {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	f.err = err
	defer close(f.done)
	defer f.release()
	if s.closed {
		return notes{}
	}
	s.config.Watch.Fetched(err)
	now := s.now()
	if err != nil {
		s.install(spare)
		n := s.diary.failed(err, s.Keys(now) == nil)
		s.next = now.Add(s.pace.afterFailure(s.diary.failures))
		signal(s.wake)
		return n
	}
	n := s.diary.succeeded(f.started, s.current.Load(), v)
	s.current.Store(v)
	s.next = f.started.Add(s.pace.afterSuccess(maxAge))
	signal(s.wake)
	signal(s.keep)
	return n
}

// logPanic logs where it happened. The value is left out unless it is of the
// runtime, whose errors quote no data.
func (s *Source) logPanic(msg string, value any) {
	cause := "not an error of the runtime"
	if err, ok := value.(runtime.Error); ok {
		cause = err.Error()
	}
	s.config.Logger.Warn(msg, "issuer_host", s.label, "cause", cause, "stack", string(debug.Stack()))
}

// signal wakes a goroutine that looks at the whole state, so that one pending
// signal is as good as many.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
