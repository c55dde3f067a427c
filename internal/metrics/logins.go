// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package metrics

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// The bounds on what logins can make of series. What is beyond them counts
// under [Other].
const (
	MaxRoles       = 200
	MaxLoginSeries = 4000
)

// Label values that no role or issuer can have as its name.
const (
	Other   = "(other)"   // roles or issuers beyond the bounds
	Several = "(several)" // more than one role at once
)

// Outcome is what became of a login or renewal.
type Outcome string

// The outcomes.
const (
	Granted Outcome = "granted"
	Refused Outcome = "refused"
	Failed  Outcome = "failed" // a fault, such as storage that does not answer
)

// Reasons of logins besides those of the engine.
const (
	ReasonAllowed       = "allowed"
	ReasonFault         = "fault"          // outcome failed
	ReasonBadRequest    = "bad_request"    // a field is missing or malformed
	ReasonNotConfigured = "not_configured" // the mount has no issuer
)

// OutcomeOf is what a reason means.
func OutcomeOf(reason string) Outcome {
	switch reason {
	case ReasonAllowed:
		return Granted
	case ReasonFault:
		return Failed
	}
	return Refused
}

// logins are the counters of logins. The table never changes: a new series
// makes a new one, so that a login that needs none reads it without a lock.
type logins struct {
	vec   *prometheus.CounterVec
	table atomic.Pointer[loginTable]
	mu    sync.Mutex // held while the table is replaced
}

// loginTable has a place for "", logins without a role, and for Other from the
// beginning.
type loginTable struct {
	roles    map[string]loginSeries
	size     int               // series in roles
	beyond   loginSeries       // when size is at its bound
	finished map[string]uint64 // by reason: logins whose series was dropped
}

type loginSeries map[loginKey]prometheus.Counter

type loginKey struct{ issuer, reason string }

func newLogins(vec *prometheus.CounterVec) *logins {
	l := &logins{vec: vec}
	l.table.Store(&loginTable{roles: map[string]loginSeries{"": nil, Other: nil}})
	return l
}

func (l *logins) count(role, issuer, reason string) {
	c := l.table.Load().find(role, issuer, reason)
	if c == nil {
		c = l.open(role, issuer, reason)
	}
	c.Inc()
}

// find returns the series that stands for a login, nil if it has to be opened.
func (t *loginTable) find(role, issuer, reason string) prometheus.Counter {
	series, met := t.roles[role]
	if !met {
		series = t.roles[t.label(role)]
	}
	if c := series[loginKey{issuer, reason}]; c != nil {
		return c
	}
	if t.size >= MaxLoginSeries {
		return t.beyond[loginKey{Other, reason}]
	}
	return nil
}

// label is the role's name, or Other if there is no room for it.
func (t *loginTable) label(role string) string {
	if _, met := t.roles[role]; !met && len(t.roles) >= MaxRoles+2 {
		return Other
	}
	return role
}

// open makes the series that stands for a login.
func (l *logins) open(role, issuer, reason string) prometheus.Counter {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.table.Load()
	if c := old.find(role, issuer, reason); c != nil {
		return c // opened meanwhile
	}
	next := *old
	var c prometheus.Counter
	if old.size >= MaxLoginSeries {
		next.beyond, c = l.extend(old.beyond, Other, loginKey{Other, reason})
	} else {
		role = old.label(role)
		next.roles = maps.Clone(old.roles)
		next.roles[role], c = l.extend(old.roles[role], role, loginKey{issuer, reason})
		next.size++
	}
	l.table.Store(&next)
	return c
}

// extend returns a copy of the series with one more.
func (l *logins) extend(old loginSeries, role string, key loginKey) (loginSeries, prometheus.Counter) {
	c := l.vec.WithLabelValues(role, key.issuer, string(OutcomeOf(key.reason)), key.reason)
	series := maps.Clone(old)
	if series == nil {
		series = loginSeries{}
	}
	series[key] = c
	return series, c
}

// forget drops the series of a role that was deleted, which makes room for
// another. A login that is under way may still count, and is lost.
func (l *logins) forget(role string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.table.Load()
	series, met := old.roles[role]
	if !met || role == "" || role == Other {
		return
	}
	next := *old
	next.roles, next.finished = maps.Clone(old.roles), maps.Clone(old.finished)
	if next.finished == nil {
		next.finished = map[string]uint64{}
	}
	delete(next.roles, role)
	next.size -= len(series)
	for key, c := range series {
		next.finished[key.reason] += value(c)
	}
	l.table.Store(&next)
	l.vec.DeletePartialMatch(prometheus.Labels{"role": role})
}

// byReason counts all logins since the beginning.
func (l *logins) byReason() map[string]uint64 {
	t := l.table.Load()
	sum := map[string]uint64{}
	maps.Copy(sum, t.finished)
	for _, series := range t.roles {
		for key, c := range series {
			sum[key.reason] += value(c)
		}
	}
	for key, c := range t.beyond {
		sum[key.reason] += value(c)
	}
	return sum
}

func value(c prometheus.Counter) uint64 {
	var m dto.Metric
	if err := c.Write(&m); err != nil {
		return 0 // it has none
	}
	return uint64(m.GetCounter().GetValue())
}
