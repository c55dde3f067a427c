// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"errors"

	"github.com/hashicorp/vault/sdk/logical"

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
func (b *backend) choose(ctx context.Context, storage logical.Storage, a *attempt) error {
	if err := b.verifyToChoose(ctx, storage, a); err != nil || a.decision.Reason != "" {
		return err
	}
	x := a.snapshot.selector
	var chosen []*auth.Role
	if a.decision, chosen = auth.SelectVerified(a.verified, a.at, x.index, x.mode); !a.decision.Allowed() {
		return nil
	}
	a.decision, a.entry, a.joined = b.grantChosen(a.snapshot, a.decision, chosen)
	return nil
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

// verifyToChoose verifies the token, and then sees to it that every role is
// known. In this order a stranger neither causes reads of storage nor waits
// for them. Roles and issuers are those of one snapshot: if roles had to be read,
// the token is verified once more.
func (b *backend) verifyToChoose(ctx context.Context, storage logical.Storage, a *attempt) error {
	for {
		a.verified, a.decision = auth.Verify(ctx, a.fields.jwt, a.at.Now, &a.snapshot.issuers)
		if a.decision.Reason != "" {
			return nil
		}
		s, err := b.selectable(ctx, storage, a.snapshot)
		switch {
		case err != nil || s == a.snapshot:
			return err
		case s.selector == nil:
			return errors.New("the mount has ceased to choose roles during the login; log in again")
		}
		a.snapshot = s
	}
}
