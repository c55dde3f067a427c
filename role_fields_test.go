// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

// wire is what a client gets to see of data: JSON, as text.
func wire(t *testing.T, data map[string]any) string {
	t.Helper()
	text, err := json.Marshal(data)
	require.NoError(t, err)
	return string(text)
}

// leastRole is what a role answers of which only the required fields were
// written: unset lists and maps are null, those of token_* fields are empty.
const leastRole = `{
	"role_type": "jwt", "user_claim": "sub", "user_claim_json_pointer": false,
	"bound_audiences": null, "bound_subject": "alice", "bound_claims_type": "string", "bound_claims": null,
	"claim_mappings": null, "groups_claim": "", "oidc_scopes": null, "allowed_redirect_uris": null,
	"verbose_oidc_logging": false, "max_age": 0,
	"expiration_leeway": 0, "not_before_leeway": 0, "clock_skew_leeway": 0,
	"token_bound_cidrs": [], "token_explicit_max_ttl": 0, "token_max_ttl": 0, "token_no_default_policy": false,
	"token_num_uses": 0, "token_period": 0, "token_policies": [], "token_ttl": 0, "token_type": "default",
	"alias_metadata": {}
}`

func TestRoleReadBackOfTheLeastRole(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	require.Empty(t, m.write("role/r", map[string]any{"role_type": "jwt", "user_claim": "sub", "bound_subject": "alice"}))
	require.JSONEq(t, leastRole, wire(t, m.read("role/r")))
}

func TestRoleReadBackOfEveryField(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	warnings := m.write("role/r", map[string]any{
		"role_type": "oidc", "user_claim": "/user/id", "user_claim_json_pointer": true,
		"bound_audiences": "a, b", "bound_subject": "alice", "bound_claims_type": "glob",
		"bound_claims":   map[string]any{"ref": []any{"refs/*"}, "/a/b": "x*"},
		"claim_mappings": map[string]any{"actor": "who", "/a/c": "c"}, "groups_claim": "groups",
		"oidc_scopes": "profile,email", "allowed_redirect_uris": []string{"https://vault.test/cb"},
		"verbose_oidc_logging": true, "max_age": "90s",
		"expiration_leeway": 10, "not_before_leeway": "20s", "clock_skew_leeway": -1,
		"token_bound_cidrs": "10.0.0.0/8,192.0.2.10", "token_explicit_max_ttl": "3h", "token_max_ttl": "2h",
		"token_no_default_policy": true, "token_num_uses": 3, "token_period": "1h", "token_policies": "a,b",
		"token_ttl": "30m", "token_type": "service", "alias_metadata": map[string]any{"team": "infra"},
	})
	require.Equal(t, []string{textVerbose}, warnings)
	require.JSONEq(t, `{
		"role_type": "oidc", "user_claim": "/user/id", "user_claim_json_pointer": true,
		"bound_audiences": ["a", "b"], "bound_subject": "alice", "bound_claims_type": "glob",
		"bound_claims": {"ref": ["refs/*"], "/a/b": "x*"},
		"claim_mappings": {"actor": "who", "/a/c": "c"}, "groups_claim": "groups",
		"oidc_scopes": ["profile", "email"], "allowed_redirect_uris": ["https://vault.test/cb"],
		"verbose_oidc_logging": true, "max_age": 90,
		"expiration_leeway": 10, "not_before_leeway": 20, "clock_skew_leeway": -1,
		"token_bound_cidrs": ["10.0.0.0/8", "192.0.2.10"], "token_explicit_max_ttl": 10800, "token_max_ttl": 7200,
		"token_no_default_policy": true, "token_num_uses": 3, "token_period": 3600, "token_policies": ["a", "b"],
		"token_ttl": 1800, "token_type": "service", "alias_metadata": {"team": "infra"}
	}`, wire(t, m.read("role/r")))
}

// Numbers of bound claims come back with all their digits.
func TestRoleKeepsNumbersExactly(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	claims := map[string]any{"id": json.Number("9007199254740993"), "list": []any{json.Number("1.50"), true, "x"}}
	m.write("role/r", jwtRole(map[string]any{"bound_claims": claims}))
	require.Equal(t, claims, m.read("role/r")["bound_claims"])
}

func TestRoleTokenTypeReadBack(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	for written, read := range map[string]string{"": "default", "default": "default", "service": "service", "batch": "batch"} {
		m.write("role/r", jwtRole(map[string]any{"token_type": written}))
		require.Equal(t, read, m.read("role/r")["token_type"])
	}
}

// The schema's defaults show in OpenAPI and the UI.
func TestRoleSchemaDefaults(t *testing.T) {
	t.Parallel()
	fields := newMount(t).backend.pathRole().Fields
	require.Equal(t, 150, fields["expiration_leeway"].Default)
	require.Equal(t, 150, fields["not_before_leeway"].Default)
	require.Equal(t, "string", fields["bound_claims_type"].Default)
	require.Equal(t, "default-service", fields["token_type"].Default)
	for _, old := range []string{"policies", "num_uses", "ttl", "max_ttl", "period", "bound_cidrs"} {
		require.True(t, fields[old].Deprecated, old)
	}
	require.Equal(t, framework.TypeLowerCaseString, fields["name"].Type)
}

func TestRoleNamesAreLowerCased(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/Deploy.Prod-1", jwtRole(nil))
	require.Equal(t, []string{"ci", "deploy.prod-1"}, m.list())
	require.NotNil(t, m.read("role/DEPLOY.prod-1"))
	require.Equal(t, "deploy.prod-1", m.login("DEPLOY.PROD-1", m.issuer.token(nil)).Metadata["role"])
	m.send(logical.DeleteOperation, "role/DEPLOY.PROD-1", nil)
	require.Equal(t, []string{"ci"}, m.list())
}

// No name leads to another place in storage than role/ (M15).
func TestRoleNamesStayInTheirPlace(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	for _, name := range []string{"..", "../config", "a/b", "a//b", "", " ", "a b", "ü", "a\x00", "-a", "a-"} {
		resp, err := m.handle(&logical.Request{Operation: logical.CreateOperation, Path: "role/" + name, Data: jwtRole(nil)})
		if err == nil {
			err = resp.Error()
		}
		require.Error(t, err, "%q", name)
	}
	require.Empty(t, m.storage.dump(t))
	m.write("role/a-b.c_d", jwtRole(nil))
	require.Equal(t, []string{"a-b.c_d"}, m.list())
}

func TestRoleListAndDelete(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	require.Empty(t, m.list())
	require.Nil(t, m.read("role/a"))
	require.Nil(t, m.send(logical.DeleteOperation, "role/a", nil), "deleting what is not there is no error")
	for i := range 3 {
		m.write(fmt.Sprintf("role/r%d", i), jwtRole(nil))
	}
	require.Equal(t, []string{"r0", "r1", "r2"}, m.list())
	require.Nil(t, m.send(logical.DeleteOperation, "role/r1", nil))
	require.Equal(t, []string{"r0", "r2"}, m.list())
	require.Nil(t, m.read("role/r1"))
}
