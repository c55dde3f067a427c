// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Report is what the live mount found when it compared its decisions with
// those of the staged one.
type Report struct {
	Seen     int64 `json:"seen"`   // logins that were compared
	Agreed   int64 `json:"agreed"` // without any difference
	Mirrored int64 `json:"mirrored"`
	Dropped  int64 `json:"dropped"` // not mirrored, since the queue was full
	Errors   int64 `json:"errors"`  // mirrored, and not answered
	Faults   int64 `json:"faults"`  // that the new version failed to judge
	// GrantsMore counts logins for which the new version would give more.
	GrantsMore  int64            `json:"grants_more"`
	Differences map[string]int64 `json:"differences"` // by kind; those that are 0 too
	Samples     []any            `json:"samples"`
	Other       map[string]any   `json:"other"` // what else the mount tells
}

// Kinds are the names of differences, in the order of their weight.
func Kinds() []string {
	return []string{"deny_to_allow", "allow_to_deny", "policies", "alias", "groups", "metadata", "ttl", "reason"}
}

// Report reads the comparison.
func (r *Rollout) Report(ctx context.Context) (*Report, error) {
	data, err := r.vault.Read(ctx, r.shadowPath()+"/report")
	if missing(err) || (err == nil && data == nil) {
		return nil, refuse("auth/%s compares nothing: nothing is staged (`plugin new`), or the version that it runs cannot mirror", r.live)
	}
	if err != nil {
		return nil, err
	}
	return parseReport(data), nil
}

func parseReport(data map[string]any) *Report {
	rest := maps.Clone(data)
	take := func(name string) int64 {
		n, _ := number(rest[name])
		delete(rest, name)
		return n
	}
	report := &Report{
		Seen: take("seen"), Agreed: take("agreed"), Mirrored: take("mirrored"), Dropped: take("dropped"), Errors: take("errors"), GrantsMore: take("grants_more"),
		Faults:      take("faults"),
		Differences: map[string]int64{},
	}
	nested, _ := rest["differences"].(map[string]any)
	delete(rest, "differences")
	for _, kind := range Kinds() {
		n, _ := number(nested[kind])
		report.Differences[kind] = take(kind) + n
	}
	// A kind that a later version counts is a difference too.
	for kind, value := range nested {
		if n, is := number(value); is && !slices.Contains(Kinds(), kind) {
			report.Differences[kind] = n
		}
	}
	report.Samples, _ = rest["samples"].([]any)
	delete(rest, "samples")
	report.Other = rest
	return report
}

func number(value any) (int64, bool) {
	switch n := value.(type) {
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	case float64:
		return int64(n), true
	}
	return 0, false
}

// Waived are the differences that somebody has looked at and accepts, and how
// many logins are enough.
type Waived struct {
	MinLogins int64
	Accept    []string // kinds, or "grants_more", "errors", "faults", "siblings"
}

// Against are the reasons not to promote, in words; none when all is well.
func (rep *Report) Against(w Waived) []string {
	var why []string
	if rep.Seen < w.MinLogins {
		why = append(why, fmt.Sprintf("only %d logins were compared, and %d are wanted (-min-logins)", rep.Seen, w.MinLogins))
	}
	for _, kind := range slices.Sorted(maps.Keys(rep.Differences)) {
		if n := rep.Differences[kind]; n > 0 && !slices.Contains(w.Accept, kind) {
			why = append(why, fmt.Sprintf("%d logins differ in %s", n, kind))
		}
	}
	if rep.GrantsMore > 0 && !slices.Contains(w.Accept, "grants_more") {
		why = append(why, fmt.Sprintf("%d logins would be given more than now (grants_more)", rep.GrantsMore))
	}
	if rep.Faults > 0 && !slices.Contains(w.Accept, "faults") {
		why = append(why, fmt.Sprintf("%d logins were not judged because of a bug (faults)", rep.Faults))
	}
	if rep.Errors > 0 && !slices.Contains(w.Accept, "errors") {
		why = append(why, fmt.Sprintf("%d mirrored logins were not answered (errors)", rep.Errors))
	}
	return why
}

// Accepted are the names that [Waived.Accept] may hold.
func Accepted() []string { return append(Kinds(), "grants_more", "errors", "faults", "siblings") }

// CheckAccept refuses names of which there are none, so that a slip of the
// fingers does not look like consent.
func CheckAccept(names []string) error {
	for _, name := range names {
		if !slices.Contains(Accepted(), name) {
			return refuse("there is no difference %q to accept; there are %s", name, strings.Join(Accepted(), ", "))
		}
	}
	return nil
}
