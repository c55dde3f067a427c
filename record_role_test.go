// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// The names and units of a role in storage are those of Vault's JWT/OIDC
// method: durations are nanoseconds.
func TestRoleRecordNames(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	m.write("role/r", jwtRole(map[string]any{"token_ttl": "1s", "clock_skew_leeway": 2, "max_age": 3, "period": "4s"}))
	require.ElementsMatch(t, []string{
		"role_type", "expiration_leeway", "not_before_leeway", "clock_skew_leeway", "bound_audiences", "bound_subject",
		"bound_claims_type", "bound_claims", "claim_mappings", "user_claim", "groups_claim", "oidc_scopes",
		"allowed_redirect_uris", "verbose_oidc_logging", "max_age", "user_claim_json_pointer",
		"token_bound_cidrs", "token_explicit_max_ttl", "token_max_ttl", "token_no_default_policy", "token_num_uses",
		"token_period", "token_policies", "token_type", "token_ttl", "alias_metadata",
		"policies", "num_uses", "ttl", "max_ttl", "period", "bound_cidrs",
	}, recordNames(t, m, "role/r"))

	var record map[string]any
	require.NoError(t, json.Unmarshal([]byte(m.storage.record(t, "role/r")), &record))
	for name, nanoseconds := range map[string]time.Duration{
		"token_ttl": time.Second, "clock_skew_leeway": 2 * time.Second, "max_age": 3 * time.Second,
		"period": 4 * time.Second, "token_period": 4 * time.Second,
	} {
		require.InDelta(t, float64(nanoseconds), record[name], 0, name)
	}
}

// seedRole stores a role record as another plugin wrote it.
func seedRole(t *testing.T, m *testMount, record string) {
	t.Helper()
	m.storage.seed(t, "role/old", record)
	// The node that wrote it was another one.
	m.backend.Invalidate(t.Context(), "role/old")
}

// oldRecord is what an early version of Vault's own method stored: no
// role_type, and token fields under their old names.
const oldRecord = `{
	"policies": ["legacy"], "num_uses": 2, "ttl": 60000000000, "max_ttl": 3600000000000, "period": 0,
	"bound_audiences": ["vault"], "bound_subject": "", "bound_claims": {"level": 3, "ok": true, "list": [1.50, "x"]},
	"bound_cidrs": ["192.0.2.0/24"], "user_claim": "sub", "groups_claim": "", "claim_mappings": null,
	"expiration_leeway": 600000000000, "clock_skew_leeway": 600000000000, "some_new_field": {"a": 1}
}`

func TestRoleRecordOfTheOtherPlugin(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	seedRole(t, m, oldRecord)
	claims := map[string]any{"level": 3.0, "ok": true, "list": []any{json.Number("1.5")}}

	granted := m.login("old", m.issuer.token(claims))
	require.Equal(t, []string{"legacy"}, granted.Policies)
	require.Equal(t, time.Minute, granted.TTL)
	require.Equal(t, time.Hour, granted.MaxTTL)
	require.Equal(t, 2, granted.NumUses)
	require.Len(t, granted.BoundCIDRs, 1)

	m.refuse("old", m.issuer.token(overlay(claims, map[string]any{"level": 4})), auth.ClaimMismatch)
	m.peer = "198.51.100.1"
	m.refuse("old", m.issuer.token(nil), auth.PeerAddress)
}

// A leeway that is longer than ours allows is kept until it is written: the
// operator's choice of then stays in force, and shows.
func TestRoleRecordWithALongLeeway(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	seedRole(t, m, `{"role_type":"jwt","user_claim":"sub","bound_audiences":["vault"],"clock_skew_leeway":600000000000}`)
	require.EqualValues(t, 600, m.read("role/old")["clock_skew_leeway"])
	expired := func(ago time.Duration) string {
		return m.issuer.token(map[string]any{"exp": m.clock.in(-ago)})
	}
	m.login("old", expired(9*time.Minute))
	m.refuse("old", expired(10*time.Minute), auth.Expired)

	m.write("role/old", map[string]any{"token_ttl": "1m"})
	m.login("old", expired(9*time.Minute))
	require.Contains(t, m.refuseWrite("role/old", map[string]any{"clock_skew_leeway": 600}), "cannot be more than 300 seconds")
	m.write("role/old", map[string]any{"clock_skew_leeway": 300})
	m.refuse("old", expired(9*time.Minute), auth.Expired)
}

// The upgraded record is read back under both names, and written back whole.
func TestRoleRecordIsUpgradedWhenRead(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	m.storage.seed(t, "role/old", oldRecord)
	data := m.read("role/old")
	require.Equal(t, "jwt", data["role_type"])
	require.Equal(t, "string", data["bound_claims_type"])
	for old, current := range map[string]string{"policies": "token_policies", "ttl": "token_ttl", "max_ttl": "token_max_ttl", "num_uses": "token_num_uses", "bound_cidrs": "token_bound_cidrs"} {
		require.Equal(t, data[current], data[old], old)
		require.NotEmpty(t, data[old], old)
	}
	require.Equal(t, []string{"old"}, m.list())
}

// What this version cannot read admits nobody; it never becomes looser by
// being unreadable.
func TestRoleRecordWithPartsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	const base = `{"role_type":"jwt","user_claim":"sub","bound_audiences":["vault"],`
	for name, c := range map[string]struct {
		record string
		want   auth.Reason
	}{
		"object as a bound value": {base + `"bound_claims":{"level":{"min":3}}}`, auth.ClaimMismatch},
		"number as a pattern":     {base + `"bound_claims_type":"glob","bound_claims":{"level":3}}`, auth.ClaimMismatch},
		"address with a port":     {base + `"token_bound_cidrs":["192.0.2.10:80"]}`, auth.PeerAddress},
		"type of role":            {`{"role_type":"oidc","user_claim":"sub","bound_audiences":["vault"]}`, auth.RoleNotForLogin},
		"no user claim":           {`{"role_type":"jwt","user_claim":"","bound_audiences":["vault"]}`, auth.UserClaim},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newReadyMount(t)
			seedRole(t, m, c.record)
			m.refuse("old", m.issuer.token(map[string]any{"level": 3}), c.want)
			m.login("ci", m.issuer.token(nil))
			m.send(logical.DeleteOperation, "role/old", nil)
			m.write("role/old", jwtRole(nil))
			m.login("old", m.issuer.token(map[string]any{"level": 3}))
		})
	}
}
