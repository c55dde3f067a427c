// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

const (
	textVerbose    = "verbose_oidc_logging has been enabled for this role. This is not recommended in production since sensitive information may be present in OIDC responses."
	textMaxTTL     = "token max ttl is greater than the system or backend mount's maximum TTL value; issued tokens' max TTL value will be truncated"
	textNoBinding  = "must have at least one bound constraint when creating/updating a role"
	textNoRedirect = "'allowed_redirect_uris' must be set if 'role_type' is 'oidc' or unspecified."
	textLeeway     = "' cannot be more than 300 seconds: a leeway is for clocks that differ, and a longer one keeps expired tokens alive"
)

// Each text is what clients of Vault's own method know. The twin is jwtRole
// itself, which is written at the end.
func TestRoleRefusals(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	for _, c := range []struct {
		over map[string]any
		text string
	}{
		{map[string]any{"role_type": "saml"}, "invalid 'role_type': saml"},
		{map[string]any{"role_type": nil}, textNoRedirect},
		{map[string]any{"role_type": "oidc"}, textNoRedirect},
		{map[string]any{"user_claim": nil}, "a user claim must be defined on the role"},
		{map[string]any{"bound_audiences": nil}, textNoBinding},
		{map[string]any{"bound_claims_type": "regex"}, "invalid 'bound_claims_type': regex"},
		{map[string]any{"claim_mappings": map[string]any{"a": "role"}}, `metadata key "role" is reserved and may not be a mapping destination`},
		{map[string]any{"claim_mappings": map[string]any{"a": "b", "c": "b"}}, `multiple keys are mapped to metadata key "b"`},
		{map[string]any{"token_ttl": "2h", "token_max_ttl": "1h"}, "'token_ttl' cannot be greater than 'token_max_ttl'"},
		{map[string]any{"ttl": "2h", "max_ttl": "1h"}, "ttl should not be greater than max ttl"},
		{map[string]any{"token_period": "72h"}, `'period' of '"72h0m0s"' is greater than the backend's maximum lease TTL of '"48h0m0s"'`},
		{map[string]any{"period": "72h"}, `'period' of '"72h0m0s"' is greater than the backend's maximum lease TTL of '"48h0m0s"'`},
		{map[string]any{"token_type": "default-service"}, `invalid 'token_type' value "default-service"`},
		{map[string]any{"token_type": "batch", "token_period": "1h"}, "'token_type' cannot be 'batch' or 'default_batch' when set to generate periodic tokens"},
		{map[string]any{"token_type": "batch", "token_num_uses": 1}, "'token_type' cannot be 'batch' or 'default_batch' when set to generate tokens with limited use count"},
		{map[string]any{"token_num_uses": -1}, "'token_num_uses' cannot be negative"},
		{map[string]any{"expiration_leeway": 301}, "'expiration_leeway" + textLeeway},
		{map[string]any{"not_before_leeway": 301}, "'not_before_leeway" + textLeeway},
		{map[string]any{"clock_skew_leeway": "10m"}, "'clock_skew_leeway" + textLeeway},
		{map[string]any{"bound_claims": map[string]any{"a": map[string]any{"b": "SECRET"}}}, `bound_claims: claim "a": each value must be a string, a boolean or a number, not an object`},
		{map[string]any{"bound_claims": map[string]any{"a": []any{"x", nil}}}, `bound_claims: claim "a": each value must be a string, a boolean or a number, not null`},
		{map[string]any{"bound_claims_type": "glob", "bound_claims": map[string]any{"a": true}}, `bound_claims: claim "a": with bound_claims_type "glob" each value must be a string, not a boolean`},
		{map[string]any{"bound_claims_type": "glob", "bound_claims": map[string]any{"a": []any{7}}}, `bound_claims: claim "a": with bound_claims_type "glob" each value must be a string, not a number`},
		{map[string]any{"token_bound_cidrs": []string{"[::1]/128"}}, `token_bound_cidrs: "[::1]/128" is not an IP address or CIDR block`},
		{map[string]any{"token_bound_cidrs": []string{"1.2.3.4/33"}}, `token_bound_cidrs: "1.2.3.4/33" is not an IP address or CIDR block`},
		{map[string]any{"token_bound_cidrs": "10.0.0.1:80"}, `token_bound_cidrs: "10.0.0.1:80" is not an IP address or CIDR block`},
		{map[string]any{"groups_claim": "/a/b/c/d/e/f/g/h/i"}, `JSON pointer "/a/b/c/d/e/f/g/h/i": at most 8 steps`},
	} {
		require.Equal(t, c.text, m.refuseWrite("role/r", jwtRole(c.over)), "%v", c.over)
	}
	require.Empty(t, m.write("role/r", jwtRole(nil)))
}

