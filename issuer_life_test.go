// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// TestIssuerRestartWhileTheProviderIsDown: stored keys go on until they are too
// old, counted from when they were fetched and not from the restart.
func TestIssuerRestartWhileTheProviderIsDown(t *testing.T) {
	p, def := idp.Start(t), idp.Start(t)
	issuerBubble(t, func(t *testing.T, w *issuerWorld) {
		m := issuerNewMount(t)
		m.write("config", issuerConfig(def))
		m.write("issuer/ci", issuerWith(issuerOf(p), "jwks_max_stale", "1h"))
		m.write("role/ci", issuerRole("ci,default"))
		m.settle()
		w.fault(p, issuerDown())
		w.fault(def, issuerDown())

		time.Sleep(20 * time.Minute)
		m = m.restart()
		m.login("ci", issuerToken(p))
		m.login("ci", issuerToken(def))
		status := m.status("ci")
		require.Equal(t, stateFailing, status["state"])
		require.Equal(t, true, status["from_storage"])
		require.Contains(t, status["summary"], "Logins go on with 1 key from storage. They end at ")

		time.Sleep(41 * time.Minute)
		require.Equal(t, auth.KeysUnavailable, m.reason("ci", issuerToken(p)))
		require.Equal(t, stateStale, m.status("ci")["state"])
		m.login("ci", issuerToken(def))

		m = m.restart()
		require.Equal(t, auth.KeysUnavailable, m.reason("ci", issuerToken(p)), "another restart makes them no younger")
		require.Equal(t, stateCold, m.status("ci")["state"])
		w.heal(p)
		time.Sleep(time.Minute)
		m.login("ci", issuerToken(p))
		require.Equal(t, stateHealthy, m.status("ci")["state"])
	})
}

// TestIssuerStoredKeysOfAnotherSource: keys count for the place they came from,
// and for who vouched for it, whatever the issuer's name is.
func TestIssuerStoredKeysOfAnotherSource(t *testing.T) {
	p, other := idp.Start(t), idp.Start(t)
	for name, change := range map[string]map[string]any{
		"another URL":            {"oidc_discovery_url": "", "jwks_url": p.JWKSURL() + "?x"},
		"another CA":             {"ca_pem": other.CAPEM()},
		"discovery or a JWK Set": {"oidc_discovery_url": "", "jwks_url": p.JWKSURL()},
	} {
		t.Run(name, func(t *testing.T) {
			issuerBubble(t, func(t *testing.T, w *issuerWorld) {
				m := issuerNewMount(t)
				m.write("issuer/ci", issuerOf(p))
				m.write("role/ci", issuerRole("ci"))
				m.settle()
				w.fault(p, issuerDown())
				defer w.heal(p)
				m.write("issuer/ci", issuerWith(change, "force", true))
				require.Equal(t, auth.KeysUnavailable, m.reason("ci", issuerToken(p)))
				require.Equal(t, auth.KeysUnavailable, m.restart().reason("ci", issuerToken(p)))
			})
		})
	}
	t.Run("the name of another", func(t *testing.T) {
		issuerBubble(t, func(t *testing.T, w *issuerWorld) {
			m := issuerNewMount(t)
			m.write("issuer/ci", issuerOf(p))
			m.write("role/ci", issuerRole("ci"))
			m.settle()
			w.fault(other, issuerDown())
			defer w.heal(other)
			m.write("issuer/ci", issuerWith(issuerOf(other), "force", true))
			m = m.restart()
			require.Equal(t, auth.KeysUnavailable, m.reason("ci", issuerToken(other)))
			forged := p.MintWith(p.Current(), nil, issuerClaims(other, nil))
			require.Equal(t, auth.KeysUnavailable, m.reason("ci", forged), "the stored keys were of the issuer before")
		})
	})
}

// TestIssuerRemovedKey: dead at once after a refresh, and within the refresh
// interval without; after a restart too.
func TestIssuerRemovedKey(t *testing.T) {
	p := idp.Start(t)
	issuerBubble(t, func(t *testing.T, w *issuerWorld) {
		m := issuerNewMount(t)
		m.write("issuer/ci", issuerWith(issuerOf(p), "jwks_refresh_interval", "2m"))
		m.write("role/ci", issuerRole("ci"))
		for _, refresh := range []bool{true, false} {
			old := issuerToken(p)
			withdrawn := p.Current().KID
			m.login("ci", old)
			p.Rotate("ES256")
			m.login("ci", issuerToken(p))
			m.login("ci", old)
			p.Remove(withdrawn)
			m.login("ci", old) // nobody has asked the issuer yet
			if refresh {
				require.NoError(t, m.refresh("ci"))
			} else {
				time.Sleep(2*time.Minute + 10*time.Second)
			}
			require.Equal(t, auth.KeyUnknown, m.reason("ci", old), "by refresh: %t", refresh)
			m.login("ci", issuerToken(p))
			m.settle()
			w.fault(p, issuerDown())
			m = m.restart()
			require.Equal(t, auth.KeyUnknown, m.reason("ci", old), "the stored keys are those without it")
			m.login("ci", issuerToken(p))
			w.heal(p)
			time.Sleep(time.Minute)
		}
	})
}

