// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package trial

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
)

func at(second int) time.Time { return time.Unix(int64(second), 0) }

func TestRecorderCountsEachKind(t *testing.T) {
	t.Parallel()
	r := NewRecorder(at(1), Defaults{})
	r.Record(at(2), allowed(nil), allowed(nil))
	r.Record(at(3), allowed(nil), denied(auth.Subject))
	r.Record(at(4), denied(auth.Subject), allowed(nil))
	r.Record(at(5), denied(auth.Subject), denied(auth.Audience))
	r.Record(at(6), allowed(nil), allowed(func(g *auth.Grant) {
		g.Policies, g.Alias, g.Groups, g.Metadata, g.TTL = nil, "bob", nil, nil, 1
	}))
	r.Fault()
	report := r.Report()
	require.Equal(t, at(1).UTC(), report.Since)
	require.EqualValues(t, 5, report.Seen)
	require.EqualValues(t, 1, report.Agreed)
	for _, kind := range Kinds() {
		require.EqualValues(t, 1, report.Count(kind), kind)
	}
	require.EqualValues(t, 2, report.GrantsMore)
	require.EqualValues(t, 1, report.Faults)
	require.Len(t, report.Samples, 4)
	require.Equal(t, Sample{
		Time: at(3).UTC(), Kinds: []Kind{AllowToDeny}, Role: "ci", Issuer: "default",
		LiveReason: auth.Allowed, TrialReason: auth.Subject, TrialAbout: "team",
	}, report.Samples[0])
}

// The JSON has one counter a kind under the kind's own name.
func TestReportNames(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(NewRecorder(at(1), Defaults{}).Report())
	require.NoError(t, err)
	var names map[string]any
	require.NoError(t, json.Unmarshal(text, &names))
	for _, kind := range Kinds() {
		require.Contains(t, names, string(kind))
	}
	for _, name := range []string{"seen", "agreed", "grants_more", "faults", "samples", "since"} {
		require.Contains(t, names, name)
	}
	require.Len(t, names, len(Kinds())+6)
}

func TestSamplesAreFewAndTheLatest(t *testing.T) {
	t.Parallel()
	r := NewRecorder(at(0), Defaults{})
	long := make([]string, 100)
	for i := range long {
		long[i] = fmt.Sprintf("policy-%03d", i)
	}
	r.Record(at(1), denied(auth.Subject), denied(auth.Audience))
	for i := range 100 {
		r.Record(at(2+i), allowed(nil), allowed(func(g *auth.Grant) { g.Policies = long }))
	}
	samples := r.Report().Samples
	require.Len(t, samples, 1+samplesPerKind, "one kind does not push out another")
	require.Equal(t, []Kind{Reason}, samples[0].Kinds)
	require.Equal(t, at(101).UTC(), samples[samplesPerKind].Time)
	require.Len(t, samples[1].PoliciesAdded, maxNames)
}

// What another process answers may be as long as it likes; samples stay short.
func TestSamplesAreShort(t *testing.T) {
	t.Parallel()
	r, long := NewRecorder(at(0), Defaults{}), strings.Repeat("x", 100<<10)
	trial := denied(auth.Reason(long))
	trial.About = long
	r.Record(at(1), denied(auth.Subject), trial)
	r.Record(at(2), allowed(nil), allowed(func(g *auth.Grant) {
		g.Policies, g.Metadata = []string{long, "deploy", "read"}, map[string]string{"role": "ci", "team": "a", long: "x"}
	}))
	samples := r.Report().Samples
	require.Len(t, samples, 2)
	short := expr.Shorten(long)
	require.Less(t, len(short), 600)
	require.Equal(t, auth.Reason(short), samples[0].TrialReason)
	require.Equal(t, short, samples[0].TrialAbout)
	require.Equal(t, "team", samples[0].LiveAbout, "what is short stays as it is")
	require.Equal(t, []string{short}, samples[1].PoliciesAdded)
	require.Equal(t, []string{short}, samples[1].Metadata)
}

// Nobody waits: while samples are read, logins are counted and go on.
func TestRecordingDoesNotWaitForReaders(t *testing.T) {
	t.Parallel()
	r := NewRecorder(at(0), Defaults{})
	r.mu.Lock()
	r.Record(at(1), allowed(nil), denied(auth.Subject))
	r.mu.Unlock()
	report := r.Report()
	require.EqualValues(t, 1, report.AllowToDeny)
	require.Empty(t, report.Samples)
}

func TestRecordingFromManySides(t *testing.T) {
	t.Parallel()
	r := NewRecorder(at(0), Defaults{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for i := range 50 {
				r.Record(at(i), allowed(nil), allowed(func(g *auth.Grant) { g.TTL = int64(600 + i%2) }))
				r.Report()
			}
		})
	}
	all.Wait()
	report := r.Report()
	require.EqualValues(t, 1000, report.Seen)
	require.EqualValues(t, 500, report.Agreed)
	require.EqualValues(t, 500, report.TTL)
	require.EqualValues(t, 500, report.GrantsMore)
}

//nolint:paralleltest // allocations are counted for the whole process
func TestAgreementCostsNothing(t *testing.T) {
	r, o, same := NewRecorder(at(0), Defaults{}), allowed(nil), allowed(nil)
	require.Zero(t, testing.AllocsPerRun(100, func() { r.Record(at(1), o, same) }))
}
