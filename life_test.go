// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// A Vault token that follows its JWT ends with it, whatever else limits it.
func TestTokenFollowsJWT(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	const left = 10*time.Minute - lifeMargin // of every token of the issuer
	for name, c := range map[string]struct {
		role                  map[string]any
		ttl, maxTTL, explicit time.Duration
	}{
		"no TTL, the mount's is longer": {nil, left, left, left},
		"longer TTL":                    {map[string]any{"token_ttl": "1h", "token_max_ttl": "2h", "token_explicit_max_ttl": "3h"}, left, left, left},
		"shorter TTL":                   {map[string]any{"token_ttl": "1m", "token_max_ttl": "2m", "token_explicit_max_ttl": "3m"}, time.Minute, 2 * time.Minute, 3 * time.Minute},
		"batch":                         {map[string]any{"token_ttl": "1h", "token_type": "batch"}, left, left, left},
	} {
		m.send(logical.DeleteOperation, "role/ci", nil)
		m.write("role/ci", jwtRole(c.role))
		before := m.login("ci", m.issuer.token(nil))
		m.write("role/ci", map[string]any{"token_ttl_follows_jwt": true})
		granted := m.login("ci", m.issuer.token(nil))
		require.Equal(t, []time.Duration{c.ttl, c.maxTTL, c.explicit}, []time.Duration{granted.TTL, granted.MaxTTL, granted.ExplicitMaxTTL}, name)
		require.Equal(t, before.TokenType, granted.TokenType)
		require.Equal(t, before.Renewable, granted.Renewable)
	}
	m.send(logical.DeleteOperation, "role/ci", nil)
	m.write("role/ci", jwtRole(nil))
	require.Zero(t, m.login("ci", m.issuer.token(nil)).ExplicitMaxTTL)
}

// A TTL of the mount that is shorter than what is left of the JWT stays.
func TestFollowingKeepsAShorterTTLOfTheMount(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"token_ttl_follows_jwt": true})
	day := m.login("ci", m.issuer.token(map[string]any{"exp": m.clock.in(1000 * time.Hour)}))
	require.Equal(t, m.backend.System().DefaultLeaseTTL(), day.TTL)
	require.Equal(t, 1000*time.Hour-lifeMargin, day.ExplicitMaxTTL)
}

// The leeway for clocks lets a token log in shortly after it expired. Nothing
// that follows it could last; a TTL of 0 would be the mount's.
func TestFollowingNeedsTimeLeft(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	for _, left := range []time.Duration{-30 * time.Second, -time.Second, 0, time.Second} {
		m.login("ci", m.issuer.token(map[string]any{"exp": m.clock.in(left)}))
	}
	m.write("role/ci", map[string]any{"token_ttl_follows_jwt": true})
	for _, left := range []time.Duration{-30 * time.Second, -time.Second, 0, time.Second} {
		text := m.refuseLogin("ci", m.issuer.token(map[string]any{"exp": m.clock.in(left)}))
		require.Equal(t, "error validating token: invalid expiration time (exp) claim: token is expired", text)
	}
	require.Equal(t, time.Second, m.login("ci", m.issuer.token(map[string]any{"exp": m.clock.in(2 * time.Second)})).TTL)
}

// renewedUntil is when a token ends that was issued at begun and is renewed now,
// as Vault computes it from what the renewal answers.
func renewedUntil(t testing.TB, a *logical.Auth, begun, now time.Time, increment time.Duration) time.Time {
	t.Helper()
	// CalculateTTL reads the clock of the machine.
	shift := time.Since(now)
	ttl, _, err := framework.CalculateTTL(logical.TestSystemView(), increment, a.TTL, a.Period, a.MaxTTL, a.ExplicitMaxTTL, begun.Add(shift))
	require.NoError(t, err)
	return now.Add(ttl)
}

// No renewal takes a token beyond the end of its JWT: not one that asks for
// more, not one after the role was changed.
func TestRenewalStopsWithTheJWT(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"token_ttl_follows_jwt": true, "token_ttl": "4m"})
	begun, end := m.clock.now(), m.clock.now().Add(10*time.Minute)
	granted := m.login("ci", m.issuer.token(nil))
	granted.IssueTime = begun
	for _, role := range []map[string]any{
		{},
		{"token_ttl": "1h", "token_max_ttl": "2h"},
		{"token_ttl": 0, "token_max_ttl": 0},
		{"token_ttl_follows_jwt": false},
		{"token_ttl_follows_jwt": false, "token_period": "1h"},
	} {
		m.write("role/ci", role)
		for range 2 {
			m.clock.advance(50 * time.Second)
			renewed := m.renew(granted)
			for _, increment := range []time.Duration{0, time.Hour} {
				require.False(t, renewedUntil(t, renewed, begun, m.clock.now(), increment).After(end), "%v", role)
			}
		}
	}
}

