// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package trial

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

func allowed(change func(*auth.Grant)) auth.Outcome {
	g := &auth.Grant{
		User: "alice", Alias: "alice", Groups: []string{"dev", "ops"}, Metadata: map[string]string{"role": "ci", "team": "a"},
		Policies: []string{"deploy", "read"}, Limits: auth.Limits{TTL: 600, TokenType: "default", BoundCIDRs: []string{"192.0.2.0/24"}},
	}
	if change != nil {
		change(g)
	}
	return auth.Outcome{Allowed: true, Reason: auth.Allowed, Role: "ci", Issuer: "default", Grant: g}
}

func denied(reason auth.Reason) auth.Outcome {
	return auth.Outcome{Reason: reason, About: "team", Role: "ci", Issuer: "default"}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		live, trial auth.Outcome
		want        Difference
	}{
		"both allow":                   {allowed(nil), allowed(nil), Difference{}},
		"both deny":                    {denied(auth.Subject), denied(auth.Subject), Difference{}},
		"another reason":               {denied(auth.Subject), denied(auth.Audience), Difference{Kinds: []Kind{Reason}}},
		"tightened":                    {allowed(nil), denied(auth.Subject), Difference{Kinds: []Kind{AllowToDeny}}},
		"loosened":                     {denied(auth.Subject), allowed(nil), Difference{Kinds: []Kind{DenyToAllow}, More: true}},
		"an allowance without a grant": {allowed(nil), auth.Outcome{Allowed: true}, Difference{Kinds: []Kind{Policies}, More: true}},
	} {
		require.Equal(t, test.want, Compare(test.live, test.trial, Defaults{}), name)
	}
}

