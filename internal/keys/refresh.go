// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import "time"

// refresher launches a flight whenever one is due, until Close. While one is
// in the air, whoever launched it, there is nothing to do: its landing sets
// the next time.
func (s *Source) refresher() {
	for s.sleep() {
		s.refresh()
	}
}

// sleep returns true when the time of the next refresh may have come, and
// false when the source is closed.
func (s *Source) sleep() bool {
	var due <-chan time.Time
	if wait, scheduled := s.untilNext(); scheduled {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-s.life.Done():
		return false
	case <-s.wake:
	case <-due:
	}
	return true
}

func (s *Source) untilNext() (wait time.Duration, scheduled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next.Sub(s.now()), s.flight == nil
}

func (s *Source) refresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); !s.closed && s.flight == nil && !now.Before(s.next) {
		s.launch(now)
	}
}
