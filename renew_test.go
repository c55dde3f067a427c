// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/base64"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

// claimsText is a claim set as a login keeps it.
func claimsText(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }

// The limits come from the role as it is now; everything else of the token is
// as Vault sent it.
func TestRenewTakesLimitsFromTheRole(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"token_ttl": "10m", "token_max_ttl": "1h", "token_explicit_max_ttl": "2h", "groups_claim": "groups"})
	granted := m.login("ci", withClaim(m, "groups", []any{"ops"}))
	granted.Policies = append(granted.Policies, "added-by-vault")
	granted.ClientToken, granted.Accessor = "hvs.x", "acc"

	m.write("role/ci", map[string]any{"token_ttl": "11m", "token_max_ttl": "30m", "token_period": "5m", "token_policies": "other"})
	want := stored(t, granted)
	want.TTL, want.MaxTTL, want.Period = 11*time.Minute, 30*time.Minute, 5*time.Minute
	renewed := m.renew(granted)
	require.Equal(t, want, renewed)
	require.Equal(t, 2*time.Hour, renewed.ExplicitMaxTTL, "never past what the login set")

	m.write("role/ci", map[string]any{"token_ttl": 0, "token_max_ttl": 0, "token_period": 0})
	require.Zero(t, m.renew(granted).TTL)
}

// The token that logged in has long expired when its Vault token is renewed;
// its times spoke of the login.
func TestRenewLooksAtNoTimes(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	granted := m.login("ci", m.issuer.token(nil))
	for _, later := range []time.Duration{time.Hour, 400 * 24 * time.Hour, -1000 * 24 * time.Hour} {
		m.clock.advance(later)
		m.renew(granted)
	}
}

// What the role demands by now is asked of the claims kept at login.
func TestRenewJudgesTheClaimsAnew(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	granted := m.login("ci", m.issuer.token(map[string]any{"env": "prod", "n": 9007199254740993, "groups": []any{"ops"}, "email": "a@corp.test"}))
	for name, c := range map[string]struct {
		good, bad map[string]any
		text      string
	}{
		"claim":    {map[string]any{"bound_claims": map[string]any{"env": "prod"}}, map[string]any{"bound_claims": map[string]any{"env": "dev"}}, `claim "env" does not match`},
		"number":   {map[string]any{"bound_claims": map[string]any{"n": 9007199254740993}}, map[string]any{"bound_claims": map[string]any{"n": 9007199254740992}}, `claim "n" does not match`},
		"new one":  {map[string]any{"bound_claims": map[string]any{"env": "prod"}}, map[string]any{"bound_claims": map[string]any{"team": "a"}}, `claim "team" is missing`},
		"subject":  {map[string]any{"bound_subject": "alice"}, map[string]any{"bound_subject": "bob"}, "invalid subject (sub) claim"},
		"audience": {map[string]any{"bound_audiences": "x,vault"}, map[string]any{"bound_audiences": "x"}, "invalid audience (aud) claim"},
		"groups":   {map[string]any{"groups_claim": "groups"}, map[string]any{"groups_claim": "roles"}, `groups claim "roles"`},
		"mapping":  {map[string]any{"claim_mappings": map[string]any{"env": "e"}}, map[string]any{"claim_mappings": map[string]any{"n": "n"}}, `mapped claim "n"`},
		"user":     {map[string]any{"user_claim": "sub"}, map[string]any{"user_claim": "email"}, "the role names another user for these claims by now"},
		"no user":  {map[string]any{"user_claim": "sub"}, map[string]any{"user_claim": "upn"}, `user claim "upn" is missing`},
		"address":  {map[string]any{"token_bound_cidrs": "192.0.2.0/24"}, map[string]any{"token_bound_cidrs": "10.0.0.0/8"}, "the role does not admit this address"},
		"folded":   {map[string]any{"bound_claims": map[string]any{"env": "prod"}}, map[string]any{"bound_claims": map[string]any{"Env": "prod"}}, `claim's name differs from "Env"`},
	} {
		m.send(logical.DeleteOperation, "role/ci", nil)
		m.write("role/ci", jwtRole(c.good))
		m.renew(granted)
		m.write("role/ci", c.bad)
		text := m.refuseRenewal(granted)
		require.True(t, strings.HasPrefix(text, "renewal refused: "), text)
		require.Contains(t, text, c.text, name)
		require.True(t, strings.HasSuffix(text, "; log in again"), text)
		m.write("role/ci", c.good)
		m.renew(granted)
	}
}

