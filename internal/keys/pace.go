// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"time"

	"golang.org/x/time/rate"
)

// pace says when the next fetch may be.
type pace struct {
	refresh time.Duration
	jitter  func() float64 // in [0, 1)
	callers *rate.Limiter  // fetches that callers cause
}

func newPace(refresh time.Duration, jitter func() float64) pace {
	return pace{refresh: refresh, jitter: jitter, callers: rate.NewLimiter(rate.Every(renewEvery), renewBurst)}
}

// spend takes one fetch from the budget of the callers.
func (p *pace) spend(now time.Time) bool { return p.callers.AllowN(now, 1) }

// afterSuccess is the time from the start of one good fetch to the next: the
// interval, or what the issuer asks for if that is shorter, less up to a tenth
// so that the nodes of a cluster drift apart. It is never longer, since a
// removed key must be gone in time.
func (p *pace) afterSuccess(maxAge time.Duration) time.Duration {
	interval := p.refresh
	if maxAge > 0 {
		interval = min(interval, max(maxAge, shortestMaxAge))
	}
	return interval - time.Duration(p.jitter()*float64(interval)/10)
}

// afterFailure is the time to wait after so many failures in a row: 1 s,
// doubling up to a minute or the interval, less up to a quarter.
func (p *pace) afterFailure(failures int) time.Duration {
	wait := retryLast
	if shift := failures - 1; shift < 6 {
		wait = retryFirst << shift
	}
	wait = max(min(wait, p.refresh), retryFirst)
	return wait - time.Duration(p.jitter()*float64(wait)/4)
}