// A role that begins to let tokens follow ends those that are about already.
func TestFollowingBeginsAtTheNextRenewal(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	granted := m.login("ci", m.issuer.token(nil))
	granted.IssueTime = m.clock.now()
	m.write("role/ci", map[string]any{"token_ttl_follows_jwt": true})
	m.clock.advance(3 * time.Minute)
	renewed := m.renew(granted)
	require.Equal(t, 7*time.Minute-lifeMargin, renewed.TTL)
	require.Equal(t, 10*time.Minute-lifeMargin, renewed.ExplicitMaxTTL)
	granted.IssueTime = time.Time{}
	require.Equal(t, 7*time.Minute-lifeMargin, m.renew(granted).ExplicitMaxTTL, "Vault did not say when it was issued")
	m.clock.advance(7 * time.Minute)
	require.Equal(t, "renewal refused: error validating token: invalid expiration time (exp) claim: token is expired; log in again", m.refuseRenewal(granted))
	m.write("role/ci", map[string]any{"token_ttl_follows_jwt": false})
	m.renew(granted)
}

// What is left is never rounded up, and never nothing.
func TestEndWithIsNeverLater(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1893456000, rapid.Int64Range(0, 999_999_999).Draw(t, "fraction"))
		expires := time.Unix(1893456000+rapid.Int64Range(-10, 5000).Draw(t, "life"), 0)
		begun := now.Add(-time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "ago")))
		d := func(name string) time.Duration {
			return time.Duration(rapid.SampledFrom([]int{0, 1, 59, 600, 90000}).Draw(t, name)) * time.Second
		}
		before := logical.Auth{LeaseOptions: logical.LeaseOptions{TTL: d("ttl"), MaxTTL: d("max")}, Period: d("period"), ExplicitMaxTTL: d("explicit")}
		a := before
		if !endWith(&a, expires, begun, now, func() time.Duration { return time.Hour }) {
			require.Less(t, expires.Sub(now), 2*time.Second)
			require.Equal(t, before, a)
			return
		}
		require.GreaterOrEqual(t, a.TTL, time.Second)
		require.False(t, now.Add(a.TTL).After(expires))
		for _, limit := range []time.Duration{a.MaxTTL, a.ExplicitMaxTTL} {
			require.False(t, begun.Add(limit).After(expires))
			require.Positive(t, limit)
		}
		for _, pair := range [][2]time.Duration{{before.TTL, a.TTL}, {before.MaxTTL, a.MaxTTL}, {before.ExplicitMaxTTL, a.ExplicitMaxTTL}} {
			require.True(t, pair[0] == 0 || pair[1] <= pair[0], "a limit became longer")
		}
	})
}

func TestRoleLifeFields(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	own := []string{"token_ttl_follows_jwt", "max_token_age", "renew", "replay"}
	for _, name := range own {
		require.NotContains(t, m.read("role/ci"), name, "read back although it was not set")
	}
	m.write("role/ci", map[string]any{"token_ttl_follows_jwt": true, "max_token_age": "5m", "renew": "revalidate", "replay": "storage"})
	m.write("role/ci", map[string]any{"token_ttl": "1m"})
	got := m.read("role/ci")
	require.Equal(t, []any{true, int64(300), "revalidate", "storage"}, []any{got[own[0]], got[own[1]], got[own[2]], got[own[3]]}, "a partial write keeps them")
	m.write("role/ci", map[string]any{"token_ttl_follows_jwt": false, "max_token_age": 0, "renew": "role", "replay": "off"})
	for _, name := range own {
		require.NotContains(t, m.read("role/ci"), name)
		require.NotContains(t, m.storage.record(t, "role/ci"), name)
	}
}

