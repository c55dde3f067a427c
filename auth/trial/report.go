// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package trial

import (
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
)

// Report is what a trial has shown. The JSON names are stable.
type Report struct {
	Since  time.Time `json:"since"`  // when counting began: with the first login, a restart or a reset
	Seen   int64     `json:"seen"`   // logins that both have judged
	Agreed int64     `json:"agreed"` // those with no difference

	// One counter a kind. A login counts in each kind in which it differs.
	AllowToDeny int64 `json:"allow_to_deny"`
	DenyToAllow int64 `json:"deny_to_allow"`
	Reason      int64 `json:"reason"`
	Policies    int64 `json:"policies"`
	Alias       int64 `json:"alias"`
	Groups      int64 `json:"groups"`
	Metadata    int64 `json:"metadata"`
	TTL         int64 `json:"ttl"`

	GrantsMore int64    `json:"grants_more"` // logins to which the trial gives, or may give, more
	Faults     int64    `json:"faults"`      // logins that the trial failed to judge; not among those seen
	Samples    []Sample `json:"samples"`     // the latest few of each kind, oldest first
}

// Count returns the counter of a kind.
func (r Report) Count(kind Kind) int64 {
	switch kind {
	case AllowToDeny:
		return r.AllowToDeny
	case DenyToAllow:
		return r.DenyToAllow
	case Reason:
		return r.Reason
	case Policies:
		return r.Policies
	case Alias:
		return r.Alias
	case Groups:
		return r.Groups
	case Metadata:
		return r.Metadata
	case TTL:
		return r.TTL
	}
	return 0
}

// Sample is one login on which live and trial differ, without what its token
// held: names of policies, metadata keys and limits, and numbers. The trial may
// be answered from elsewhere, so each name is shortened to [expr.ShownBytes].
type Sample struct {
	Time            time.Time   `json:"time"`
	Kinds           []Kind      `json:"kinds"`
	GrantsMore      bool        `json:"grants_more"`
	Role            string      `json:"role"`
	Issuer          string      `json:"issuer"`
	LiveReason      auth.Reason `json:"live_reason"`
	TrialReason     auth.Reason `json:"trial_reason"`
	LiveAbout       string      `json:"live_about,omitempty"`  // the configured name that the reason is about
	TrialAbout      string      `json:"trial_about,omitempty"` // likewise
	PoliciesAdded   []string    `json:"policies_added,omitempty"`
	PoliciesRemoved []string    `json:"policies_removed,omitempty"`
	GroupsAdded     int         `json:"groups_added,omitempty"`
	GroupsRemoved   int         `json:"groups_removed,omitempty"`
	Metadata        []string    `json:"metadata,omitempty"` // keys
	Limits          []string    `json:"limits,omitempty"`   // names
}

// maxNames bounds each list of names in a sample.
const maxNames = 16

func sample(at time.Time, live, trial auth.Outcome, d Difference) Sample {
	s := Sample{
		Time: at.UTC(), Kinds: d.Kinds, GrantsMore: d.More, Role: expr.Shorten(live.Role), Issuer: expr.Shorten(live.Issuer),
		LiveReason: live.Reason, LiveAbout: expr.Shorten(live.About),
		TrialReason: auth.Reason(expr.Shorten(string(trial.Reason))), TrialAbout: expr.Shorten(trial.About),
		PoliciesAdded: few(d.PoliciesAdded), PoliciesRemoved: few(d.PoliciesRemoved),
		GroupsAdded: d.GroupsAdded, GroupsRemoved: d.GroupsRemoved, Metadata: few(d.Metadata), Limits: d.Limits,
	}
	return s
}

// few keeps the first names, each shortened. The list is a copy, so that a long
// one does not stay in memory.
func few(names []string) []string {
	var list []string
	for _, name := range names[:min(len(names), maxNames)] {
		list = append(list, expr.Shorten(name))
	}
	return list
}
