// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func sortedStatuses(counts map[int]int) []int { return slices.Sorted(maps.Keys(counts)) }

// TestRewrite replaces keys, roles and key sources while callers log in. No
// login may fail but by refusal, and what a write has replaced must be refused
// from the moment that the write has returned.
func TestRewrite(t *testing.T) {
	r := need(t)
	one, two := newIssuer(t), newIssuer(t)
	m := enableOurs(t, r.server, pathFor(t, "ours"))
	m.write(t, "role/plain", plainRole())
	tokens := map[string]string{"one": one.token(nil), "two": two.token(nil)}
	for name, c := range map[string]struct {
		one, two object
		writes   int
	}{
		"keys":    {object{"jwt_validation_pubkeys": one.pems()}, object{"jwt_validation_pubkeys": two.pems()}, 100},
		"issuers": {one.static(), with(one.static(), object{"bound_issuer": two.Issuer()}), 50},
		"sources": {one.jwks(), two.discovery(), 20},
		"mixed":   {one.static(), two.jwks(), 20},
	} {
		t.Run(name, func(t *testing.T) {
			m.write(t, "config", c.one)
			l := startLoad(t, m, 3, "plain", tokens)
			for range c.writes {
				m.write(t, "config", c.two)
				require.Equal(t, 400, m.login(t, "plain", tokens["one"]).status, "a replaced key is accepted")
				if name != "issuers" {
					require.Equal(t, 200, m.login(t, "plain", tokens["two"]).status, "the new key is not accepted")
				}
				m.write(t, "config", c.one)
				require.Equal(t, 400, m.login(t, "plain", tokens["two"]).status, "a replaced key is accepted")
				require.Equal(t, 200, m.login(t, "plain", tokens["one"]).status, "the new key is not accepted")
			}
			l.stop()
			for token, counts := range l.outcomes {
				require.Subset(t, []int{200, 400}, sortedStatuses(counts), "logins with the key of %s: %v", token, counts)
			}
			t.Logf("%d logins passed meanwhile", l.passed())
		})
	}
}

// TestRewriteRoles deletes and tightens roles under load.
func TestRewriteRoles(t *testing.T) {
	r := need(t)
	p := newIssuer(t)
	m := enableOurs(t, r.server, pathFor(t, "ours"))
	m.write(t, "config", p.static())
	token := p.token(nil)
	l := startLoad(t, m, 3, "plain", map[string]string{"good": token})
	for range 50 {
		m.write(t, "role/plain", plainRole())
		require.Equal(t, 200, m.login(t, "plain", token).status)
		m.write(t, "role/plain", object{"bound_subject": "bob"})
		require.Equal(t, 400, m.login(t, "plain", token).status)
		require.True(t, m.asRoot(t, "DELETE", m.at("role/plain"), nil).ok())
		require.Equal(t, refusedText, m.login(t, "plain", token).text())
	}
	l.stop()
	require.Subset(t, []int{200, 400}, sortedStatuses(l.outcomes["good"]), "%v", l.outcomes)
}
