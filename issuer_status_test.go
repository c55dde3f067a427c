// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// issuerShow prints a status as vault read does, for people who run the test
// with -v and want to know how it reads.
func issuerShow(t *testing.T, when string, status map[string]any) {
	t.Helper()
	t.Log("--- " + when)
	for _, name := range slices.Sorted(maps.Keys(status)) {
		t.Logf("%-14s %v", name, status[name])
	}
}

// TestIssuerStatusReadsWell walks through an issuer's life.
func TestIssuerStatusReadsWell(t *testing.T) {
	p := idp.Start(t)
	issuerBubble(t, func(t *testing.T, w *issuerWorld) {
		m := issuerNewMount(t)
		check := func(when, state, summary string) map[string]any {
			t.Helper()
			m.status("ci") // the first request after a restart starts the fetches
			m.settle()
			status := m.status("ci")
			issuerShow(t, when, status)
			require.Equal(t, state, status["state"], when)
			require.Regexp(t, "^"+summary+"$", status["summary"], when)
			require.Equal(t, p.Issuer(), status["issuer"])
			require.Equal(t, p.Issuer(), status["source"])
			return status
		}
		const down = `discovery document of 127\.0\.0\.1:\d+: answered with status 503; only 200 is accepted\.`

		m.write("issuer/ci", issuerWith(issuerOf(p), "jwks_max_stale", "2h"))
		status := check("just written", stateHealthy, `1 key, fetched 0s ago\. The next fetch is in (4m\d\ds|5m00s)\.`)
		require.Equal(t, p.JWKSURL(), status["url"])
		require.Equal(t, "2000-01-01T00:00:00Z", status["last_fetch"])
		require.Equal(t, "2000-01-01T02:00:00Z", status["stale_until"])
		require.Equal(t, p.Current().KID, status["keys"].([]map[string]any)[0]["kid"])

		p.Rotate("RS256")
		require.NoError(t, m.refresh("ci"))
		check("two keys", stateHealthy, `2 keys, fetched 0s ago\. The next fetch is in .*`)

		w.fault(p, issuerDown())
		require.ErrorContains(t, m.refresh("ci"), `the keys of issuer "ci" were not fetched, and those at hand stay: `)
		check("down for a moment", stateFailing,
			`Logins go on with 2 keys fetched 0s ago\. They end at 2000-01-01T02:00:00Z, in 2h00m, unless a fetch succeeds\. The last fetch failed: `+down+` The next fetch is in 1s\.`)
		time.Sleep(50 * time.Minute)
		check("down for a while", stateFailing,
			`Logins go on with 2 keys fetched 50m00s ago\. They end at 2000-01-01T02:00:00Z, in 1h10m, unless a fetch succeeds\. The last \d+ fetches failed: `+down+` The next fetch is in \d+s\.`)

		m = m.restart()
		check("restarted", stateFailing,
			`Logins go on with 2 keys from storage\. They end at 2000-01-01T02:00:00Z, in 1h10m, unless a fetch succeeds\. The last fetch failed: `+down+` The next fetch is in 1s\.`)
		time.Sleep(80 * time.Minute)
		check("too old", stateStale,
			`Tokens of this issuer are refused: its keys are too old to use since 2000-01-01T02:00:00Z, 10m00s ago\. The last \d+ fetches failed: `+down+` The next fetch is in \d+s\.`)
		m = m.restart()
		check("restarted without keys", stateCold,
			`Tokens of this issuer are refused: there are no keys yet\. The last fetch failed: `+down+` The next fetch is in 1s\.`)
		w.heal(p)
		time.Sleep(time.Minute)
		check("back", stateHealthy, `2 keys, fetched \d+s ago\. The next fetch is in (4m\d\ds|5m00s|3m\d\ds)\.`)
	})
}

func TestIssuerStatusOfStaticKeys(t *testing.T) {
	m := issuerNewMount(t)
	body, _ := issuerStatic(t, "https://a.example")
	m.write("issuer/a", body)
	status := m.status("a")
	issuerShow(t, "static", status)
	require.Equal(t, "1 key, written down by the operator. Nothing is fetched, and nothing changes by itself.", status["summary"])
	require.Equal(t, "https://a.example", status["issuer"])
	require.Len(t, status["keys"], 1)
}

// TestIssuerStatusOfAFetchUnderWay: somebody looks while the first answer is
// awaited.
func TestIssuerStatusOfAFetchUnderWay(t *testing.T) {
	p := idp.Start(t)
	storage := &issuerStorage{}
	issuerSeeded(t, storage, "ci", issuerOf(p))
	p.SetFault(idp.Discovery, idp.Fault{Hang: true})
	m := issuerMountOn(t, storage)
	m.list("issuer/")
	status := m.status("ci")
	issuerShow(t, "first fetch under way", status)
	require.Equal(t, "Tokens of this issuer are refused: there are no keys yet. The issuer has not answered yet. A fetch is under way or about to begin.", status["summary"])
}