// Each case changes the trial's grant alone; the twin with both sides changed
// is no difference.
func TestGrants(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*auth.Grant)
		want   Difference
	}{
		"policy added": {func(g *auth.Grant) { g.Policies = []string{"deploy", "read", "write"} },
			Difference{Kinds: []Kind{Policies}, More: true, PoliciesAdded: []string{"write"}}},
		"policy removed": {func(g *auth.Grant) { g.Policies = []string{"read"} },
			Difference{Kinds: []Kind{Policies}, PoliciesRemoved: []string{"deploy"}}},
		"policies in another order": {func(g *auth.Grant) { g.Policies = []string{"read", "deploy"} }, Difference{}},
		"default policy named":      {func(g *auth.Grant) { g.Policies = []string{"deploy", "read", "default"} }, Difference{}},
		"no default policy": {func(g *auth.Grant) { g.NoDefaultPolicy = true },
			Difference{Kinds: []Kind{Policies}, PoliciesRemoved: []string{"default"}}},
		"alias": {func(g *auth.Grant) { g.Alias = "bob" }, Difference{Kinds: []Kind{Alias}, More: true}},
		"group added": {func(g *auth.Grant) { g.Groups = []string{"ops", "dev", "sec"} },
			Difference{Kinds: []Kind{Groups}, More: true, GroupsAdded: 1}},
		"groups removed": {func(g *auth.Grant) { g.Groups = nil }, Difference{Kinds: []Kind{Groups}, GroupsRemoved: 2}},
		"metadata changed": {func(g *auth.Grant) { g.Metadata = map[string]string{"role": "ci", "team": "b"} },
			Difference{Kinds: []Kind{Metadata}, More: true, Metadata: []string{"team"}}},
		"metadata removed": {func(g *auth.Grant) { g.Metadata = map[string]string{"role": "ci"} },
			Difference{Kinds: []Kind{Metadata}, Metadata: []string{"team"}}},
		"alias metadata": {func(g *auth.Grant) { g.AliasMetadata = map[string]string{"note": "x"} },
			Difference{Kinds: []Kind{Metadata}, More: true, Metadata: []string{"note"}}},
		"several": {func(g *auth.Grant) { g.Policies, g.TTL = nil, 60 },
			Difference{Kinds: []Kind{Policies, TTL}, PoliciesRemoved: []string{"deploy", "read"}, Limits: []string{"ttl"}}},
	} {
		require.Equal(t, test.want, Compare(allowed(nil), allowed(test.change), Defaults{}), name)
		require.Equal(t, Difference{}, Compare(allowed(test.change), allowed(test.change), Defaults{}), name)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	mount := Defaults{TTL: 3600, MaxTTL: 7200}
	for name, test := range map[string]struct {
		limit       string
		live, trial func(*auth.Grant)
		mount       Defaults
		more        bool
	}{
		"longer":             {limit: "ttl", trial: func(g *auth.Grant) { g.TTL = 601 }, more: true},
		"shorter":            {limit: "ttl", trial: func(g *auth.Grant) { g.TTL = 599 }},
		"the mount's":        {limit: "ttl", trial: func(g *auth.Grant) { g.TTL = 0 }, mount: mount, more: true},
		"the unknown":        {limit: "ttl", trial: func(g *auth.Grant) { g.TTL = 0 }, more: true},
		"below the mount's":  {limit: "max_ttl", trial: func(g *auth.Grant) { g.MaxTTL = 7199 }, mount: mount},
		"above the mount's":  {limit: "max_ttl", trial: func(g *auth.Grant) { g.MaxTTL = 7201 }, mount: mount, more: true},
		"periodic":           {limit: "period", trial: func(g *auth.Grant) { g.Period = 60 }, more: true},
		"no longer periodic": {limit: "period", live: func(g *auth.Grant) { g.Period = 60 }},
		"capped":             {limit: "explicit_max_ttl", trial: func(g *auth.Grant) { g.ExplicitMaxTTL = 60 }},
		"uncapped":           {limit: "explicit_max_ttl", live: func(g *auth.Grant) { g.ExplicitMaxTTL = 60 }, more: true},
		"fewer uses":         {limit: "num_uses", live: func(g *auth.Grant) { g.NumUses = 3 }, trial: func(g *auth.Grant) { g.NumUses = 2 }},
		"more uses":          {limit: "num_uses", live: func(g *auth.Grant) { g.NumUses = 3 }, trial: func(g *auth.Grant) { g.NumUses = 4 }, more: true},
		"batch":              {limit: "token_type", trial: func(g *auth.Grant) { g.TokenType = "batch" }},
		"no longer batch":    {limit: "token_type", live: func(g *auth.Grant) { g.TokenType = "batch" }, more: true},
		"narrower":           {limit: "bound_cidrs", trial: func(g *auth.Grant) { g.BoundCIDRs = []string{"192.0.2.7", "192.0.2.128/25"} }},
		"wider":              {limit: "bound_cidrs", trial: func(g *auth.Grant) { g.BoundCIDRs = []string{"192.0.0.0/16"} }, more: true},
		"elsewhere":          {limit: "bound_cidrs", trial: func(g *auth.Grant) { g.BoundCIDRs = append(g.BoundCIDRs, "198.51.100.1") }, more: true},
		"unbound":            {limit: "bound_cidrs", trial: func(g *auth.Grant) { g.BoundCIDRs = nil }, more: true},
		"bound":              {limit: "bound_cidrs", live: func(g *auth.Grant) { g.BoundCIDRs = nil }},
		"not readable":       {limit: "bound_cidrs", trial: func(g *auth.Grant) { g.BoundCIDRs = []string{"nonsense"} }, more: true},
	} {
		got := Compare(allowed(test.live), allowed(test.trial), test.mount)
		require.Equal(t, Difference{Kinds: []Kind{TTL}, More: test.more, Limits: []string{test.limit}}, got, name)
	}
}

func TestTheListOfKindsIsClosed(t *testing.T) {
	t.Parallel()
	require.Len(t, Kinds(), kinds)
	counters := maps.Collect(slices.All(Kinds()))
	for i, kind := range counters {
		require.Equal(t, i, kind.index())
	}
	require.Equal(t, -1, Kind("other").index())
	require.Zero(t, Report{TTL: 1}.Count("other"))
}
