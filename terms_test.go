// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// The outcome as data says what the login itself answers.
func TestOutcomeIsWhatALoginAnswers(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", jwtRole(map[string]any{
		"token_ttl": 60, "token_max_ttl": 120, "token_explicit_max_ttl": 240, "token_num_uses": 3, "token_type": "service",
		"token_no_default_policy": true, "token_bound_cidrs": "192.0.2.0/24", "alias_metadata": map[string]any{"note": "x"},
		"groups_claim": "groups", "claim_mappings": map[string]any{"team": "team"},
		"policies_expression": `["team-" + claims.team]`, "allowed_policies": "team-*",
	}))
	token := m.issuer.token(map[string]any{"groups": []any{"dev"}, "team": "blue"})
	granted := m.login("ci", token)
	req := withStorage(m, loginRequest("ci", token))
	a, _, err := m.backend.decide(t.Context(), req)
	require.NoError(t, err)
	o := a.decision.Outcome(terms("ci", &a.entry.params))
	require.True(t, o.Allowed)
	require.Equal(t, &auth.Grant{
		User: "alice", Alias: granted.Alias.Name, Groups: []string{"dev"}, Metadata: granted.Metadata,
		AliasMetadata: granted.Alias.CustomMetadata, Policies: granted.Policies,
		Limits: auth.Limits{
			TTL: int64(granted.TTL / time.Second), MaxTTL: 120, ExplicitMaxTTL: 240, NumUses: granted.NumUses,
			TokenType: "service", NoDefaultPolicy: true, BoundCIDRs: []string{"192.0.2.0/24"},
		},
	}, o.Grant)
	require.Equal(t, []string{"deploy", "team-blue"}, o.Grant.Policies)
}
