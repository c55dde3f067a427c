// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package trial

import (
	"maps"
	"slices"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// Difference is how the trial's outcome differs from the live one. The zero
// value is none. It holds names that roles and policies have, and no value of a
// claim but as far as a policy is made of one.
type Difference struct {
	Kinds []Kind // in the order of Kinds

	// More tells that the trial gives more, or that it cannot be told to give
	// no more: a login, a policy or a group that the live one does not give, a
	// longer life, a looser limit, another alias, or metadata that is new or
	// changed, on which a policy may depend.
	More bool

	PoliciesAdded, PoliciesRemoved []string
	GroupsAdded, GroupsRemoved     int
	Metadata                       []string // keys whose values differ, sorted
	Limits                         []string // the limits that differ
}

// Defaults are the TTLs of a mount, in seconds, that apply where a role has
// none of its own. 0 if not known.
type Defaults struct {
	TTL, MaxTTL int64
}

// Compare compares what live and trial make of one login.
func Compare(live, trial auth.Outcome, mount Defaults) Difference {
	switch {
	case live.Allowed && !trial.Allowed:
		return Difference{Kinds: []Kind{AllowToDeny}}
	case !live.Allowed && trial.Allowed:
		return Difference{Kinds: []Kind{DenyToAllow}, More: true}
	case !live.Allowed && live.Reason != trial.Reason:
		return Difference{Kinds: []Kind{Reason}}
	case !live.Allowed:
		return Difference{}
	}
	var d Difference
	if live.Grant == nil || trial.Grant == nil {
		// An outcome that was read from elsewhere and is not whole.
		if live.Grant != trial.Grant {
			d.add(Policies, true)
		}
		return d
	}
	d.compareGrants(live.Grant, trial.Grant, mount)
	return d
}

func (d *Difference) add(kind Kind, more bool) {
	d.Kinds = append(d.Kinds, kind)
	d.More = d.More || more
}

func (d *Difference) compareGrants(live, trial *auth.Grant, mount Defaults) {
	if live.NoDefaultPolicy != trial.NoDefaultPolicy || !slices.Equal(live.Policies, trial.Policies) {
		d.PoliciesAdded, d.PoliciesRemoved = changed(policies(live), policies(trial))
	}
	if len(d.PoliciesAdded)+len(d.PoliciesRemoved) > 0 {
		d.add(Policies, len(d.PoliciesAdded) > 0)
	}
	if live.Alias != trial.Alias {
		d.add(Alias, true)
	}
	added, removed := changed(live.Groups, trial.Groups)
	d.GroupsAdded, d.GroupsRemoved = len(added), len(removed)
	if d.GroupsAdded+d.GroupsRemoved > 0 {
		d.add(Groups, d.GroupsAdded > 0)
	}
	d.compareMetadata(live, trial)
	d.compareLimits(live.Limits, trial.Limits, mount)
}

// policies are those that a token will have. Vault adds "default" by itself.
func policies(g *auth.Grant) []string {
	if g.NoDefaultPolicy || slices.Contains(g.Policies, "default") {
		return g.Policies
	}
	return append(slices.Clip(g.Policies), "default")
}

// changed returns what was added and what was removed, sorted. The order of the
// lists has no meaning.
func changed(live, trial []string) (added, removed []string) {
	if slices.Equal(live, trial) {
		return nil, nil
	}
	return missing(trial, live), missing(live, trial)
}

// missing returns the names of list that are not in the other one, each once.
func missing(list, other []string) []string {
	known := make(map[string]bool, len(other))
	for _, name := range other {
		known[name] = true
	}
	var names []string
	for _, name := range list {
		if !known[name] {
			known[name] = true
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (d *Difference) compareMetadata(live, trial *auth.Grant) {
	keys := map[string]bool(nil)
	more := false
	for _, pair := range [...][2]map[string]string{{live.Metadata, trial.Metadata}, {live.AliasMetadata, trial.AliasMetadata}} {
		if maps.Equal(pair[0], pair[1]) {
			continue
		}
		if keys == nil {
			keys = map[string]bool{}
		}
		for key, value := range pair[1] {
			if was, found := pair[0][key]; !found || was != value {
				keys[key], more = true, true
			}
		}
		for key := range pair[0] {
			if _, found := pair[1][key]; !found {
				keys[key] = true
			}
		}
	}
	if len(keys) > 0 {
		d.Metadata = slices.Sorted(maps.Keys(keys))
		d.add(Metadata, more)
	}
}
