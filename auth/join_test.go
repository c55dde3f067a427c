// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUnionJoinsAllThatPass(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	d, chosen := f.sel(Union, f.token(`"g":["x","y"],"h":"z","team":"blue"`),
		selectable("b", 0, func(s *RoleSpec) {
			s.GroupsClaim, s.Policies, s.AllowedPolicies = "g", `["p", "q"]`, []string{"*"}
		}),
		selectable("a", 0, func(s *RoleSpec) { s.GroupsClaim, s.ClaimMappings = "h", map[string]string{"team": "team"} }),
		selectable("c", 7, func(s *RoleSpec) {
			s.Policies, s.AllowedPolicies, s.Condition = `["q", "r"]`, []string{"*"}, `header.alg == "EdDSA"`
		}),
		selectable("d", 9, ofSubject("bob")),
	)
	require.Equal(t, Allowed, d.Reason)
	require.Equal(t, []string{"c", "a", "b"}, chosen)
	require.Equal(t, []string{"a", "b", "c"}, d.Roles)
	require.Equal(t, "alice", d.Identity.Alias)
	require.ElementsMatch(t, []string{"p", "q", "r"}, d.Policies)
	require.ElementsMatch(t, []string{"x", "y", "z"}, d.Identity.Groups)
	require.Equal(t, map[string]string{"role": "a,b,c", "team": "blue"}, d.Identity.Metadata)
	require.NotNil(t, d.Header, "one of them reads it at renewal")
	require.NotEmpty(t, d.Payload)
}

func TestUnionOfRolesThatDoNotAgree(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.token(`"mail":"al@x","team":"blue","unit":"red"`)
	mapped := func(claim string) func(*RoleSpec) {
		return func(s *RoleSpec) { s.ClaimMappings = map[string]string{claim: "team"} }
	}
	for name, c := range map[string]struct {
		a, b  RoleSpec
		about string // "" if they can be joined
		team  string
	}{
		"users":           {selectable("a", 1, nil), selectable("b", 0, func(s *RoleSpec) { s.UserClaim = "mail" }), AboutUser, ""},
		"one user":        {selectable("a", 1, nil), selectable("b", 0, func(s *RoleSpec) { s.User = "claims.sub" }), "", ""},
		"metadata":        {selectable("a", 1, mapped("team")), selectable("b", 1, mapped("unit")), AboutMetadata, ""},
		"same metadata":   {selectable("a", 1, mapped("team")), selectable("b", 1, mapped("team")), "", "blue"},
		"priority breaks": {selectable("a", 1, mapped("team")), selectable("b", 2, mapped("unit")), "", "red"},
		"only one has it": {selectable("a", 1, mapped("none")), selectable("b", 1, mapped("unit")), "", "red"},
	} {
		d, _ := f.sel(Union, token, c.a, c.b)
		if c.about != "" {
			require.Equal(t, RoleConflict, d.Reason, name)
			require.Equal(t, c.about, d.About, name)
			require.Equal(t, []string{"a", "b"}, d.Roles, name)
			continue
		}
		require.Equal(t, Allowed, d.Reason, name)
		require.Equal(t, c.team, d.Identity.Metadata["team"], name)
	}
}

// A third role that is outranked does not make two others disagree.
func TestUnionMetadataOfOutrankedRoles(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	specs := make([]RoleSpec, 3)
	for n, claim := range []string{"x", "y", "z"} {
		specs[n] = selectable(claim, 0, func(s *RoleSpec) { s.ClaimMappings = map[string]string{claim: "k"} })
	}
	specs[2].Priority = 1
	d, _ := f.sel(Union, f.token(`"x":"1","y":"2","z":"3"`), specs...)
	require.Equal(t, Allowed, d.Reason)
	require.Equal(t, "3", d.Identity.Metadata["k"])
}

func TestUnionIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	some := func(n int, name string) (specs []RoleSpec) {
		for i := range n {
			specs = append(specs, selectable(fmt.Sprint(name, i), 0, nil))
		}
		return specs
	}
	d, chosen := f.sel(Union, f.token(""), some(MaxJoined, "r")...)
	require.Equal(t, Allowed, d.Reason)
	require.Len(t, chosen, MaxJoined)
	d, _ = f.sel(Union, f.token(""), some(MaxJoined+1, "r")...)
	require.Equal(t, RoleLimit, d.Reason)
	d, _ = f.sel(Union, f.token(""), some(2, strings.Repeat("n", MaxIdentifierBytes/2))...)
	require.Equal(t, RoleLimit, d.Reason, "the names do not fit into metadata")
}
