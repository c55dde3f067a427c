// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// TestStory tells what the method does, from an empty mount to the last
// renewal. Read it from top to bottom; each chapter goes on where the one
// before it ended.
func TestStory(t *testing.T) {
	m := newMount(t)
	// An OpenID provider on loopback plays GitHub Actions.
	github := idp.Start(t, idp.WithClock(m.clock.now))

	chapterConfigure(m, github)
	chapterWriteRole(m)
	granted := chapterLogin(m, github)
	chapterRefusedLikeAStranger(m, github)
	chapterRefusedWithAReason(m, github)
	chapterRenew(m, granted)
	chapterRenewRefused(m, granted)
	chapterKeysRotate(m, github)
}

// The operator says whose tokens to believe. Keys and their rotation come from
// the provider; nothing is stored before it has answered.
func chapterConfigure(m *testMount, github *idp.Provider) {
	t := m.t
	require.Equal(t, "could not load configuration", m.refuseLogin("ci", "any token"))
	require.Contains(t, m.refuseWrite("config", map[string]any{"oidc_discovery_url": "https://127.0.0.1:1"}), "error checking oidc discovery URL")

	m.write("config", map[string]any{
		"oidc_discovery_url":    github.Issuer(),
		"oidc_discovery_ca_pem": github.CAPEM(),
	})
	require.Equal(t, github.Issuer(), m.read("config")["oidc_discovery_url"])
}

// A role says what a token must prove, who its holder is to Vault, and what
// the Vault token may do.
func chapterWriteRole(m *testMount) {
	t := m.t
	m.write("role/deploy-production", map[string]any{
		"role_type":       "jwt",
		"bound_audiences": idp.Audience,
		"bound_claims":    map[string]any{"repository": "octo-org/octo-repo", "environment": "production"},
		"user_claim":      "sub",
		"claim_mappings":  map[string]any{"run_id": "run", "actor": "actor"},
		"token_policies":  "deploy",
		"token_ttl":       "10m",
		"token_max_ttl":   "1h",
	})
	require.Equal(t, []string{"deploy-production"}, m.list())
	require.Equal(t, "sub", m.read("role/deploy-production")["user_claim"])
}

// A job shows the token that GitHub gave it and gets one of Vault.
func chapterLogin(m *testMount, github *idp.Provider) *logical.Auth {
	t := m.t
	granted := m.login("deploy-production", github.Mint(github.GitHubClaims(nil)))

	require.Equal(t, "repo:octo-org/octo-repo:environment:production", granted.Alias.Name)
	require.Equal(t, []string{"deploy"}, granted.Policies)
	require.Equal(t, map[string]string{"role": "deploy-production", "run": "9817364520", "actor": "octocat"}, granted.Metadata)
	require.Equal(t, 10*time.Minute, granted.TTL)
	require.True(t, granted.Renewable)
	return granted
}

// As long as no signature has verified, whoever asks is a stranger. Strangers
// read one sentence whatever they did, so they learn neither which roles exist
// nor which part of a forged token was good.
func chapterRefusedLikeAStranger(m *testMount, github *idp.Provider) {
	valid := github.Mint(github.GitHubClaims(nil))
	stranger, err := idp.GenerateKey("ES256", github.Current().KID)
	require.NoError(m.t, err)

	m.refuse("deploy-production", "hello", auth.TokenForm)
	m.refuse("deploy-production", github.MintWith(stranger, nil, github.GitHubClaims(nil)), auth.SignatureInvalid)
	m.refuse("deploy-production", github.Mint(github.GitHubClaims(map[string]any{"iss": "https://evil.example"})), auth.IssuerUnknown)
	m.refuse("deploy-production", github.MintWith(github.Current(), map[string]any{"typ": "logout+jwt"}, github.GitHubClaims(nil)), auth.TokenType)
	m.refuse("no-such-role", valid, auth.RoleUnknown)
}

// With a good signature the caller is told which check failed, and never what
// the role wanted or the token had.
func chapterRefusedWithAReason(m *testMount, github *idp.Provider) {
	t := m.t
	with := func(claim string, value any) string {
		return github.Mint(github.GitHubClaims(map[string]any{claim: value}))
	}
	require.Equal(t, `error validating claims: claim "environment" does not match any associated bound claim values`,
		m.refuse("deploy-production", with("environment", "staging"), auth.ClaimMismatch))
	require.Equal(t, `error validating claims: claim "environment" is missing`,
		m.refuse("deploy-production", with("environment", nil), auth.ClaimMissing))
	require.Contains(t, m.refuse("deploy-production", with("aud", "somebody-else"), auth.Audience), "audience claim does not match")
	require.Contains(t, m.refuse("deploy-production", with("exp", m.clock.in(-2*time.Minute)), auth.Expired), "token is expired")
}

// The Vault token is renewed by the role as it is now, with the claims that
// the job had at login.
func chapterRenew(m *testMount, granted *logical.Auth) {
	t := m.t
	m.clock.advance(9 * time.Minute)
	require.Equal(t, 10*time.Minute, m.renew(granted).TTL)

	m.write("role/deploy-production", map[string]any{"token_ttl": "5m"})
	m.clock.advance(time.Hour) // the job's own token is long gone; renewal does not need it
	require.Equal(t, 5*time.Minute, m.renew(granted).TTL)
}

// A role that no longer admits these claims ends the token with its lease.
func chapterRenewRefused(m *testMount, granted *logical.Auth) {
	t := m.t
	m.write("role/deploy-production", map[string]any{"bound_claims": map[string]any{"environment": "staging"}})
	require.Equal(t, `renewal refused: error validating claims: claim "environment" does not match any associated bound claim values; log in again`,
		m.refuseRenewal(granted))

	m.send(logical.DeleteOperation, "role/deploy-production", nil)
	require.Equal(t, "renewal refused: the role deploy-production does not exist any more; log in again", m.refuseRenewal(granted))
}

// The provider changes its key; nobody has to tell Vault.
func chapterKeysRotate(m *testMount, github *idp.Provider) {
	chapterWriteRole(m)
	github.Rotate("EdDSA")
	m.login("deploy-production", github.Mint(github.GitHubClaims(nil)))
}