// A token outlives neither its role nor its issuer.
func TestRenewNeedsRoleAndIssuer(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	granted := m.login("ci", m.issuer.token(nil))
	m.send(logical.DeleteOperation, "role/ci", nil)
	require.Equal(t, "renewal refused: the role ci does not exist any more; log in again", m.refuseRenewal(granted))
	m.write("role/ci", jwtRole(nil))
	m.renew(granted)

	m.reconfigure(map[string]any{"bound_issuer": "https://other.test"})
	require.Equal(t, "renewal refused: the issuer that the login came from is not accepted any more; log in again", m.refuseRenewal(granted))
	// Another key of the same issuer is no reason: keys rotate.
	m.write("config", map[string]any{"jwt_validation_pubkeys": newOfflineIssuer(t, m.clock).key.PEM(), "bound_issuer": m.issuer.id})
	m.renew(granted)

	require.NoError(t, m.storage.inner.Delete(t.Context(), "config"))
	m.backend.InvalidateKey(t.Context(), "config")
	require.Equal(t, "renewal refused: the mount is not configured any more; log in again", m.refuseRenewal(granted))
}

// Where Vault saw no address, as when it renews by itself, none is asked for.
func TestRenewWithoutAnAddress(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"token_bound_cidrs": "192.0.2.0/24"})
	granted := m.login("ci", m.issuer.token(nil))
	m.peer = "10.0.0.1"
	m.refuseRenewal(granted)
	m.peer = ""
	m.renew(granted)
}

// Tokens that the other plugin issued have the role with them and nothing
// else. They are renewed as that plugin would: if the role is there.
func TestRenewTokensOfTheOtherPlugin(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"token_ttl": "7m", "bound_claims": map[string]any{"env": "prod"}})
	old := &logical.Auth{Alias: &logical.Alias{Name: "alice"}, InternalData: map[string]any{"role": "ci"}, Policies: []string{"p"}}
	require.Equal(t, 7*time.Minute, m.renew(old).TTL)
	m.write("role/ci", map[string]any{"token_bound_cidrs": "10.0.0.0/8"})
	require.Contains(t, m.refuseRenewal(old), "does not admit this address")
	old.InternalData["role"] = "gone"
	require.Contains(t, m.refuseRenewal(old), "the role gone does not exist any more")
}

// What comes back from storage is not believed to be what was put there. None
// of it panics; the other plugin does, without a role.
func TestRenewWithForgedInternalData(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	good := m.login("ci", m.issuer.token(nil))
	with := func(data map[string]any) *logical.Auth {
		forged := *good
		forged.InternalData = data
		return &forged
	}
	const noRole = "renewal refused: the token does not say which role it was issued for; log in again"
	for _, data := range []map[string]any{nil, {}, {"role": nil}, {"role": 7}, {"role": ""}, {"role": []any{"ci"}}, {"Role": "ci"}} {
		require.Equal(t, noRole, m.refuseRenewal(with(data)), "%v", data)
	}
	const unreadable = "renewal refused: the claims kept at login cannot be read; log in again"
	for _, claims := range []any{
		nil, 7, "", "!", "bnVsbA", claimsText(`{}`), claimsText(`[]`), claimsText(`{"sub":"a","sub":"b"}`), claimsText(`{"sub":"alice"}`) + "=", map[string]any{"sub": "alice"},
	} {
		require.Equal(t, unreadable, m.refuseRenewal(with(map[string]any{"role": "ci", "claims": claims})), "%v", claims)
	}
	iss := `{"iss":"` + m.issuer.id + `","aud":"vault","sub":`
	require.Contains(t, m.refuseRenewal(with(map[string]any{"role": "ci", "claims": claimsText(iss + `"bob"}`)})), "names another user")
	sound := map[string]any{"role": "ci", "claims": claimsText(iss + `"alice"}`), "issuer": "default", "key": "k", "header": map[string]any{"alg": "ES256", "kid": "", "typ": ""}}
	m.renew(with(sound))
	for name, values := range map[string][]any{
		"issuer": {nil, 7, []any{"default"}}, "key": {nil, 7, true}, "header": {nil, "alg", map[string]any{"alg": "ES256"}, map[string]any{"alg": 7, "kid": "", "typ": ""}},
	} {
		for _, value := range values {
			data := maps.Clone(sound)
			data[name] = value
			require.Equal(t, unreadable, m.refuseRenewal(with(data)), "%s %v", name, value)
		}
		require.Equal(t, unreadable, m.refuseRenewal(with(map[string]any{"role": "ci", name: sound[name]})), "no token of the other plugin has %s", name)
	}
	m.renew(with(map[string]any{"role": "ci"}))
	m.renew(good)

	resp, err := m.handle(&logical.Request{Operation: logical.RenewOperation})
	require.Error(t, err, "a request without a token to renew")
	require.Nil(t, resp)
}

// Storage that fails at a renewal is a fault, not a refusal: the token may be
// renewed when it is back.
func TestRenewStorageFault(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	granted := m.login("ci", m.issuer.token(nil))
	for _, op := range []string{"list", "get"} {
		fresh := mountOn(t, m.storage)
		m.storage.failOn(op)
		_, err := fresh.tryRenew(granted)
		require.ErrorIs(t, err, errDisk)
		m.storage.fail(nil)
		fresh.renew(granted)
	}
}
