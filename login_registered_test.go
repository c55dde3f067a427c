// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// unfit are values that name nobody.
func unfit() []any {
	return []any{
		nil, 7, true, []any{"alice"}, map[string]any{"a": "b"}, "", "a\x00b", "a\nb", "a\x7fb", "a\u0085b", strings.Repeat("x", 513),
	}
}

// withClaim signs claims in which one has that value; nil is JSON null here.
func withClaim(m *testMount, name string, value any) string {
	m.t.Helper()
	claims := m.issuer.claims(nil)
	claims[name] = value
	return m.issuer.raw(m.issuer.header(""), payload(m.t, claims))
}

func TestLoginSubject(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	for _, value := range unfit() {
		text := m.refuse("ci", withClaim(m, "sub", value), auth.ClaimForm)
		require.Equal(t, `error validating token: claim "sub" is missing, malformed or not allowed`, text)
	}
	m.refuse("ci", m.issuer.token(map[string]any{"sub": nil}), auth.ClaimForm)
	long := strings.Repeat("x", 512)
	require.Equal(t, long, m.login("ci", withClaim(m, "sub", long)).Alias.Name)
}

// The issuer is compared byte for byte; nothing is normalised.
func TestLoginIssuerIsExact(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	for _, iss := range append(unfit(),
		"https://issuer.test/", "https://ISSUER.test", "HTTPS://issuer.test", "https://issuer.test:443", "http://issuer.test",
		"https://user@issuer.test", "https://issuer.test/.", "https://issuer.test/a/..", "https://issuer%2etest", "https://issuer.test#",
		"https://issuer.test?", "https://ıssuer.test", " https://issuer.test", "https://issuer.test ", "issuer.test",
	) {
		m.refuse("ci", withClaim(m, "iss", iss), auth.IssuerUnknown)
	}
	m.login("ci", withClaim(m, "iss", "https://issuer.test"))
}

// Where the mount binds no issuer, iss may be missing but not malformed.
func TestLoginIssuerWithoutBinding(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.reconfigure(map[string]any{"bound_issuer": nil})
	for _, iss := range unfit() {
		m.refuse("ci", withClaim(m, "iss", iss), auth.ClaimForm)
	}
	m.login("ci", m.issuer.token(map[string]any{"iss": nil}))
	m.login("ci", withClaim(m, "iss", "https://any.test/"))
}

func TestLoginBoundSubject(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"bound_subject": "repo:org/Repo"})
	m.login("ci", withClaim(m, "sub", "repo:org/Repo"))
	for _, sub := range []string{"repo:org/repo", "repo:org/Repo ", "repo:org/Repo2", "repo:org/Rep", "alice"} {
		require.Equal(t, "error validating token: invalid subject (sub) claim", m.refuse("ci", withClaim(m, "sub", sub), auth.Subject))
	}
}

// jti is not needed; if it is there it must be something that can be revoked by.
func TestLoginTokenID(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	for _, value := range unfit() {
		m.refuse("ci", withClaim(m, "jti", value), auth.ClaimForm)
	}
	m.login("ci", withClaim(m, "jti", "a"))
	m.login("ci", m.issuer.token(nil))
}

// A token that was made for something else does not log in: security events,
// logout tokens, and the kinds that say so in typ.
func TestLoginRefusesTokensOfAnotherPurpose(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	logout := map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}
	for _, events := range []any{logout, nil, "x", []any{}} {
		require.Contains(t, m.refuse("ci", withClaim(m, "events", events), auth.ClaimForm), `claim "events"`)
	}
	for _, typ := range []string{"logout+jwt", "secevent+jwt", "dpop+jwt", "at+jwt", "kb+jwt", "application/at+jwt", "JWT "} {
		token := m.issuer.raw(`{"alg":"ES256","typ":"`+typ+`"}`, payload(t, m.issuer.claims(nil)))
		m.refuse("ci", token, auth.TokenType)
	}
	for _, header := range []string{`"cty":"JWT"`, `"cty":"application/jwt"`, `"cty":7`, `"enc":"A128GCM"`, `"zip":"DEF"`} {
		m.refuse("ci", m.issuer.raw(m.issuer.header(header), payload(t, m.issuer.claims(nil))), auth.TokenType)
	}
	m.login("ci", m.issuer.raw(m.issuer.header(`"cty":"text"`), payload(t, m.issuer.claims(nil))))
}

// Whose token it is (azp) and whether an address was verified are claims like
// others, and can be bound. A string is not a boolean.
func TestLoginBindsPurposeByClaims(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"user_claim": "email", "bound_claims": map[string]any{"email_verified": true, "azp": "vault"}})
	token := func(verified, azp any) string {
		return m.issuer.token(map[string]any{"email": "a@corp.test", "email_verified": verified, "azp": azp})
	}
	require.Equal(t, "a@corp.test", m.login("ci", token(true, "vault")).Alias.Name)
	for _, verified := range []any{false, "true", 1, []any{"true"}} {
		m.refuse("ci", token(verified, "vault"), auth.ClaimMismatch)
	}
	m.refuse("ci", token(nil, "vault"), auth.ClaimMissing)
	m.refuse("ci", token(true, "other-client"), auth.ClaimMismatch)
}
