// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEmailMustNotBeUnverified is C17: an address that the issuer calls
// unverified is nobody's.
func TestEmailMustNotBeUnverified(t *testing.T) {
	t.Parallel()
	const address = `"email":"a@corp.test"`
	for more, want := range map[string]Reason{
		address:                                  Allowed,
		address + `,"email_verified":true`:       Allowed,
		address + `,"email_verified":false`:      EmailUnverified,
		address + `,"email_verified":"true"`:     EmailUnverified,
		address + `,"email_verified":1`:          EmailUnverified,
		address + `,"email_verified":[true]`:     EmailUnverified,
		address + `,"email_verified":null`:       EmailUnverified,
		address + `,"Email_Verified":true`:       ClaimName,
		address + `,"email_verified":{"v":true}`: EmailUnverified,
	} {
		for name, change := range map[string]func(*RoleSpec){
			"user":       func(s *RoleSpec) { s.UserClaim = "email" },
			"pointer":    func(s *RoleSpec) { s.UserClaim, s.UserClaimPointer = "/email", true },
			"bound":      func(s *RoleSpec) { s.BoundClaims = map[string]any{"email": "a@corp.test"} },
			"condition":  func(s *RoleSpec) { s.Condition = `claims.email == "a@corp.test"` },
			"expression": func(s *RoleSpec) { s.User = `claims.email` },
		} {
			f := newFixture(t)
			change(&f.spec)
			require.Equal(t, want, f.decide(f.token(more)).Reason, "%s: %s", name, more)
		}
	}
}

// A role that says itself what it takes email_verified for is left alone, and
// so is one that does not go by the address.
func TestEmailIsTheRolesToDecide(t *testing.T) {
	t.Parallel()
	const unverified = `"email":"a@corp.test","email_verified":false`
	for name, change := range map[string]func(*RoleSpec){
		"another user": func(*RoleSpec) {},
		"metadata":     func(s *RoleSpec) { s.ClaimMappings = map[string]string{"email": "email"} },
		"bound both": func(s *RoleSpec) {
			s.UserClaim, s.BoundClaims = "email", map[string]any{"email_verified": []any{true, false}}
		},
		"condition": func(s *RoleSpec) { s.UserClaim, s.Condition = "email", `!claims.email_verified` },
	} {
		f := newFixture(t)
		change(&f.spec)
		require.Equal(t, Allowed, f.decide(f.token(unverified)).Reason, name)
	}
	f := newFixture(t)
	f.spec.UserClaim, f.spec.BoundClaims = "email", map[string]any{"email_verified": true}
	require.Equal(t, ClaimMismatch, f.decide(f.token(unverified)).Reason)
}
