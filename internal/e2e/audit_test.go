// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// auditLog reads the responses to logins from the file of an audit device.
func auditLog(t *testing.T, file string) (entries []object, raw []byte) {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	for line := range bytes.Lines(raw) {
		var entry object
		require.NoError(t, json.Unmarshal(line, &entry))
		if path, _ := entry["request"].(object)["path"].(string); entry["type"] == "response" && filepath.Base(path) == "login" {
			entries = append(entries, entry)
		}
	}
	return entries, raw
}

// TestAuditOfLogins holds docs/audit.md against what a real audit device
// writes: before and after the mount is tuned to leave two keys unhashed.
func TestAuditOfLogins(t *testing.T) {
	file := filepath.Join(t.TempDir(), "audit.log")
	server := ownServer(t, vaultdev.Options{})
	root := newClient(server)
	enabled := root.asRoot(t, "POST", "sys/audit/file", object{"type": "file", "options": object{"file_path": file}})
	require.True(t, enabled.ok(), "%s", enabled.raw)
	p, m := newIssuer(t), enableOurs(t, server, "ci")
	m.write(t, "config", object{"oidc_discovery_url": p.DiscoveryURL(), "oidc_discovery_ca_pem": p.CAPEM()})
	m.write(t, "role/ci", object{"role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault", "bound_claims": object{"team": "core"}, "claim_mappings": object{"team": "team"}, "token_policies": "deploy"})
	good, bad := p.token(object{"team": "core", "x": "CANARY"}), p.token(object{"team": "sales", "x": "CANARY"})

	require.True(t, m.login(t, "ci", good).ok())
	require.False(t, m.login(t, "ci", bad).ok())
	tuned := root.asRoot(t, "POST", "sys/auth/ci/tune", object{"audit_non_hmac_request_keys": []string{"role"}, "audit_non_hmac_response_keys": []string{"error"}})
	require.True(t, tuned.ok(), "%s", tuned.raw)
	require.True(t, m.login(t, "ci", good).ok())
	refused := m.login(t, "ci", bad)
	require.False(t, refused.ok())

	entries, raw := auditLog(t, file)
	require.Len(t, entries, 4)
	of := func(n int, part, name string) any {
		section, _ := entries[n][part].(object)
		data, _ := section["data"].(object)
		return data[name]
	}
	for n := range entries {
		require.Contains(t, of(n, "request", "jwt"), "hmac-sha256:", "the token is hashed, tuned or not")
	}
	require.Contains(t, of(0, "request", "role"), "hmac-sha256:")
	require.Equal(t, "ci", of(2, "request", "role"))
	granted := entries[2]["auth"].(object)
	require.Equal(t, object{"role": "ci", "team": "core"}, granted["metadata"], "what the role maps is not hashed")
	require.Equal(t, "ci-alice", granted["display_name"])

	require.Contains(t, of(1, "response", "error"), "hmac-sha256:")
	id := refused.decision()
	require.Equal(t, refused.text()+" (decision "+id+")", of(3, "response", "error"))
	decision := m.asRoot(t, "GET", "auth/ci/decisions/"+id, nil).data()
	require.Equal(t, entries[3]["request"].(object)["id"], decision["request_id"], "the decision leads to the audit log, and back")
	require.Equal(t, "claim_mismatch", decision["reason"])
	for _, secret := range []string{"CANARY", good, bad} {
		require.NotContains(t, string(raw), secret)
	}
}
