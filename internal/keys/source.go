// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// Source holds the keys of one issuer. Its methods are safe for concurrent use.
type Source struct {
	config      Config
	label       string // the host, for logs and errors
	fingerprint string
	fetch       fetcher
	now         func() time.Time
	pace        pace

	current atomic.Pointer[version]

	life context.Context // ends with Close
	end  context.CancelFunc
	work sync.WaitGroup // every goroutine of the source

	wake chan struct{} // the time of the next refresh has changed
	keep chan struct{} // there are keys to store

	// mu guards what follows, and nothing is waited for under it. Only landing
	// a flight (and its stand-in) changes current, under mu too.
	mu     sync.Mutex
	begun  bool
	closed bool
	flight *flight // nil if none is in the air
	next   time.Time
	diary  diary
}

var _ auth.KeySource = (*Source)(nil)

// version is one state of the keys. It never changes.
type version struct {
	set      *jwk.Set
	digest   [32]byte  // of the document; zero for stored keys
	asOf     time.Time // when the fetch began: the issuer had not removed these keys before
	stale    time.Time // from then on they are not used
	url      string
	restored bool // came from the store
}

// New checks c and returns a source without keys. It does no I/O and starts
// nothing; the first use or Start does.
func New(c Config) (*Source, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	p, err := parsePlace(c)
	if err != nil {
		return nil, err
	}
	w, err := newWeb(c)
	if err != nil {
		return nil, err
	}
	return newSource(c, p.label(), w.fetcher(p), rand.Float64), nil
}

// newSource makes the state machine around a fetcher. c has its defaults.
func newSource(c Config, label string, fetch fetcher, jitter func() float64) *Source {
	s := &Source{
		config:      c,
		label:       label,
		fingerprint: c.fingerprint(),
		fetch:       fetch,
		now:         c.Now,
		pace:        newPace(c.RefreshInterval, jitter),
		wake:        make(chan struct{}, 1),
		keep:        make(chan struct{}, 1),
	}
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// Keys implements [auth.KeySource]: the keys as of the last good fetch, nil
// before it and from MaxStale after it.
func (s *Source) Keys(now time.Time) *jwk.Set {
	v := s.current.Load()
	if v == nil || !now.Before(v.stale) {
		return nil
	}
	return v.set
}

// Renew implements [auth.KeySource]. It waits for a fetch for at most 5 s and
// no longer than ctx; the fetch itself goes on for the others. It returns at
// once if there are other keys than used already, if the callers' budget is
// spent, or if there are no keys and the issuer has just failed to answer.
func (s *Source) Renew(ctx context.Context, used *jwk.Set) *jwk.Set {
	if f := s.ask(s.now(), used); f != nil {
		patience := time.NewTimer(renewWait)
		defer patience.Stop()
		f.wait(ctx, patience.C)
	}
	return s.Keys(s.now())
}

// ask returns the flight that a caller who could do nothing with used should
// wait for, nil if there is no reason to wait. It does not block.
func (s *Source) ask(now time.Time, used *jwk.Set) *flight {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := s.Keys(now)
	switch {
	case s.closed, set != nil && set != used:
		return nil
	case s.flight != nil:
		return s.flight
	case !s.begun:
		s.pace.spend(now)
	case set == nil && now.Before(s.next):
		return nil // without keys the retries set the pace, not the callers
	case set != nil && !s.pace.spend(now):
		s.diary.refused++
		s.config.Watch.HeldBack()
		return nil
	}
	return s.launch(now)
}

// Fetch asks the issuer now and returns why that failed, a [*Failure]. A fetch
// that was under way already does not count, since the issuer may have changed
// its keys after it began; several calls share the next one. The budget of the
// callers is not touched.
func (s *Source) Fetch(ctx context.Context) error {
	after := s.flights()
	for {
		f := s.join()
		if f == nil {
			return &Failure{Kind: KindClosed, text: string(setOf(s.label)) + ": the source was closed"}
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return &Failure{
				Kind: KindAbandoned,
				text: string(setOf(s.label)) + ": the request ended before the issuer answered; the fetch goes on",
				err:  ctx.Err(),
			}
		}
		if f.number > after {
			return f.err
		}
	}
}

func (s *Source) flights() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.diary.fetches
}

// join returns the flight in the air, or a new one; nil after Close.
func (s *Source) join() *flight {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight == nil && !s.closed {
		s.launch(s.now())
	}
	if s.closed {
		return nil
	}
	return s.flight
}

// Start fetches the keys in the background and keeps them fresh, as the first
// use would. It does not block, and later calls do nothing.
func (s *Source) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun && !s.closed {
		s.launch(s.now())
	}
}

// Close ends the fetch in the air and everything else that the source started,
// and waits for it. The keys at hand stay readable until they are stale, but
// they never change again. Do not call it from a Store or Logger of the source.
func (s *Source) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.work.Wait()
}
