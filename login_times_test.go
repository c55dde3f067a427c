// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// dated signs claims in which one date is the JSON text value.
func dated(m *testMount, name, value string) string {
	m.t.Helper()
	return m.issuer.with(fmt.Sprintf(`%q:%s`, name, value), map[string]any{name: nil})
}

// notDates are values that no date has. Each has been taken for one by some
// verifier: as zero, as far ahead, or after an overflow as long past.
func notDates() []string {
	return []string{
		`null`, `"1893456600"`, `true`, `[1893456600]`, `{}`, `""`, `-1`, `-0.5`, `-1e300`, `1e300`, `1e18`, `9223372036854775807`,
		`18446744073709551615`, `-9223372036854775808`, `253402300800`, `253402300799.5e0`, `1893456600000`,
	}
}

func TestLoginExpiryIsRequiredAndADate(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.refuse("ci", m.issuer.token(map[string]any{"exp": nil}), auth.ClaimForm)
	for _, value := range notDates() {
		m.refuse("ci", dated(m, "exp", value), auth.ClaimForm)
	}
	for _, past := range []string{`0`, `0.4`, `-0`, `1`, `1e9`} {
		m.refuse("ci", dated(m, "exp", past), auth.Expired)
	}
	for _, far := range []string{`253402300799`, `5047056001`} {
		require.Contains(t, m.refuse("ci", dated(m, "exp", far), auth.ExpiryTooFar), "more than 100 years ahead")
	}
	for _, good := range []string{`1893456600`, `1893456600.25`, `1.8934566e9`, `18934566E+2`} {
		m.login("ci", dated(m, "exp", good))
	}
}

func TestLoginNotBeforeAndIssuedAtAreDates(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	for _, name := range []string{"nbf", "iat"} {
		for _, value := range notDates() {
			m.refuse("ci", dated(m, name, value), auth.ClaimForm)
		}
		for _, good := range []string{`0`, `0.4`, `1893456000`, `1893456000.5`} {
			m.login("ci", dated(m, name, good))
		}
		// Neither is needed (RFC 7519, sections 4.1.5 and 4.1.6).
		m.login("ci", m.issuer.token(map[string]any{name: nil}))
	}
	m.refuse("ci", dated(m, "nbf", `253402300799`), auth.NotYetValid)
	m.refuse("ci", dated(m, "iat", `253402300799`), auth.IssuedInFuture)
	m.login("ci", m.issuer.token(map[string]any{"nbf": nil, "iat": nil, "exp": m.clock.in(50 * 365 * 24 * time.Hour)}))
}

// TestLoginTimesAtTheEdge moves each date second by second over its edge, for
// each meaning that a leeway has.
func TestLoginTimesAtTheEdge(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	for written, skew := range map[any]time.Duration{0: 60 * time.Second, -1: 0, 1: time.Second, 300: 300 * time.Second} {
		m.write("role/ci", map[string]any{"clock_skew_leeway": written})
		at := func(name string, d time.Duration) string {
			return m.issuer.token(map[string]any{name: m.clock.in(d)})
		}
		m.login("ci", at("exp", -skew+time.Second))
		require.Contains(t, m.refuse("ci", at("exp", -skew), auth.Expired), "token is expired")
		m.refuse("ci", at("exp", -skew-time.Second), auth.Expired)

		m.login("ci", at("nbf", skew))
		require.Contains(t, m.refuse("ci", at("nbf", skew+time.Second), auth.NotYetValid), "token not yet valid")
		m.login("ci", at("iat", skew))
		require.Contains(t, m.refuse("ci", at("iat", skew+time.Second), auth.IssuedInFuture), "token issued in the future")
	}
}

// The old leeways add nothing to a token: they were only ever used to make up
// dates that a token did not have.
func TestLoginOldLeewaysChangeNothing(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"expiration_leeway": 300, "not_before_leeway": 300, "clock_skew_leeway": -1})
	m.refuse("ci", m.issuer.token(map[string]any{"exp": m.clock.in(0)}), auth.Expired)
	m.refuse("ci", m.issuer.token(map[string]any{"exp": nil}), auth.ClaimForm)
	m.refuse("ci", m.issuer.token(map[string]any{"nbf": m.clock.in(time.Second)}), auth.NotYetValid)
	m.login("ci", m.issuer.token(nil))
}

// A clock that jumps never revives a token, and a cached signature does not
// outlive it.
func TestLoginClockJumps(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(nil)
	m.login("ci", token)
	m.clock.advance(11*time.Minute + time.Second)
	m.refuse("ci", token, auth.Expired)
	m.clock.advance(-time.Hour)
	m.refuse("ci", token, auth.NotYetValid)
	m.clock.advance(50 * time.Minute)
	m.login("ci", token)
}
