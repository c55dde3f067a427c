// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// A write to an existing role changes the fields that are sent and no others.
// Vault's own method resets role_type, bound_claims_type and alias_metadata
// here, which has cut roles off: ours does not.
func TestRolePartialUpdateKeepsTheRest(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	m.write("role/r", jwtRole(map[string]any{
		"bound_claims_type": "glob", "bound_claims": map[string]any{"ref": "refs/*"}, "bound_subject": "alice",
		"claim_mappings": map[string]any{"actor": "who"}, "groups_claim": "groups", "user_claim_json_pointer": true,
		"oidc_scopes": "profile", "allowed_redirect_uris": "https://vault.test/cb", "max_age": 60,
		"expiration_leeway": 1, "not_before_leeway": 2, "clock_skew_leeway": 3,
		"token_bound_cidrs": "192.0.2.0/24", "token_explicit_max_ttl": 30, "token_max_ttl": 20, "token_ttl": 10,
		"token_no_default_policy": true, "token_num_uses": 5, "token_period": 40, "token_type": "service",
		"alias_metadata": map[string]any{"team": "infra"},
	}))
	before := m.read("role/r")
	changes := map[string]any{
		"role_type": "oidc", "user_claim": "email", "bound_audiences": []string{"x"}, "bound_subject": "bob",
		"bound_claims_type": "string", "claim_mappings": map[string]string{"a": "b"}, "groups_claim": "roles",
		"user_claim_json_pointer": false, "oidc_scopes": []string{"email"}, "allowed_redirect_uris": []string{"https://v.test/x"},
		"max_age": int64(61), "expiration_leeway": int64(11), "not_before_leeway": int64(12), "clock_skew_leeway": int64(13),
		"token_explicit_max_ttl": int64(31), "token_max_ttl": int64(21), "token_ttl": int64(11), "token_no_default_policy": false,
		"token_num_uses": 6, "token_period": int64(41), "token_type": "default", "token_policies": []string{"p"},
		"alias_metadata": map[string]string{"team": "web"}, "bound_claims": map[string]any{"ref": "x"},
	}
	for field, value := range changes {
		m.write("role/r", map[string]any{field: value})
		want := maps.Clone(before)
		want[field] = value
		require.Equal(t, want, m.read("role/r"), "after writing %s alone", field)
		m.write("role/r", map[string]any{field: before[field]})
		require.Equal(t, before, m.read("role/r"), "after taking %s back", field)
	}
	require.Equal(t, before, func() map[string]any { m.write("role/r", nil); return m.read("role/r") }(), "after an empty write")
}

// What was set can be cleared.
func TestRoleFieldsCanBeCleared(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	m.write("role/r", jwtRole(map[string]any{
		"bound_subject": "alice", "bound_claims": map[string]any{"a": "b"}, "groups_claim": "g", "alias_metadata": map[string]any{"a": "b"},
		"claim_mappings": map[string]any{"a": "b"}, "token_bound_cidrs": "10.0.0.0/8",
	}))
	m.write("role/r", map[string]any{
		"bound_subject": "", "bound_claims": map[string]any{}, "groups_claim": "", "alias_metadata": map[string]any{},
		"claim_mappings": map[string]any{}, "token_bound_cidrs": []string{}, "token_policies": "",
	})
	data := m.read("role/r")
	for _, empty := range []string{"bound_subject", "bound_claims", "groups_claim", "alias_metadata", "claim_mappings", "token_bound_cidrs", "token_policies"} {
		require.Empty(t, data[empty], empty)
	}
	require.Equal(t, textNoBinding, m.refuseWrite("role/r", map[string]any{"bound_audiences": ""}))
}

// The update that once turned patterns into plain strings: only a TTL is sent,
// and the pattern still matches.
func TestRolePartialUpdateKeepsPatterns(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"bound_claims_type": "glob", "bound_claims": map[string]any{"ref": "refs/heads/*"}})
	m.write("role/ci", map[string]any{"token_ttl": "5m"})
	m.login("ci", m.issuer.token(map[string]any{"ref": "refs/heads/main"}))
	m.refuse("ci", m.issuer.token(map[string]any{"ref": "refs/tags/v1"}), auth.ClaimMismatch)
}

// An empty role_type, as forms and Terraform send it, says nothing: the type
// stays, and a new role has the default. An empty bound_claims_type is no type.
func TestRoleEmptyTypes(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"role_type": ""})
	m.login("ci", m.issuer.token(nil))
	require.Equal(t, textNoRedirect, m.refuseWrite("role/new", jwtRole(map[string]any{"role_type": ""})))
	require.Equal(t, "invalid 'bound_claims_type': ", m.refuseWrite("role/ci", map[string]any{"bound_claims_type": ""}))
}

// A pattern role whose type changes is judged as a whole: values that only
// patterns forbid are found although bound_claims was not sent.
func TestRoleTypeChangeIsChecked(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"bound_claims": map[string]any{"admin": true}})
	require.Contains(t, m.refuseWrite("role/ci", map[string]any{"bound_claims_type": "glob"}), "each value must be a string")
	m.login("ci", m.issuer.token(map[string]any{"admin": true}))
}

// A refused write leaves the role in force as it was.
func TestRoleRefusedWriteChangesNothing(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.refuseWrite("role/ci", map[string]any{"bound_subject": "bob", "token_ttl": "2h", "token_max_ttl": "1h"})
	require.Equal(t, "alice", m.login("ci", m.issuer.token(nil)).Alias.Name)
}