func TestRoleLifeFieldsThatContradict(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	for text, body := range map[string]map[string]any{
		`renew: "sometimes" is none of`:                      {"renew": "sometimes"},
		`replay: "on" is none of`:                            {"replay": "on"},
		`token_ttl_follows_jwt: it cannot be combined`:       {"token_ttl_follows_jwt": true, "token_period": "1h"},
		`"max_token_age"`:                                    {"max_token_age": "-1s"},
		"'clock_skew_leeway' cannot be more than 300":        {"clock_skew_leeway": "301s", "replay": "node"},
		`converting input for field "token_ttl_follows_jwt"`: {"token_ttl_follows_jwt": "perhaps"},
	} {
		resp, err := m.put("role/ci", body)
		if err == nil {
			err = resp.Error()
		}
		require.ErrorContains(t, err, text)
	}
	m.write("role/ci", map[string]any{"token_ttl_follows_jwt": true})
	require.Contains(t, m.refuseWrite("role/ci", map[string]any{"period": "1h"}), "token_ttl_follows_jwt")
	m.write("role/ci", map[string]any{"token_ttl_follows_jwt": false, "period": "1h"})
	require.Contains(t, m.refuseWrite("role/ci", map[string]any{"token_ttl_follows_jwt": true}), "token_period")
}

// A longer leeway than is allowed nowadays may be in storage.
func TestReplayRefusesAnOldLeeway(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.storage.seed(t, "role/old", `{"role_type":"jwt","user_claim":"sub","bound_audiences":["vault"],"clock_skew_leeway":3600000000000}`)
	m.backend.InvalidateKey(t.Context(), "role/old")
	require.Contains(t, m.refuseWrite("role/old", map[string]any{"replay": "node"}), "replay: clock_skew_leeway must be at most 300 seconds")
	m.write("role/old", map[string]any{"replay": "node", "clock_skew_leeway": "300s"})
}

// The role may ask for a fresher token than its issuer does.
func TestMaxTokenAgeOfARole(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	old := m.issuer.token(map[string]any{"iat": m.clock.in(-6 * time.Minute), "nbf": nil})
	m.login("ci", old)
	m.write("role/ci", map[string]any{"max_token_age": "4m"})
	require.Contains(t, m.refuse("ci", old, auth.TokenTooOld), "older than max_token_age")
	m.refuse("ci", m.issuer.token(map[string]any{"iat": nil}), auth.ClaimForm)
	granted := m.login("ci", m.issuer.token(nil))
	m.clock.advance(24 * time.Hour)
	m.renew(granted)
}

func TestRenewNever(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	early := m.login("ci", m.issuer.token(nil))
	require.True(t, early.Renewable)
	m.write("role/ci", map[string]any{"renew": "never"})
	require.False(t, m.login("ci", m.issuer.token(nil)).Renewable)
	const text = "renewal refused: the role does not allow renewals; log in again"
	require.Equal(t, text, m.refuseRenewal(early))
	require.Equal(t, text, m.refuseRenewal(&logical.Auth{InternalData: map[string]any{"role": "ci"}}))
	m.write("role/ci", map[string]any{"renew": "role"})
	m.renew(early)
}

// A role that revalidates keeps what it needs for that, and nothing of it is
// the token.
func TestRenewRevalidates(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	early := m.login("ci", m.issuer.token(nil))
	m.write("role/ci", map[string]any{"renew": "revalidate"})
	require.Equal(t, "renewal refused: the claims kept at login cannot be read; log in again", m.refuseRenewal(early), "its key was not kept")
	require.NotContains(t, early.InternalData, "key")

	granted := m.login("ci", m.issuer.token(nil))
	m.renew(granted)
	m.clock.advance(10 * time.Minute) // within the leeway
	m.renew(granted)
	m.clock.advance(time.Minute)
	require.Contains(t, m.refuseRenewal(granted), "token is expired")
	m.clock.advance(-11 * time.Minute)

	other := newOfflineIssuer(t, m.clock)
	m.write("config", map[string]any{"jwt_validation_pubkeys": []string{other.key.PEM(), m.issuer.key.PEM()}, "bound_issuer": m.issuer.id})
	m.renew(granted)
	m.write("config", map[string]any{"jwt_validation_pubkeys": other.key.PEM(), "bound_issuer": m.issuer.id})
	require.Equal(t, "renewal refused: the issuer has withdrawn the key that signed the token of the login; log in again", m.refuseRenewal(granted))
	m.write("config", map[string]any{"jwt_validation_pubkeys": m.issuer.key.PEM(), "bound_issuer": m.issuer.id, "jwt_supported_algs": "RS256"})
	require.Contains(t, m.refuseRenewal(granted), "not accepted any more in the form")
	m.reconfigure(nil)
	m.renew(granted)
}
