// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// explain asks what a login would come to. The answer never has an Auth, and
// storage stays as it was.
func (m *testMount) explain(fields map[string]any) map[string]any {
	m.t.Helper()
	before := m.storage.dump(m.t)
	resp := m.send(logical.UpdateOperation, "explain", fields)
	require.NoError(m.t, resp.Error())
	require.Nil(m.t, resp.Auth)
	require.Equal(m.t, before, m.storage.dump(m.t), "an explanation changed storage")
	return resp.Data
}

// requireExplained checks that the explanation of a login is one of its outcome.
func (m *testMount) requireExplained(role, token string, want auth.Reason) map[string]any {
	m.t.Helper()
	data := m.explain(map[string]any{"role": role, "jwt": token})
	require.Equal(m.t, string(want), data["reason"])
	require.Equal(m.t, want == auth.Allowed, data["allowed"])
	if want == auth.Allowed {
		require.Nil(m.t, firstFailed(data))
		return data
	}
	require.NotContains(m.t, data, "grant")
	require.NotNil(m.t, firstFailed(data))
	require.Equal(m.t, string(want), firstFailed(data)["reason"])
	return data
}

func firstFailed(data map[string]any) map[string]any {
	for _, c := range data["checks"].([]map[string]any) {
		if c["reason"] != nil {
			return c
		}
	}
	return nil
}

func TestExplainTellsTheGrant(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"token_ttl": "10m", "groups_claim": "groups", "claim_mappings": map[string]any{"team": "team"}})
	token := m.issuer.token(map[string]any{"groups": []any{"a", "b"}, "team": "x"})
	data := m.requireExplained("ci", token+"\n", auth.Allowed)
	require.Equal(t, "ci", data["role"])
	require.Equal(t, "default", data["issuer"])
	require.Equal(t, "verified", data["signature"])
	granted, told := m.login("ci", token), data["grant"].(map[string]any)
	require.Equal(t, granted.Alias.Name, told["alias"])
	require.Equal(t, []any{"deploy"}, told["policies"])
	require.Equal(t, []any{"a", "b"}, told["groups"])
	require.Equal(t, map[string]any{"team": "x", "role": "ci"}, told["metadata"])
	require.Equal(t, json.Number(fmt.Sprint(granted.TTL.Seconds())), told["ttl"])
	require.NotContains(t, fmt.Sprint(data), token)
}

// The summary is the same for people: a line for each check.
func TestExplainSummary(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"bound_claims": map[string]any{"env": "prod"}, "condition": "claims.n > 3\n  || claims.n == 0"})
	data := m.requireExplained("ci", m.issuer.token(map[string]any{"env": "dev", "n": 2}), auth.ClaimMismatch)
	text := data["summary"].(string)
	require.True(t, strings.HasPrefix(text, "refused: claim_mismatch (env)\n"), text)
	require.Contains(t, text, `FAIL  claims env    found "dev"; wanted "prod"`)
	require.Contains(t, text, `found claims.n > 3 is false: claims.n = 2; claims.n == 0 is false: claims.n = 2; wanted claims.n > 3 || claims.n == 0`)
	require.Contains(t, text, "ok    signature     it was")
	require.Equal(t, strings.Count(text, "\n"), len(data["checks"].([]map[string]any)))
	require.Equal(t, "env", data["about"])
}

// The caller's address is taken for that of the login unless another is given.
func TestExplainAddress(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/inside", jwtRole(map[string]any{"token_bound_cidrs": "10.0.0.0/8"}))
	token := m.issuer.token(nil)
	data := m.requireExplained("inside", token, auth.PeerAddress)
	require.Equal(t, "192.0.2.10", firstFailed(data)["found"])
	data = m.explain(map[string]any{"role": "inside", "jwt": token, "remote_addr": "10.1.2.3"})
	require.Equal(t, true, data["allowed"])
}

func TestExplainClaims(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	claims := map[string]any{"sub": "alice", "aud": "vault"}
	for _, form := range []any{claims, payload(t, claims)} {
		data := m.explain(map[string]any{"role": "ci", "claims": form, "issuer": "default"})
		require.Equal(t, true, data["allowed"], data["summary"])
		require.Equal(t, "not checked", data["signature"])
		require.Equal(t, "alice", data["grant"].(map[string]any)["alias"])
	}
	claims["aud"] = "other"
	require.Equal(t, "audience", m.explain(map[string]any{"role": "ci", "claims": claims})["reason"])
}

// An expired token can be explained as well, with all its other checks.
func TestExplainExpired(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(map[string]any{"aud": "other"})
	m.clock.advance(time.Hour)
	data := m.requireExplained("ci", token, auth.Expired)
	require.Contains(t, data["summary"], `FAIL  audience aud  found "other"; wanted one of ["vault"]`)
}

// Without a role every role's verdict is told, the nearest first.
func TestExplainAllRoles(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/a-far", jwtRole(map[string]any{"bound_audiences": "x", "bound_subject": "bob", "bound_claims": map[string]any{"env": "prod"}}))
	m.write("role/b-near", jwtRole(map[string]any{"bound_subject": "bob", "bound_claims": map[string]any{"env": "prod"}}))
	m.write("role/browser", map[string]any{"user_claim": "sub", "allowed_redirect_uris": "https://vault.test/cb"})
	m = mountOn(t, m.storage).of(m) // roles that no login has needed yet are told of too
	data := m.explain(map[string]any{"jwt": m.issuer.token(map[string]any{"env": "prod"})})
	require.Equal(t, true, data["allowed"])
	require.Equal(t, "allowed", data["reason"])
	require.Equal(t, 4, data["roles_total"])
	roles := data["roles"].([]map[string]any)
	require.Equal(t, "ci", roles[0]["role"])
	require.Equal(t, map[string]any{"role": "b-near", "allowed": false, "reason": "subject", "check": "subject", "about": "sub", "wanted": `"bob"`, "found": `"alice"`}, roles[1])
	require.Contains(t, data["summary"], "role a-far: refused: audience (aud)")
	entry, _ := m.backend.snapshot.Load().roles.Get([]byte("b-near"))
	require.Nil(t, entry.role, "looking at all roles brought them into memory")

	data = m.explain(map[string]any{"jwt": forged(m.issuer.token(nil))})
	require.Equal(t, false, data["allowed"])
	require.Equal(t, "signature_invalid", data["reason"])
}

func TestExplainRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	require.EqualError(t, m.send(logical.UpdateOperation, "explain", map[string]any{"jwt": "x"}).Error(), "could not load configuration")
	m = newReadyMount(t)
	for text, fields := range map[string]map[string]any{
		`exactly one of the fields "jwt" and "claims" must be set`:          {"role": "ci"},
		`field "issuer": goes with claims; a token tells its issuer itself`: {"jwt": "x", "issuer": "default"},
		`field "claims": must be an object`:                                 {"claims": "SECRET"},
		`field "claims": must be one object`:                                {"claims": []any{"{}", "{}"}},
		`field "issuer": there is no issuer "nobody" on this mount`:         {"claims": `{"sub":"a"}`, "issuer": "nobody"},
		`field "remote_addr": must be an IP address`:                        {"jwt": "x", "remote_addr": "SECRET"},
	} {
		require.EqualError(t, m.send(logical.UpdateOperation, "explain", fields).Error(), text)
	}
}
