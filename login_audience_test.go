// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// TestLoginAudience runs each form of aud against a role with audiences and
// one without (CVE-2024-5798 was a form that nobody had looked at).
func TestLoginAudience(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/bound", jwtRole(map[string]any{"bound_audiences": "vault, other"}))
	m.write("role/unbound", jwtRole(map[string]any{"bound_audiences": nil, "bound_subject": "alice"}))
	many := slices.Repeat([]any{"x"}, 999)
	const missing = "missing" // stands for no aud at all
	for name, c := range map[string]struct {
		aud            any
		bound, unbound auth.Reason
	}{
		"the audience":          {"vault", auth.Allowed, auth.AudienceNone},
		"the second audience":   {"other", auth.Allowed, auth.AudienceNone},
		"a list of it":          {[]any{"vault"}, auth.Allowed, auth.AudienceNone},
		"among others":          {[]any{"evil", "vault"}, auth.Allowed, auth.AudienceNone},
		"last of a thousand":    {append(slices.Clone(many), "vault"), auth.Allowed, auth.AudienceNone},
		"a thousand others":     {append(slices.Clone(many), "x"), auth.Audience, auth.AudienceNone},
		"another":               {"evil", auth.Audience, auth.AudienceNone},
		"upper case":            {"Vault", auth.Audience, auth.AudienceNone},
		"with a space":          {"vault ", auth.Audience, auth.AudienceNone},
		"with a slash":          {"vault/", auth.Audience, auth.AudienceNone},
		"both in one string":    {"vault,other", auth.Audience, auth.AudienceNone},
		"missing":               {missing, auth.Audience, auth.Allowed},
		"empty list":            {[]any{}, auth.Audience, auth.Allowed},
		"null":                  {nil, auth.ClaimForm, auth.ClaimForm},
		"empty string":          {"", auth.ClaimForm, auth.ClaimForm},
		"list of empty string":  {[]any{""}, auth.ClaimForm, auth.ClaimForm},
		"number":                {7, auth.ClaimForm, auth.ClaimForm},
		"boolean":               {true, auth.ClaimForm, auth.ClaimForm},
		"list of a number":      {[]any{1}, auth.ClaimForm, auth.ClaimForm},
		"number after a match":  {[]any{"vault", 1}, auth.ClaimForm, auth.ClaimForm},
		"number before a match": {[]any{1, "vault"}, auth.ClaimForm, auth.ClaimForm},
		"list in a list":        {[]any{[]any{"vault"}}, auth.ClaimForm, auth.ClaimForm},
		"object":                {map[string]any{"vault": 1}, auth.ClaimForm, auth.ClaimForm},
		"control character":     {"vault\x00", auth.ClaimForm, auth.ClaimForm},
		"too long":              {strings.Repeat("v", 513), auth.ClaimForm, auth.ClaimForm},
	} {
		token := withClaim(m, "aud", c.aud)
		if c.aud == missing {
			token = m.issuer.token(map[string]any{"aud": nil})
		}
		require.Equal(t, c.bound, m.reason("bound", token), "%s, role with audiences", name)
		require.Equal(t, c.unbound, m.reason("unbound", token), "%s, role without", name)
	}
	require.Equal(t, "audience claim found in JWT but no audiences bound to the role", m.refuse("unbound", m.issuer.token(nil), auth.AudienceNone))
	require.Equal(t, "error validating token: invalid audience (aud) claim: audience claim does not match any expected audience",
		m.refuse("bound", withClaim(m, "aud", "evil"), auth.Audience))
}
