// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package trial

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// samplesPerKind is how many samples of a kind are kept, so that a kind with
// many differences does not push out one with few.
const samplesPerKind = 4

const kinds = 8

// Recorder counts differences. Its methods may be called by any number of
// goroutines, and none of them waits for another: a sample that cannot be kept
// at once is not kept.
type Recorder struct {
	mount        Defaults
	since        time.Time
	seen, agreed atomic.Int64
	counts       [kinds]atomic.Int64
	more, faults atomic.Int64

	mu      sync.Mutex // of samples; taken on the way of a login only if it is free
	samples [kinds][]Sample
}

// NewRecorder starts a report at a time. mount tells what limits mean that a
// role leaves to its mount.
func NewRecorder(since time.Time, mount Defaults) *Recorder {
	return &Recorder{mount: mount, since: since}
}

// Record compares what live and trial make of a login, counts it, and returns
// the difference.
func (r *Recorder) Record(at time.Time, live, trial auth.Outcome) Difference {
	d := Compare(live, trial, r.mount)
	r.seen.Add(1)
	if len(d.Kinds) == 0 {
		r.agreed.Add(1)
		return d
	}
	for _, kind := range d.Kinds {
		r.counts[kind.index()].Add(1)
	}
	if d.More {
		r.more.Add(1)
	}
	if r.mu.TryLock() {
		r.keep(sample(at, live, trial, d))
		r.mu.Unlock()
	}
	return d
}

// keep puts a sample beside the latest of its first kind.
func (r *Recorder) keep(s Sample) {
	list := &r.samples[s.Kinds[0].index()]
	if len(*list) == samplesPerKind {
		*list = slices.Delete(*list, 0, 1)
	}
	*list = append(*list, s)
}

// Fault counts a login that the trial failed to judge.
func (r *Recorder) Fault() { r.faults.Add(1) }

// Report returns what was counted so far. Counters that change meanwhile may
// differ from each other by the logins under way.
func (r *Recorder) Report() Report {
	count := func(kind Kind) int64 { return r.counts[kind.index()].Load() }
	report := Report{
		Since: r.since.UTC(), Agreed: r.agreed.Load(), Seen: r.seen.Load(),
		AllowToDeny: count(AllowToDeny), DenyToAllow: count(DenyToAllow), Reason: count(Reason),
		Policies: count(Policies), Alias: count(Alias), Groups: count(Groups), Metadata: count(Metadata), TTL: count(TTL),
		GrantsMore: r.more.Load(), Faults: r.faults.Load(), Samples: []Sample{},
	}
	r.mu.Lock()
	for _, list := range r.samples {
		report.Samples = append(report.Samples, list...)
	}
	r.mu.Unlock()
	slices.SortStableFunc(report.Samples, func(a, b Sample) int { return a.Time.Compare(b.Time) })
	return report
}
