// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package shadow

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/trial"
)

// Report is what a mirror has found. The JSON names are stable.
type Report struct {
	trial.Report
	Mirrored     int64            `json:"mirrored"`       // put into the queue
	Dropped      int64            `json:"dropped"`        // not put there, as it, or the share of strangers, was full
	Errors       int64            `json:"errors"`         // mirrored, and without an answer to compare
	ErrorsByKind map[string]int64 `json:"errors_by_kind"` // every kind, those with 0 too

	// Milliseconds, to the next higher step of about 20%. The live mount's are
	// those of the decision; the staged mount's have the way there and back, and
	// the server's own work, in them.
	LiveP50   float64 `json:"live_p50_ms"`
	LiveP99   float64 `json:"live_p99_ms"`
	StagedP50 float64 `json:"staged_p50_ms"`
	StagedP99 float64 `json:"staged_p99_ms"`
}

// ledger is one report in the making.
type ledger struct {
	recorder          *trial.Recorder
	mirrored, dropped atomic.Int64
	errors            map[string]*atomic.Int64
	live, staged      histogram
}

func newLedger(since time.Time, mount trial.Defaults) *ledger {
	l := &ledger{recorder: trial.NewRecorder(since, mount), errors: map[string]*atomic.Int64{}}
	for _, kind := range errorKinds() {
		l.errors[kind] = new(atomic.Int64)
	}
	return l
}

func (l *ledger) fail(kind string) { l.errors[kind].Add(1) }

func (l *ledger) report() Report {
	r := Report{
		Report: l.recorder.Report(), Mirrored: l.mirrored.Load(), Dropped: l.dropped.Load(), ErrorsByKind: map[string]int64{},
		LiveP50: l.live.quantile(0.5), LiveP99: l.live.quantile(0.99), StagedP50: l.staged.quantile(0.5), StagedP99: l.staged.quantile(0.99),
	}
	for kind, n := range l.errors {
		r.ErrorsByKind[kind] = n.Load()
		r.Errors += n.Load()
	}
	return r
}

// histogram counts durations in steps of a quarter of a power of two, from a
// microsecond to some minutes.
type histogram [128]atomic.Int64

func (h *histogram) add(d time.Duration) {
	us := max(float64(d)/float64(time.Microsecond), 1)
	h[min(int(math.Ceil(4*math.Log2(us))), len(h)-1)].Add(1)
}

// quantile returns the upper end, in milliseconds, of the step in which the
// part q of all durations is reached; 0 if there are none.
func (h *histogram) quantile(q float64) float64 {
	var counts [len(h)]int64
	total := int64(0)
	for i := range h {
		counts[i] = h[i].Load()
		total += counts[i]
	}
	if total == 0 {
		return 0
	}
	rank, sum := int64(math.Ceil(q*float64(total))), int64(0)
	for i, n := range counts {
		if sum += n; sum >= rank {
			return math.Round(math.Exp2(float64(i)/4)) / 1000
		}
	}
	return 0
}
