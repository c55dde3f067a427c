// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

func TestUnionGivesAllPoliciesAndTheStrictestLimits(t *testing.T) {
	t.Parallel()
	m := newChoosingMount(t, "union")
	m.write("role/a", autoRole("web", map[string]any{
		"token_policies": "p,q", "token_ttl": "10m", "token_max_ttl": "2h", "token_explicit_max_ttl": "3h", "token_num_uses": 5,
		"token_bound_cidrs": "192.0.2.0/24,198.51.100.0/24", "alias_metadata": map[string]any{"k": "low", "a": "1"},
	}))
	m.write("role/b", autoRole("web", map[string]any{
		"token_policies": "q,r", "token_ttl": "1h", "token_max_ttl": "1h", "token_no_default_policy": true, "token_num_uses": 9,
		"token_bound_cidrs": "192.0.2.10,10.0.0.0/8", "token_type": "service", "priority": 1, "alias_metadata": map[string]any{"k": "high"},
	}))
	m.write("role/c", autoRole("web", map[string]any{"token_policies": "s"}))
	m.write("role/d", autoRole("api", map[string]any{"token_ttl": 1}))

	granted := m.login("", m.job("web"))
	require.ElementsMatch(t, []string{"p", "q", "r", "s"}, granted.Policies)
	require.Equal(t, 10*time.Minute, granted.TTL)
	require.Equal(t, time.Hour, granted.MaxTTL)
	require.Equal(t, 3*time.Hour, granted.ExplicitMaxTTL)
	require.Equal(t, 5, granted.NumUses)
	require.True(t, granted.NoDefaultPolicy)
	require.Zero(t, granted.Period)
	require.Equal(t, logical.TokenTypeService, granted.TokenType)
	require.Len(t, granted.BoundCIDRs, 1)
	require.Equal(t, "192.0.2.10", granted.BoundCIDRs[0].String())
	require.Equal(t, map[string]string{"k": "high", "a": "1"}, granted.Alias.CustomMetadata)
	require.Equal(t, "a,b,c", granted.Metadata["role"])
	require.Equal(t, "a,b,c", granted.InternalData["role"])

	// One role alone is what naming it gives.
	one := m.login("", m.job("api"))
	require.Equal(t, m.login("d", m.job("api")), one)
}

// Each limit of a union is no looser than that of any of its roles.
func TestUnionOfLifetimes(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour // the mount's default of the tests
	for name, c := range map[string]struct {
		a, b        map[string]any
		ttl, period time.Duration
	}{
		"both periodic":          {map[string]any{"token_period": "1h"}, map[string]any{"token_period": "2h"}, time.Hour, time.Hour},
		"one periodic":           {map[string]any{"token_period": "1h"}, map[string]any{"token_ttl": "2h"}, time.Hour, 0},
		"periodic, longer":       {map[string]any{"token_period": "3h"}, map[string]any{"token_ttl": "2h"}, 2 * time.Hour, 0},
		"the mount's is shorter": {map[string]any{"token_ttl": "36h"}, nil, day, 0},
		"the mount's is longer":  {map[string]any{"token_ttl": "2h"}, nil, 2 * time.Hour, 0},
		"none says":              {nil, nil, 0, 0},
	} {
		m := newChoosingMount(t, "union")
		require.Equal(t, day, m.backend.System().DefaultLeaseTTL())
		m.write("role/a", autoRole("web", c.a))
		m.write("role/b", autoRole("web", c.b))
		granted := m.login("", m.job("web"))
		require.Equal(t, c.ttl, granted.TTL, name)
		require.Equal(t, c.period, granted.Period, name)
		renewed := m.renew(granted)
		require.Equal(t, c.ttl, renewed.TTL, name)
		require.Equal(t, c.period, renewed.Period, name)
	}
}

func TestUnionOfTermsThatDoNotGoTogether(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b  map[string]any
		about string // "" if they can be joined
	}{
		"batch and service":   {map[string]any{"token_type": "batch"}, map[string]any{"token_type": "service"}, conflictType},
		"batch and the mount": {map[string]any{"token_type": "batch"}, nil, ""},
		"batch and uses":      {map[string]any{"token_type": "batch"}, map[string]any{"token_num_uses": 3}, conflictType},
		"batch and period":    {map[string]any{"token_type": "batch"}, map[string]any{"token_period": "1h"}, ""},
		"mapped addresses":    {map[string]any{"token_bound_cidrs": "192.0.2.0/24"}, map[string]any{"token_bound_cidrs": "192.0.2.0/28,10.0.0.0/8"}, ""},
		"alias metadata":      {map[string]any{"alias_metadata": map[string]any{"k": "1"}}, map[string]any{"alias_metadata": map[string]any{"k": "2"}}, conflictAlias},
		"users":               {map[string]any{"user_claim": "repository"}, nil, auth.AboutUser},
	} {
		m := newChoosingMount(t, "union")
		m.write("role/a", autoRole("web", c.a))
		m.write("role/b", autoRole("web", c.b))
		if c.about == "" {
			m.login("", m.job("web"))
			continue
		}
		text := m.refuse("", m.job("web"), auth.RoleConflict)
		require.Equal(t, `the roles "a", "b" admit this token and do not agree on its `+c.about+`; name one of them`, text, name)
	}
}

// A renewal needs every role of the union: one that is gone, or does not admit
// the claims any more, ends it.
func TestRenewalOfAUnion(t *testing.T) {
	t.Parallel()
	m := newChoosingMount(t, "union")
	m.write("role/a", autoRole("web", map[string]any{"token_ttl": "10m"}))
	m.write("role/b", autoRole("web", map[string]any{"token_ttl": "1h"}))
	granted := m.login("", m.job("web"))
	m.write("role/a", map[string]any{"token_ttl": "2h"})
	require.Equal(t, time.Hour, m.renew(granted).TTL, "limits are those of the roles now")
	m.write("role/c", autoRole("web", nil)) // was no part of it
	m.renew(granted)

	m.write("role/b", map[string]any{"bound_subject": "bob"})
	require.Contains(t, m.refuseRenewal(granted), "invalid subject (sub) claim")
	m.write("role/b", map[string]any{"bound_subject": ""})
	m.renew(granted)
	m.send(logical.DeleteOperation, "role/a", nil)
	require.Contains(t, m.refuseRenewal(granted), "the role a does not exist any more")

	// The method that we replace takes the names for one that does not exist.
	m.refuse(granted.InternalData["role"].(string), m.job("web"), auth.RoleUnknown)
}

func TestIntersectionOfBlocks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ a, b, want string }{
		"nested":   {"10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16"},
		"equal":    {"10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8"},
		"disjoint": {"10.0.0.0/8", "192.0.2.0/24", ""},
		"mapped":   {"10.0.0.0/8", "::ffff:10.1.0.0/112", "10.1.0.0/16"},
		"both":     {"2001:db8::/32,10.0.0.0/8", "10.1.2.3,2001:db8:1::/48", "2001:db8:1::/48 10.1.2.3"},
	} {
		entry := func(blocks string) *roleEntry {
			m := newReadyMount(t)
			m.write("role/x", jwtRole(map[string]any{"token_bound_cidrs": blocks}))
			e, _ := m.backend.snapshot.Load().roles.Get([]byte("x"))
			return e
		}
		joined, ok := joinCIDRs([]*roleEntry{entry(c.a), entry(c.b)})
		require.Equal(t, c.want != "", ok, name)
		text := ""
		for i, block := range joined {
			if i > 0 {
				text += " "
			}
			text += block.String()
		}
		require.Equal(t, c.want, text, name)
	}
}
