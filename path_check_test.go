// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// newStagedMount is a mount like newReadyMount with the option shadow=true.
func newStagedMount(t testing.TB) *testMount {
	t.Helper()
	m := newMount(t)
	m.backend.stage()
	m.issuer = newOfflineIssuer(t, m.clock)
	m.write("config", map[string]any{"jwt_validation_pubkeys": m.issuer.key.PEM(), "bound_issuer": m.issuer.id})
	m.write("role/ci", jwtRole(nil))
	return m
}

// check asks a staged mount about a login.
func (m *testMount) check(fields map[string]any) auth.Outcome {
	m.t.Helper()
	before := m.storage.dump(m.t)
	resp := m.send(logical.UpdateOperation, "check", fields)
	require.NoError(m.t, resp.Error())
	require.Nil(m.t, resp.Auth, "a check issues no token")
	require.Equal(m.t, before, m.storage.dump(m.t), "a check stores nothing")
	text, err := json.Marshal(resp.Data)
	require.NoError(m.t, err)
	var o auth.Outcome
	require.NoError(m.t, json.Unmarshal(text, &o))
	return o
}

func TestTheOptionDecidesWhetherAMountIsStaged(t *testing.T) {
	t.Parallel()
	for value, staged := range map[string]bool{"true": true, "1": true, " TRUE ": true, "yes please": true, "": true, "false": false, "0": false} {
		b, err := Factory("")(t.Context(), &logical.BackendConfig{Config: map[string]string{"shadow": value}, StorageView: newSpyStorage()})
		require.NoError(t, err)
		unauthenticated := b.SpecialPaths().Unauthenticated
		require.Equal(t, staged, len(unauthenticated) == 4 && unauthenticated[3] == "check", "%q", value)
		b.Cleanup(t.Context())
	}
}

func TestStagedMountIssuesNothing(t *testing.T) {
	t.Parallel()
	m := newStagedMount(t)
	token := m.issuer.token(nil)
	require.Equal(t, stagedRefusal, m.refuseLogin("ci", token))
	for _, req := range []*logical.Request{
		{Operation: logical.AliasLookaheadOperation, Path: "login", Data: map[string]any{"role": "ci", "jwt": token}},
		{Operation: logical.RenewOperation, Path: "login", Auth: &logical.Auth{InternalData: map[string]any{"role": "ci"}}},
		{Operation: logical.UpdateOperation, Path: "oidc/auth_url"},
		{Operation: logical.ReadOperation, Path: "oidc/callback"},
	} {
		resp, err := m.handle(req)
		require.NoError(t, err)
		require.Equal(t, stagedRefusal, resp.Error().Error())
	}
	require.True(t, m.check(map[string]any{"role": "ci", "jwt": token}).Allowed, "and yet it judges")
	require.NotEmpty(t, m.send(logical.HelpOperation, "login", nil).Data["help"])
}

func TestOrdinaryMountHasNoCheck(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	_, err := m.handle(&logical.Request{Operation: logical.UpdateOperation, Path: "check", Data: map[string]any{"role": "ci", "jwt": m.issuer.token(nil)}})
	require.ErrorIs(t, err, logical.ErrUnsupportedPath)
	require.NotContains(t, m.backend.SpecialPaths().Unauthenticated, "check")
	m.login("ci", m.issuer.token(nil))
}

func TestCheckAnswersTheOutcome(t *testing.T) {
	t.Parallel()
	m := newStagedMount(t)
	m.write("role/ci", map[string]any{"token_ttl": 60, "bound_claims": map[string]any{"team": "blue"}})
	o := m.check(map[string]any{"role": "ci", "jwt": m.issuer.token(map[string]any{"team": "blue"})})
	require.Equal(t, auth.Outcome{
		Allowed: true, Reason: auth.Allowed, Role: "ci", Issuer: "default", Grant: &auth.Grant{
			User: "alice", Alias: "alice", Metadata: map[string]string{"role": "ci"}, Policies: []string{"deploy"},
			Limits: auth.Limits{TTL: 60, TokenType: "default", BoundCIDRs: []string{}},
		},
	}, o)
	o = m.check(map[string]any{"role": "ci", "jwt": m.issuer.token(map[string]any{"team": "red"})})
	require.Equal(t, auth.Outcome{Reason: auth.ClaimMismatch, About: "team", Role: "ci", Issuer: "default"}, o)
}

// A check needs no Vault token, so before a signature has verified it tells
// nothing apart: no role, no issuer, no address.
func TestCheckTellsStrangersNothing(t *testing.T) {
	t.Parallel()
	m := newStagedMount(t)
	m.write("role/office", jwtRole(map[string]any{"token_bound_cidrs": "198.51.100.0/24"}))
	m.write("role/browser", map[string]any{"user_claim": "sub", "allowed_redirect_uris": "https://x.example/y"})
	stranger := newOfflineIssuer(t, m.clock)
	for name, fields := range map[string]map[string]any{
		"form":    {"role": "ci", "jwt": "x"},
		"key":     {"role": "ci", "jwt": stranger.token(map[string]any{"iss": m.issuer.id})},
		"issuer":  {"role": "ci", "jwt": m.issuer.token(map[string]any{"iss": "https://other.test"})},
		"role":    {"role": "nobody", "jwt": m.issuer.token(nil)},
		"browser": {"role": "browser", "jwt": m.issuer.token(nil)},
		"address": {"role": "office", "jwt": m.issuer.token(nil)},
	} {
		require.Equal(t, auth.Outcome{Reason: auth.Unverified}, m.check(fields), name)
	}
	inside := map[string]any{"role": "office", "jwt": m.issuer.token(nil), "remote_addr": "198.51.100.7"}
	require.True(t, m.check(inside).Allowed, "the address is that of the login")
}

func TestCheckOfWhatIsNoLogin(t *testing.T) {
	t.Parallel()
	m := newStagedMount(t)
	token := m.issuer.token(nil)
	for want, fields := range map[string]map[string]any{
		"missing role":                         {"jwt": token},
		"missing token":                        {"role": "ci"},
		`field "remote_addr" must be a string`: {"role": "ci", "jwt": token, "remote_addr": 7},
		`field "client_certificate" must be a certificate, DER in base64`: {"role": "ci", "jwt": token, "client_certificate": base64.StdEncoding.EncodeToString([]byte(token))},
	} {
		resp := m.send(logical.UpdateOperation, "check", fields)
		require.Error(t, resp.Error())
		require.Equal(t, want, resp.Error().Error())
	}
}
