// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// The error names everything that is wrong, and the role is usable all the
// same: what could not be compiled admits nobody.
func TestCompileRoleReportsAllFaults(t *testing.T) {
	t.Parallel()
	role, err := CompileRole(RoleSpec{
		Name: "r", UserClaim: "sub", BoundCIDRs: []string{"x", "10.0.0.0/8"},
		BoundClaims: map[string]any{"a": nil, "b": map[string]any{}, "c": "fine"},
	})
	for _, part := range []string{`claim "a"`, `claim "b"`, `"x" is not an IP address`} {
		require.ErrorContains(t, err, part)
	}
	require.NotContains(t, err.Error(), `"c"`)
	require.Equal(t, "r", role.Name())
	require.False(t, matchDefault(role, parse(t, `{"sub":"s","a":"x","b":"x","c":"fine"}`)).Allowed())
}

// A role does not change when what it was made from does.
func TestCompileRoleKeepsNothingOfTheSpec(t *testing.T) {
	t.Parallel()
	spec := RoleSpec{Name: "r", UserClaim: "sub", BoundAudiences: []string{"vault"}}
	role, err := CompileRole(spec)
	require.NoError(t, err)
	spec.BoundAudiences[0] = "other"
	require.True(t, matchDefault(role, parse(t, `{"sub":"s","aud":"vault"}`)).Allowed())
}

// Of several failing bindings the same one is told each time.
func TestBindingsAreCheckedInOrder(t *testing.T) {
	t.Parallel()
	bound := map[string]any{}
	for i := range 20 {
		bound[fmt.Sprintf("c%02d", i)] = "x"
	}
	for range 20 {
		role, err := CompileRole(RoleSpec{UserClaim: "sub", BoundClaims: bound})
		require.NoError(t, err)
		require.Equal(t, "c00", matchDefault(role, parse(t, `{"sub":"s"}`)).About)
	}
}

func TestCheckLimits(t *testing.T) {
	t.Parallel()
	numbered := func(n int) (list []string, bound map[string]any, mapped map[string]string) {
		bound, mapped = map[string]any{}, map[string]string{}
		for i := range n {
			name := fmt.Sprint("c", i)
			list, bound[name], mapped[name] = append(list, name), "x", name
		}
		return list, bound, mapped
	}
	check := func(spec RoleSpec) error {
		role, err := CompileRole(spec)
		require.NoError(t, err)
		return role.CheckLimits()
	}
	list, bound, _ := numbered(64)
	_, _, mapped := numbered(MaxMetadata)
	deepest := "/1/2/3/4/5/6/7/8"
	require.NoError(t, check(RoleSpec{
		UserClaim: deepest, UserClaimPointer: true, GroupsClaim: deepest, BoundAudiences: list, BoundClaims: bound, ClaimMappings: mapped,
	}))
	list, bound, _ = numbered(65)
	_, _, mapped = numbered(MaxMetadata + 1)
	require.ErrorContains(t, check(RoleSpec{BoundAudiences: list}), "bound_audiences: at most 64")
	require.ErrorContains(t, check(RoleSpec{BoundClaims: bound}), "bound_claims: at most 64")
	require.ErrorContains(t, check(RoleSpec{ClaimMappings: mapped}), "claim_mappings: at most 32")
	for _, spec := range []RoleSpec{
		{UserClaim: deepest + "/9", UserClaimPointer: true}, {GroupsClaim: deepest + "/9"},
		{BoundClaims: map[string]any{deepest + "/9": "x"}}, {ClaimMappings: map[string]string{deepest + "/9": "x"}},
	} {
		require.ErrorContains(t, check(spec), "at most 8 steps")
	}
	require.NoError(t, check(RoleSpec{UserClaim: deepest + "/9"}), "not a pointer")
}

// Whether user_claim is a pointer is said apart; the other fields are pointers
// when they begin with a slash.
func TestUserClaimPointer(t *testing.T) {
	t.Parallel()
	claims := parse(t, `{"sub":"s","/a/b":"literal","a":{"b":"deep"}}`)
	for pointer, want := range map[bool]string{false: "literal", true: "deep"} {
		role, err := CompileRole(RoleSpec{UserClaim: "/a/b", UserClaimPointer: pointer})
		require.NoError(t, err)
		require.Equal(t, want, matchDefault(role, claims).Identity.Alias)
	}
}