// TestIssuerBadTokensStayWithinTheBudget is K18 through whole logins: forged
// tokens of both kinds, and a key that the issuer changes in the midst.
func TestIssuerBadTokensStayWithinTheBudget(t *testing.T) {
	p, quiet := idp.Start(t), idp.Start(t)
	issuerBubble(t, func(t *testing.T, _ *issuerWorld) {
		m := issuerNewMount(t)
		m.write("issuer/ci", issuerOf(p))
		m.write("issuer/quiet", issuerOf(quiet))
		m.write("role/ci", issuerRole("ci,quiet"))
		stranger, err := idp.GenerateKey("ES256", "nobody")
		require.NoError(t, err)
		unknown := p.MintWith(stranger, nil, issuerClaims(p, nil))
		forged := p.MintWith(stranger, map[string]any{"kid": p.Current().KID}, issuerClaims(p, nil))
		p.ResetCounters()
		quiet.ResetCounters()

		for range 500 {
			require.Equal(t, auth.KeyUnknown, m.reason("ci", unknown))
			require.Equal(t, auth.SignatureInvalid, m.reason("ci", forged))
		}
		require.Equal(t, 3, p.Requests(idp.JWKS), "a burst of three, however many tokens")
		require.EqualValues(t, 997, m.status("ci")["held_back"])
		m.login("ci", issuerToken(p))

		p.Rotate("ES256")
		require.Equal(t, auth.KeyUnknown, m.reason("ci", issuerToken(p)), "the budget is spent")
		time.Sleep(30 * time.Second)
		m.login("ci", issuerToken(p))
		require.Equal(t, 4, p.Requests(idp.JWKS))

		for range 10 {
			for range 100 {
				m.reason("ci", unknown)
			}
			time.Sleep(30 * time.Second)
		}
		m.login("ci", issuerToken(quiet))
		require.LessOrEqual(t, p.Requests(idp.JWKS), 4+10+2, "one in 30 s, and the refreshes")
		require.LessOrEqual(t, quiet.Requests(idp.JWKS), 2, "the flood of one issuer is not felt by another")
	})
}

// TestIssuerStaleKeysFailClosed: until jwks_max_stale after the last good fetch
// logins go on, then they do not, and they are back when the issuer is.
func TestIssuerStaleKeysFailClosed(t *testing.T) {
	p := idp.Start(t)
	issuerBubble(t, func(t *testing.T, w *issuerWorld) {
		m := issuerNewMount(t)
		m.write("issuer/ci", issuerWith(issuerOf(p), "jwks_max_stale", "30m", "jwks_refresh_interval", "10m"))
		m.write("role/ci", issuerRole("ci"))
		granted := m.login("ci", issuerToken(p))
		w.fault(p, issuerDown())
		time.Sleep(30*time.Minute - time.Nanosecond)
		m.login("ci", issuerToken(p))
		time.Sleep(time.Nanosecond)
		require.Equal(t, auth.KeysUnavailable, m.reason("ci", issuerToken(p)))
		require.NoError(t, m.renew(granted), "a renewal needs no keys")

		// What docs/issuers.md advises: the stored keys come back into use.
		m.write("issuer/ci", map[string]any{"jwks_max_stale": "2h", "force": true})
		m.login("ci", issuerToken(p))
		time.Sleep(90*time.Minute + time.Second)
		require.Equal(t, auth.KeysUnavailable, m.reason("ci", issuerToken(p)))
		w.heal(p)
		time.Sleep(time.Minute)
		m.login("ci", issuerToken(p))
	})
}

// TestIssuerStoresPublicPartsAlone is K5: an issuer that publishes private and
// secret keys, and other things, finds none of them in Vault's storage.
func TestIssuerStoresPublicPartsAlone(t *testing.T) {
	p := idp.Start(t)
	const secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I"
	p.SetExtraKeys(
		`{"kty":"oct","kid":"s","k":"`+secret+`"}`,
		`{"kty":"OKP","crv":"Ed25519","kid":"p","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"`+secret+`"}`,
		`{"kty":"EC","crv":"P-256","kid":"n","note":"`+secret+`"}`,
	)
	p.SetFault(idp.JWKS, idp.Fault{Members: map[string]any{"note": secret}})
	issuerBubble(t, func(t *testing.T, _ *issuerWorld) {
		m := issuerNewMount(t)
		m.write("issuer/ci", issuerOf(p))
		m.settle()
		var record struct{ Document []byte }
		require.NoError(t, json.Unmarshal([]byte(m.storage.dump(t)["keys/ci/0"]), &record))
		var set struct{ Keys []map[string]any }
		require.NoError(t, json.Unmarshal(record.Document, &set))
		want := p.Current().JWK()
		delete(want, "use")
		delete(want, "alg") // the key may verify what its curve allows, and that is ES256 alone
		require.Equal(t, []map[string]any{want}, set.Keys)
		require.NotContains(t, string(record.Document), secret)
		require.NotContains(t, m.log.String(), secret)
		require.Contains(t, m.log.String(), "an issuer publishes a private or secret key")
	})
}

// TestIssuerPins: only the keys that the operator named verify, also if the
// provider itself is in other hands.
func TestIssuerPins(t *testing.T) {
	p := idp.Start(t)
	issuerBubble(t, func(t *testing.T, _ *issuerWorld) {
		m := issuerNewMount(t)
		pins := m.thumbprints(p)
		m.write("issuer/ci", issuerWith(issuerOf(p), "key_thumbprints", pins))
		m.write("role/ci", issuerRole("ci"))
		good := issuerToken(p)
		m.login("ci", good)
		pinned := p.Current().KID
		p.Rotate("ES256")
		require.Equal(t, auth.KeyUnknown, m.reason("ci", issuerToken(p)))
		m.login("ci", good)
		status := m.status("ci")
		require.Equal(t, pins, status["pins"])
		require.Equal(t, []map[string]any{{"kid": p.Current().KID, "reason": "no key has a thumbprint that is pinned"}}, status["skipped_keys"])

		p.Remove(pinned)
		require.ErrorContains(t, m.refresh("ci"), "no key has a thumbprint that is pinned")
		m.login("ci", good)
		require.Equal(t, stateFailing, m.status("ci")["state"])

		m.write("issuer/ci", map[string]any{"key_thumbprints": ""})
		m.login("ci", issuerToken(p))
	})
}
