// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// ruleMount is a mount whose issuer is an OpenID provider.
type ruleMount struct {
	backend logical.Backend
	storage logical.Storage
	issuer  *idp.Provider
}

func newRuleMount(tb testing.TB) *ruleMount {
	tb.Helper()
	m := &ruleMount{storage: &logical.InmemStorage{}, issuer: idp.Start(tb)}
	m.reopen(tb)
	tb.Cleanup(func() { m.backend.Cleanup(context.Background()) })
	require.Nil(tb, m.do(tb, logical.UpdateOperation, "config", map[string]any{
		"oidc_discovery_url": m.issuer.Issuer(), "oidc_discovery_ca_pem": m.issuer.CAPEM(),
	}))
	return m
}

// reopen starts the mount anew on what it has stored.
func (m *ruleMount) reopen(tb testing.TB) {
	tb.Helper()
	if m.backend != nil {
		m.backend.Cleanup(context.Background())
	}
	var err error
	m.backend, err = Factory("v1.0.0")(context.Background(), &logical.BackendConfig{
		Logger: hclog.NewNullLogger(), System: logical.TestSystemView(), StorageView: m.storage,
	})
	require.NoError(tb, err)
}

func (m *ruleMount) request(op logical.Operation, path string, data map[string]any) *logical.Request {
	return &logical.Request{
		Operation: op, Path: path, Data: data, Storage: m.storage, MountPoint: "auth/jwt/",
		Connection: &logical.Connection{RemoteAddr: "10.1.2.3"},
	}
}

func (m *ruleMount) do(tb testing.TB, op logical.Operation, path string, data map[string]any) *logical.Response {
	tb.Helper()
	resp, err := m.backend.HandleRequest(context.Background(), m.request(op, path, data))
	require.NoError(tb, err)
	return resp
}

func (m *ruleMount) login(tb testing.TB, claims map[string]any) *logical.Response {
	tb.Helper()
	return m.do(tb, logical.UpdateOperation, "login", map[string]any{"role": "r", "jwt": m.issuer.Mint(m.issuer.Claims(claims))})
}

func (m *ruleMount) renew(tb testing.TB, login *logical.Auth) *logical.Response {
	tb.Helper()
	// Vault keeps internal data as JSON.
	kept, err := json.Marshal(login.InternalData)
	require.NoError(tb, err)
	req := m.request(logical.RenewOperation, "login", nil)
	req.Auth = &logical.Auth{Alias: login.Alias, Policies: login.Policies}
	require.NoError(tb, json.Unmarshal(kept, &req.Auth.InternalData))
	resp, err := m.backend.HandleRequest(context.Background(), req)
	require.NoError(tb, err)
	return resp
}

// ruledRole is a role with all fields of expressions.
func ruledRole() map[string]any {
	return map[string]any{
		"role_type": "jwt", "bound_audiences": idp.Audience, "token_policies": "base",
		"condition":             `claims.env != "test" && header.alg == "ES256" && mount.path == "auth/jwt/" && remote_addr.inCIDR("10.0.0.0/8")`,
		"user_expression":       `claims.org + ":" + claims.login`,
		"groups_expression":     `claims.teams.map(t, "t-" + t)`,
		"metadata_expression":   `{"org": claims.org}`,
		"policies_expression":   `["Org-" + claims.org, "base"]`,
		"allowed_policies":      "org-*,base",
		"groups_optional":       true,
		"allow_unsafe_metadata": true,
	}
}

func ruledClaims() map[string]any {
	return map[string]any{"env": "prod", "org": "acme", "login": "kim", "teams": []string{"a", "b"}}
}

func with(base map[string]any, name string, value any) map[string]any {
	base[name] = value
	return base
}

func TestExpressionsEndToEnd(t *testing.T) {
	m := newRuleMount(t)
	require.Nil(t, m.do(t, logical.CreateOperation, "role/r", ruledRole()))
	for range 2 { // as written, and as read from storage
		resp := m.login(t, ruledClaims())
		require.False(t, resp.IsError(), "%v", resp)
		require.Equal(t, []string{"base", "org-acme"}, resp.Auth.Policies)
		require.Equal(t, "acme:kim", resp.Auth.Alias.Name)
		require.Equal(t, map[string]string{"org": "acme", "role": "r"}, resp.Auth.Metadata)
		require.Len(t, resp.Auth.GroupAliases, 2)
		require.Equal(t, "t-a", resp.Auth.GroupAliases[0].Name)
		require.False(t, m.renew(t, resp.Auth).IsError())

		refused := m.login(t, with(ruledClaims(), "env", "test"))
		requireRefusal(t, refused, "the role's condition does not hold for this token")
		m.reopen(t)
	}
	for claim, c := range map[string]struct {
		value any
		want  string
	}{
		"env":   {nil, "the role's condition could not be evaluated for this token"},
		"login": {7, "the role's user_expression could not be evaluated for this token"},
		"org":   {"x\ny", "the result of the role's user_expression is missing or is not a string of 1 to 512 bytes without control characters"},
		"teams": {[]string{"a\n"}, "the result of the role's groups_expression is missing or is not a list of at most 500 strings without control characters"},
	} {
		requireRefusal(t, m.login(t, with(ruledClaims(), claim, c.value)), c.want)
	}
	requireRefusal(t, m.login(t, with(ruledClaims(), "org", "a,b")), "the role's policies_expression gave a policy that the role does not allow, or more than 64 policies")
	require.Nil(t, m.do(t, logical.UpdateOperation, "role/r", map[string]any{"allow_unsafe_metadata": false}))
	requireRefusal(t, m.login(t, with(ruledClaims(), "org", "a/b")), "the role's metadata_expression gave metadata that is not allowed, or more than 32 pairs")
}

