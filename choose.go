// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// Values of role_selection.
const (
	selectNamed = "named"
	selectMatch = "match"
	selectUnion = "union"
)

// selection returns how roles are chosen, and false if logins name them.
func (c *configRecord) selection() (auth.Mode, bool) {
	switch c.RoleSelection {
	case selectMatch:
		return auth.Match, true
	case selectUnion:
		return auth.Union, true
	}
	return 0, false
}

// choose decides a login that names no role.
func (b *backend) choose(ctx context.Context, a *attempt) {
	x := a.snapshot.selector
	var chosen []*auth.Role
	a.verified, a.decision = auth.Verify(ctx, a.fields.jwt, a.at.Now, &a.snapshot.issuers)
	if a.decision.Reason != "" {
		return
	}
	if a.decision, chosen = auth.SelectVerified(a.verified, a.at, x.index, x.mode); !a.decision.Allowed() {
		return
	}
	a.decision, a.entry, a.joined = b.grantChosen(a.snapshot, a.decision, chosen)
}

// grantChosen returns the one role that was chosen, or makes one of several,
// which it returns as well. The decision is a refusal if they cannot be joined.
func (b *backend) grantChosen(s *snapshot, d auth.Decision, chosen []*auth.Role) (_ auth.Decision, entry *roleEntry, several []*roleEntry) {
	entries := make([]*roleEntry, len(chosen))
	for i, r := range chosen {
		// The index and the set are of one snapshot.
		entries[i], _ = s.roles.Get([]byte(r.Name()))
	}
	if len(entries) == 1 {
		return d, entries[0], nil
	}
	params, conflict := b.joinParams(entries)
	if conflict != "" {
		return auth.Decision{Reason: auth.RoleConflict, About: conflict, Issuer: d.Issuer, Roles: d.Roles}, nil, nil
	}
	return d, &roleEntry{role: auth.Joined(chosen), params: params}, entries
}
