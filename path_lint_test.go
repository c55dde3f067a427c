// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

func (m *testMount) findings() map[string][]string {
	m.t.Helper()
	found := map[string][]string{}
	for _, f := range m.read("lint")["findings"].([]map[string]any) {
		object := f["object"].(string)
		found[object] = append(found[object], f["id"].(string))
	}
	return found
}

func TestLintReadsWhatIsStored(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"token_ttl": 60, "examples": []any{map[string]any{"name": "a", "claims": map[string]any{"sub": "a"}, "expect": map[string]any{"allow": true}}}})
	require.Empty(t, m.findings())
	require.Equal(t, "0 findings in 1 roles: 0 high, 0 medium, 0 low", m.read("lint")["summary"])

	m.write("role/odd", jwtRole(map[string]any{
		"token_ttl": 60, "oidc_scopes": "x", "max_age": 5, "allowed_policies": "x", "groups_optional": true, "allow_unsafe_metadata": true, "priority": 3,
		"auto_select": true, "dpop_urls": "https://vault.test/v1/auth/ci/login", "user_expression": "claims.sub", "token_period": 60,
	}))
	other := newOfflineIssuer(t, m.clock)
	m.write("issuer/gone", map[string]any{"issuer": "https://gone.test", "jwt_validation_pubkeys": other.key.PEM()})
	m.write("role/lost", jwtRole(map[string]any{"bound_issuers": "gone", "token_ttl": 60}))
	m.send(logical.DeleteOperation, "issuer/gone", nil)
	record, err := loadRole(t.Context(), m.storage, "odd")
	require.NoError(t, err)
	record.ClockSkewLeeway = time.Hour
	require.NoError(t, saveRole(t.Context(), m.storage, "odd", record))
	require.Equal(t, map[string][]string{
		"role/lost": {"L011", "L014"},
		"role/odd":  {"L007", "L015", "L008", "L008", "L008", "L008", "L008", "L008", "L008", "L008", "L014"},
	}, m.findings())
	data := m.read("lint")
	require.Equal(t, map[string]int{"high": 1, "medium": 2, "low": 10}, data["severities"])
	require.Contains(t, data["summary"], "L011 high   role/lost: gone: bound_issuers names an issuer that this mount does not have. Fix: ")
}

// The write of a role warns of what lets in people whom nobody meant, and of
// nothing else: answers to writes that are no worse stay those of Vault's own
// method.
func TestRoleWriteWarnsOfHighFindings(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	require.Empty(t, m.write("role/plain", jwtRole(map[string]any{"bound_audiences": nil, "bound_subject": "x"})))
	other := newOfflineIssuer(t, m.clock)
	m.write("issuer/github", map[string]any{"issuer": "https://token.actions.githubusercontent.com", "jwt_validation_pubkeys": other.key.PEM()})
	warnings := m.write("role/open", jwtRole(map[string]any{"bound_issuers": "github"}))
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "L001 high: issuer github: the issuer signs tokens for everybody")
	require.Empty(t, m.write("role/open", map[string]any{"bound_claims": map[string]any{"repository_id": "4711"}}))
}