func TestRenewalMeetsTheConditionOfNow(t *testing.T) {
	m := newRuleMount(t)
	require.Nil(t, m.do(t, logical.CreateOperation, "role/r", ruledRole()))
	login := m.login(t, ruledClaims()).Auth
	require.Equal(t, map[string]any{"alg": "ES256", "kid": m.issuer.Current().KID, "typ": "jwt"}, login.InternalData["header"])

	require.Nil(t, m.do(t, logical.UpdateOperation, "role/r", map[string]any{"condition": `claims.env == "staging"`}))
	requireRefusal(t, m.renew(t, login), "renewal refused: the role's condition does not hold for this token; log in again")
	require.Nil(t, m.do(t, logical.UpdateOperation, "role/r", map[string]any{"condition": "", "allowed_policies": "base"}))
	require.ErrorContains(t, m.renew(t, login).Error(), "gave a policy that the role does not allow")
	require.Nil(t, m.do(t, logical.UpdateOperation, "role/r", map[string]any{"allowed_policies": "org-acme,base"}))
	renewed := m.renew(t, login)
	require.False(t, renewed.IsError())
	require.Equal(t, []string{"base", "org-acme"}, renewed.Auth.Policies)

	delete(login.InternalData, "header")
	require.False(t, m.renew(t, login).IsError())
	require.Nil(t, m.do(t, logical.UpdateOperation, "role/r", map[string]any{"condition": `header.alg != "none"`}))
	require.ErrorContains(t, m.renew(t, login).Error(), "the role's condition could not be evaluated")
}

// A field of ours is read back when it is set, and stored when it is set.
func TestRuleFieldsReadBack(t *testing.T) {
	m := newRuleMount(t)
	plain := map[string]any{"role_type": "jwt", "bound_audiences": idp.Audience, "user_claim": "sub"}
	own := []string{"condition", "user_expression", "groups_expression", "metadata_expression", "policies_expression", "allowed_policies", "groups_optional", "allow_unsafe_metadata", "examples"}
	require.Nil(t, m.do(t, logical.CreateOperation, "role/plain", plain))
	require.Nil(t, m.do(t, logical.CreateOperation, "role/r", with(ruledRole(), "examples", `{"name":"kim","claims":{"env":"prod","org":"acme","login":"kim","teams":[],"n":1.50},"remote_addr":"10.0.0.1","header":{"alg":"ES256"},"expect":{"allow":true,"ttl":0}}`)))
	read, plainRead := m.do(t, logical.ReadOperation, "role/r", nil).Data, m.do(t, logical.ReadOperation, "role/plain", nil).Data
	stored, err := m.storage.Get(context.Background(), "role/plain")
	require.NoError(t, err)
	for _, name := range own {
		require.Contains(t, read, name)
		require.NotContains(t, plainRead, name)
		require.NotContains(t, string(stored.Value), `"`+name+`"`)
	}
	require.Equal(t, ruledRole()["condition"], read["condition"])
	require.Equal(t, []string{"org-*", "base"}, read["allowed_policies"])
	example := read["examples"].([]any)[0].(map[string]any)
	require.Equal(t, json.Number("1.50"), example["claims"].(map[string]any)["n"])

	// What was read can be written.
	require.Nil(t, m.do(t, logical.UpdateOperation, "role/r", map[string]any{"examples": read["examples"]}))
	require.Equal(t, read, m.do(t, logical.ReadOperation, "role/r", nil).Data)
	require.Nil(t, m.do(t, logical.UpdateOperation, "role/r", map[string]any{"examples": []any{}}))
	require.NotContains(t, m.do(t, logical.ReadOperation, "role/r", nil).Data, "examples")
}

func TestRoleWriteRefusals(t *testing.T) {
	m := newRuleMount(t)
	for want, change := range map[string]map[string]any{
		"condition: line 1, column 8: undeclared reference to 'clam'": {"condition": `true ==clam`},
		"policies_expression: line 1, column 1: it gives string":      {"policies_expression": `"a"`},
		"allowed_policies: required with policies_expression":         {"allowed_policies": ""},
		"a user claim must be defined on the role":                    {"user_expression": ""},
		"examples: must be a list of":                                 {"examples": `{"name":"a","claim":{}}`},
	} {
		role := ruledRole()
		for name, value := range change {
			role[name] = value
		}
		resp := m.do(t, logical.CreateOperation, "role/r", role)
		require.True(t, resp.IsError(), want)
		require.Contains(t, resp.Error().Error(), want)
	}
	require.Nil(t, m.do(t, logical.ReadOperation, "role/r", nil), "nothing of a refused write is stored")

	bare := map[string]any{"role_type": "jwt", "user_claim": "sub"}
	require.ErrorContains(t, m.do(t, logical.CreateOperation, "role/r", bare).Error(), "must have at least one bound constraint")
	require.Nil(t, m.do(t, logical.CreateOperation, "role/r", with(bare, "condition", `claims.env == "prod"`)), "a condition binds")
}

// A stored role whose expression does not compile any more admits nobody.
func TestStoredRoleThatDoesNotCompile(t *testing.T) {
	m := newRuleMount(t)
	require.Nil(t, m.do(t, logical.CreateOperation, "role/r", ruledRole()))
	login := m.login(t, ruledClaims()).Auth
	record, err := loadRole(context.Background(), m.storage, "r")
	require.NoError(t, err)
	record.Condition = `claims.env.vanished()`
	require.NoError(t, saveRole(context.Background(), m.storage, "r", record))
	m.reopen(t)
	requireRefusal(t, m.login(t, ruledClaims()), "the role's condition could not be evaluated for this token")
	require.ErrorContains(t, m.renew(t, login).Error(), "the role's condition could not be evaluated")
}
