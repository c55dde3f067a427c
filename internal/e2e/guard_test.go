// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// delegate gives out a token that may do what a policy says, in which "jwt" is
// the mount.
func delegate(t *testing.T, m *mount, policy string) func(method, path string, body any) answer {
	t.Helper()
	name := m.path + "-" + strings.ReplaceAll(strings.ToLower(t.Name()), "/", "-")
	policy = strings.ReplaceAll(policy, "auth/jwt/", "auth/"+m.path+"/")
	written := m.asRoot(t, "PUT", "sys/policies/acl/"+name, object{"policy": policy})
	require.True(t, written.ok(), "%s", written.raw)
	a := m.asRoot(t, "POST", "auth/token/create-orphan", object{"policies": []string{name}, "no_default_policy": true})
	require.True(t, a.ok(), "%s", a.raw)
	token := a.auth()["client_token"].(string)
	return func(method, path string, body any) answer {
		return m.send(t, request{method: method, path: m.at(path), token: token, body: body})
	}
}

// docs/takeover.md: policies for Vault's own method that bind parameters of
// roles let their holders around them by the paths and fields that this method
// adds, and the lines given there close that.
func TestPoliciesThatBindRoleParameters(t *testing.T) {
	r := need(t)
	m := enableOurs(t, r.server, pathFor(t, "ours"))
	m.write(t, "config", trialConfig(newIssuer(t)))
	const (
		denying = `path "auth/jwt/role/*" {
			capabilities = ["create", "read", "update", "delete", "list"]
			denied_parameters = { "token_policies" = [], "policies" = [] }
		}`
		allowing = `path "auth/jwt/role/*" {
			capabilities = ["create", "read", "update", "delete", "list"]
			allowed_parameters = { "role_type" = [], "user_claim" = [], "bound_audiences" = [], "bound_claims" = [], "token_ttl" = [] }
		}`
		lines = `
		path "auth/jwt/role/+/candidate"         { capabilities = ["deny"] }
		path "auth/jwt/role/+/candidate/promote" { capabilities = ["deny"] }
		path "auth/jwt/role/+/candidate/report"  { capabilities = ["deny"] }
		path "auth/jwt/role/+/rollback"          { capabilities = ["deny"] }`
		futile = `
		path "auth/jwt/role/+/candidate/*"       { capabilities = ["deny"] }`
	)
	computed := object{"policies_expression": `["root-of-all"]`, "allowed_policies": "root-*"}
	prepare := func(t *testing.T) {
		m.write(t, "role/ci", trialRole(object{"token_policies": "old"}))
		m.write(t, "role/ci/candidate", object{"token_policies": "new"})
	}
	policies := func(t *testing.T) any { return m.read(t, "role/ci")["token_policies"] }

	t.Run("as for the other method", func(t *testing.T) {
		prepare(t)
		do := delegate(t, m, denying)
		require.Equal(t, 403, do("POST", "role/ci", object{"token_policies": "new"}).status)
		require.True(t, do("POST", "role/ci", computed).ok())
		require.True(t, do("POST", "role/ci/candidate", computed).ok())
		m.write(t, "role/ci/candidate", object{"token_policies": "new"})
		require.True(t, do("POST", "role/ci/candidate/promote", nil).ok())
		require.Equal(t, []any{"new"}, policies(t))
		require.True(t, do("POST", "role/ci/rollback", nil).ok())
		require.Equal(t, []any{"old"}, policies(t))
	})
	t.Run("a star after a plus", func(t *testing.T) {
		prepare(t)
		do := delegate(t, m, denying+futile)
		require.True(t, do("POST", "role/ci/candidate/promote", nil).ok(), "role/* has fewer + and wins")
	})
	t.Run("with the lines", func(t *testing.T) {
		prepare(t)
		do := delegate(t, m, allowing+lines)
		require.True(t, do("POST", "role/ci", object{"token_ttl": "5m"}).ok())
		require.True(t, do("GET", "role/ci", nil).ok())
		for _, body := range []object{{"token_policies": "new"}, {"policies": "new"}, computed, {"user_expression": `"root"`}} {
			require.Equal(t, 403, do("POST", "role/ci", body).status, "%v", body)
		}
		for _, path := range []string{"candidate", "candidate/promote", "rollback", "candidate/", "candidate/promote/", "rollback/"} {
			require.False(t, do("POST", "role/ci/"+path, nil).ok(), path)
			require.False(t, do("POST", "role/ci/"+path, object{"token_ttl": "1h"}).ok(), path)
		}
		require.Equal(t, 403, do("POST", "role/ci/candidate/promote", nil).status)
		require.Equal(t, 403, do("POST", "role/ci/rollback", nil).status)
		require.Equal(t, 403, do("POST", "role/ci/candidate", object{"token_ttl": "1h"}).status)
		require.Equal(t, 403, do("DELETE", "role/ci/candidate/report", nil).status)
		require.Equal(t, []any{"old"}, policies(t))
	})
}
