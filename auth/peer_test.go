// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func admits(t *testing.T, cidrs []string, peer string) bool {
	t.Helper()
	role, err := CompileRole(RoleSpec{UserClaim: "sub", BoundCIDRs: cidrs})
	require.NoError(t, err)
	return role.admits(peer)
}

func TestAdmits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cidr    string
		in, out []string
	}{
		{"10.1.0.0/16", []string{"10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3"}, []string{"10.2.0.0", "10.0.255.255", "::10.1.2.3", "::ffff:10.2.0.0"}},
		{"10.1.2.3/16", []string{"10.1.0.1"}, []string{"10.2.2.3"}},
		{"192.0.2.10", []string{"192.0.2.10", "::ffff:192.0.2.10"}, []string{"192.0.2.11", "192.0.2.1"}},
		{"::ffff:192.0.2.10", []string{"192.0.2.10", "::ffff:192.0.2.10"}, []string{"192.0.2.11"}},
		{"::ffff:10.1.0.0/112", []string{"10.1.0.1"}, []string{"10.2.0.1"}},
		{"2001:db8::/32", []string{"2001:db8::1", "2001:db8:ffff::1%eth0"}, []string{"2001:db9::1", "10.0.0.1"}},
		{"fe80::1", []string{"fe80::1", "fe80::1%eth0", "fe80::1%eth1"}, []string{"fe80::2"}},
		{"0.0.0.0/0", []string{"1.2.3.4", "::ffff:1.2.3.4"}, []string{"2001:db8::1"}},
		{"::/0", []string{"2001:db8::1"}, []string{"1.2.3.4"}},
	} {
		for _, peer := range c.in {
			require.True(t, admits(t, []string{c.cidr}, peer), "%s in %s", peer, c.cidr)
			require.True(t, admits(t, []string{"198.51.100.1", c.cidr}, peer), "%s in a list with %s", peer, c.cidr)
		}
		for _, peer := range append(c.out, "", "x", "10.1.2.3:80", "10.1.2", "010.1.2.3", "[::1]", "10.1.2.3, 10.1.2.4") {
			require.False(t, admits(t, []string{c.cidr}, peer), "%s in %s", peer, c.cidr)
		}
	}
}

// A role that binds no addresses admits every one, and an unknown one.
func TestAdmitsWithoutBinding(t *testing.T) {
	t.Parallel()
	for _, peer := range []string{"", "x", "10.0.0.1", "::1"} {
		require.True(t, admits(t, nil, peer))
	}
}

// An address that cannot be read binds all the same: it admits nobody.
func TestAdmitsNobodyIfUnreadable(t *testing.T) {
	t.Parallel()
	for _, cidr := range []string{"", "x", "10.0.0.0/33", "10.0.0.1:80", "/run/socket", "10.0.0/8", "::/129"} {
		role, err := CompileRole(RoleSpec{UserClaim: "sub", BoundCIDRs: []string{cidr}})
		require.ErrorContains(t, err, "token_bound_cidrs: ", cidr)
		require.False(t, role.admits("10.0.0.1"), cidr)
		require.False(t, role.admits(""), cidr)

		role, err = CompileRole(RoleSpec{UserClaim: "sub", BoundCIDRs: []string{cidr, "10.0.0.0/8"}})
		require.Error(t, err)
		require.True(t, role.admits("10.0.0.1"), "the others count")
	}
}