// Vault's framework refuses these before the method sees them.
func TestRoleRefusesNegativeDurations(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	for _, field := range []string{"token_ttl", "token_max_ttl", "token_period", "token_explicit_max_ttl", "max_age", "ttl", "max_ttl", "period"} {
		_, err := m.put("role/r", jwtRole(map[string]any{field: "-1s"}))
		require.EqualError(t, err, `error converting input for field "`+field+`": the value is not of the field's type, or out of its range`)
		require.Empty(t, m.storage.dump(t))
	}
	m.write("role/r", jwtRole(map[string]any{"token_ttl": "1s"}))
}

// The deprecated names are held to the same limits as the new ones.
func TestRoleRefusesBadValuesUnderOldNames(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	for _, c := range []struct {
		over map[string]any
		text string
	}{
		{map[string]any{"num_uses": -1}, "'token_num_uses' cannot be negative"},
		{map[string]any{"token_type": "batch", "period": "1h"}, "'token_type' cannot be 'batch' or 'default_batch' when set to generate periodic tokens"},
		{map[string]any{"token_type": "batch", "num_uses": 1}, "'token_type' cannot be 'batch' or 'default_batch' when set to generate tokens with limited use count"},
	} {
		require.Equal(t, c.text, m.refuseWrite("role/r", jwtRole(c.over)), "%v", c.over)
	}
	m.write("role/r", jwtRole(map[string]any{"num_uses": 1, "period": "1h"}))
}

// Any one binding is enough, and each is one.
func TestRoleNeedsOneBinding(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	for _, over := range []map[string]any{
		{"bound_audiences": "vault"}, {"bound_subject": "alice"}, {"token_bound_cidrs": "10.0.0.0/8"},
		{"bound_cidrs": "10.0.0.0/8"}, {"bound_claims": map[string]any{"a": "b"}},
	} {
		require.Equal(t, textNoBinding, m.refuseWrite("role/r", jwtRole(map[string]any{"bound_audiences": nil})))
		m.write("role/r", overlay(jwtRole(map[string]any{"bound_audiences": nil}), over))
		m.send(logical.DeleteOperation, "role/r", nil)
	}
	// A role for browsers is bound by its redirect URIs.
	m.write("role/browser", map[string]any{"user_claim": "sub", "allowed_redirect_uris": "https://vault.test/cb"})
}

func TestRoleWarnings(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	require.Empty(t, m.write("role/r", jwtRole(map[string]any{"token_max_ttl": "48h"})))
	require.Equal(t, []string{textMaxTTL}, m.write("role/r", map[string]any{"token_max_ttl": "49h"}))
	require.Equal(t, []string{textMaxTTL, textVerbose}, m.write("role/r", map[string]any{"verbose_oidc_logging": true}))
}

// Bounds that keep the work of a login small, each at its edge.
func TestRoleLimits(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	many := func(n int) (list []string, bound, mapped map[string]any) {
		bound, mapped = map[string]any{}, map[string]any{}
		for i := range n {
			name := fmt.Sprintf("c%d", i)
			list, bound[name], mapped[name] = append(list, name), "x", name
		}
		return list, bound, mapped
	}
	list, bound, _ := many(64)
	_, _, mapped := many(32)
	m.write("role/r", jwtRole(map[string]any{"bound_audiences": list, "bound_claims": bound, "claim_mappings": mapped}))
	m.write("role/r", jwtRole(map[string]any{"groups_claim": "/a/b/c/d/e/f/g/h"}))

	list, bound, _ = many(65)
	_, _, mapped = many(33)
	for field, value := range map[string]any{"bound_audiences": list, "bound_claims": bound, "claim_mappings": mapped} {
		require.Contains(t, m.refuseWrite("role/r", jwtRole(map[string]any{field: value})), field+": at most ")
	}
}

// A name that Vault's storage would not take is refused as bad input.
func TestRoleNamesWithTwoDots(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	for _, operation := range []logical.Operation{logical.CreateOperation, logical.UpdateOperation, logical.ReadOperation, logical.DeleteOperation} {
		resp, err := m.handle(&logical.Request{Operation: operation, Path: "role/a..b", Data: jwtRole(nil)})
		require.NoError(t, err, operation)
		require.EqualError(t, resp.Error(), "relative paths not supported", operation)
	}
	_, _, err := m.backend.HandleExistenceCheck(t.Context(), &logical.Request{Operation: logical.UpdateOperation, Path: "role/a..b", Storage: m.storage})
	require.EqualError(t, err, "relative paths not supported")
	m.write("role/a.b", jwtRole(nil))
}
