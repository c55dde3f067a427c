// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

func trialRole(changes object) object {
	return with(object{"role_type": "jwt", "user_claim": "sub", "bound_audiences": idp.Audience, "token_policies": "deploy"}, changes)
}

func trialConfig(p *issuer) object {
	return object{"jwt_validation_pubkeys": p.pems(), "bound_issuer": p.Issuer()}
}

func count(t *testing.T, data object, key string) int64 {
	t.Helper()
	n, ok := data[key].(json.Number)
	require.True(t, ok, "%s in %v", key, data)
	i, err := n.Int64()
	require.NoError(t, err)
	return i
}

// A role is tightened as a candidate under mixed traffic, promoted and rolled
// back. Before the promotion the candidate decides nothing.
func TestCandidateRole(t *testing.T) {
	r := need(t)
	p, m := newIssuer(t), enableOurs(t, r.server, pathFor(t, "ours"))
	m.write(t, "config", trialConfig(p))
	m.write(t, "role/ci", trialRole(nil))
	core, web := p.token(nil), p.token(object{"team": "web"})
	m.write(t, "role/ci/candidate", object{"bound_claims": object{"team": "core"}, "token_policies": "read"})
	for range 20 {
		for _, token := range []string{core, web} {
			require.Contains(t, m.mustLogin(t, "ci", token)["policies"], "deploy")
		}
		require.Equal(t, 400, m.login(t, "ci", p.token(object{"aud": "other"})).status)
		require.Equal(t, 400, m.login(t, "ci", "garbage").status)
	}
	report := m.read(t, "role/ci/candidate/report")
	require.EqualValues(t, 60, count(t, report, "seen"))
	require.EqualValues(t, 20, count(t, report, "agreed"))
	require.EqualValues(t, 20, count(t, report, "allow_to_deny"))
	require.EqualValues(t, 20, count(t, report, "policies"))
	require.EqualValues(t, 20, count(t, report, "grants_more"))

	m.write(t, "role/ci/candidate/promote", nil)
	require.Contains(t, m.mustLogin(t, "ci", core)["policies"], "read")
	require.Equal(t, 400, m.login(t, "ci", web).status)
	require.Equal(t, []any{"deploy"}, m.read(t, "role/ci/previous")["token_policies"])
	m.write(t, "role/ci/rollback", nil)
	require.Contains(t, m.mustLogin(t, "ci", web)["policies"], "deploy")
}

// A staged mount of the same binary agrees with the live one on every login;
// with another role, the report says how it differs.
func TestShadow(t *testing.T) {
	r := need(t)
	p, live := newIssuer(t), enableOurs(t, r.server, pathFor(t, "live"))
	path := pathFor(t, "staged")
	require.NoError(t, r.server.EnableAuth(t.Context(), path, vaultdev.PluginName, version, vaultdev.MountOption("shadow", "true")))
	disableLater(t, r.server, path)
	staged := newMount(r.server, path)
	for _, m := range []*mount{live, staged} {
		m.write(t, "config", trialConfig(p))
		m.write(t, "role/ci", trialRole(nil))
	}
	live.write(t, "shadow", object{"mount": path, "address": r.server.Addr})

	// Without a Vault token, staged mounts answer checks and no logins.
	body := object{"role": "ci", "jwt": p.token(nil)}
	a := staged.send(t, request{method: "POST", path: staged.at("check"), body: body})
	require.Equal(t, 200, a.status, "%s", a.raw)
	require.Equal(t, true, a.data()["allowed"])
	require.Nil(t, a.auth())
	require.Contains(t, staged.login(t, "ci", p.token(nil)).text(), "this mount is a staged one")
	require.GreaterOrEqual(t, live.send(t, request{method: "POST", path: live.at("check"), body: body}).status, 400)

	traffic := func() object {
		for range 20 {
			live.mustLogin(t, "ci", p.token(nil))
			require.Equal(t, 400, live.login(t, "ci", p.token(object{"aud": "other"})).status)
			require.Equal(t, 400, live.login(t, "nobody", p.token(nil)).status)
		}
		var report object
		require.Eventually(t, func() bool {
			report = live.read(t, "shadow/report")
			return count(t, report, "seen")+count(t, report, "errors") == 60
		}, 20*time.Second, 50*time.Millisecond)
		require.EqualValues(t, 60, count(t, report, "seen"), "%v", report["errors_by_kind"])
		t.Logf("live p50 %v ms p99 %v ms, staged p50 %v ms p99 %v ms", report["live_p50_ms"], report["live_p99_ms"], report["staged_p50_ms"], report["staged_p99_ms"])
		return report
	}
	require.EqualValues(t, 60, count(t, traffic(), "agreed"))

	staged.write(t, "role/ci", object{"token_policies": "deploy,admin"})
	require.Equal(t, 204, live.asRoot(t, "DELETE", live.at("shadow/report"), nil).status)
	report := traffic()
	require.EqualValues(t, 20, count(t, report, "policies"))
	require.EqualValues(t, 20, count(t, report, "grants_more"))
	require.EqualValues(t, 40, count(t, report, "agreed"))
}
