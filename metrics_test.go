// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/metrics"
)

// scrape returns the metrics as Prometheus gets them.
func (m *testMount) scrape() string {
	m.t.Helper()
	resp := m.send(logical.ReadOperation, "metrics", nil)
	require.Equal(m.t, http.StatusOK, resp.Data[logical.HTTPStatusCode])
	require.Equal(m.t, "text/plain; version=0.0.4; charset=utf-8", resp.Data[logical.HTTPContentType])
	return string(resp.Data[logical.HTTPRawBody].([]byte))
}

// sample returns the value of a series, "" if there is none.
func (m *testMount) sample(series string) string {
	m.t.Helper()
	for line := range strings.Lines(m.scrape()) {
		if value, found := strings.CutPrefix(line, metrics.Prefix+series+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func (m *testMount) logins(role, issuer, outcome string, reason auth.Reason) string {
	m.t.Helper()
	return m.sample(fmt.Sprintf(`logins_total{issuer=%q,outcome=%q,reason=%q,role=%q}`, issuer, outcome, reason, role))
}

func TestMetricsTellOfLogins(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(nil)
	granted := m.login("ci", token)
	m.login("ci", token)
	m.refuseLogin("ci", m.issuer.token(map[string]any{"aud": "x"}))
	m.refuseLogin("ci", "hello")
	m.refuseLogin("nobody", m.issuer.token(nil))
	m.refuseLogin("ci", "")
	m.renew(granted)
	m.write("role/ci", map[string]any{"bound_subject": "bob"})
	m.refuseRenewal(granted)

	require.Equal(t, "2", m.logins("ci", "default", "granted", auth.Allowed))
	require.Equal(t, "1", m.logins("ci", "default", "refused", auth.Audience))
	require.Equal(t, "1", m.logins("ci", "", "refused", auth.TokenForm))
	require.Equal(t, "1", m.logins("", "default", "refused", auth.RoleUnknown))
	require.Equal(t, "1", m.logins("", "", "refused", metrics.ReasonBadRequest))
	require.Equal(t, "2", m.sample(`login_duration_seconds_count{outcome="granted"}`))
	require.Equal(t, "4", m.sample(`login_duration_seconds_count{outcome="refused"}`))
	require.Equal(t, "1", m.sample(`renewals_total{outcome="granted",reason="allowed"}`))
	require.Equal(t, "1", m.sample(`renewals_total{outcome="refused",reason="subject"}`))
	require.Equal(t, "1", m.sample("token_cache_hits_total"))
	require.Equal(t, "3", m.sample("token_cache_misses_total"))
	require.Equal(t, "3", m.sample("token_cache_entries"))
	require.Equal(t, "1", m.sample("roles"))
	require.Equal(t, "1", m.sample("issuers"))
	require.Equal(t, "1", m.sample(`issuer_state{issuer="default",state="static"}`))
	require.Equal(t, "0", m.sample(`issuer_state{issuer="default",state="cold"}`))
}

// What is counted outlives every write, and belongs to one mount.
func TestCountsOutliveWrites(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.login("ci", m.issuer.token(nil))
	m.write("role/ci", jwtRole(map[string]any{"token_policies": "other"}))
	m.reconfigure(map[string]any{"token_cache_size": 10})
	m.login("ci", m.issuer.token(nil))
	require.Equal(t, "2", m.logins("ci", "default", "granted", auth.Allowed))
	require.Equal(t, "2", m.sample("token_cache_misses_total"), "of both caches")
	require.Equal(t, "10", m.sample("token_cache_size"))

	other := mountOn(t, m.storage)
	require.Empty(t, other.logins("ci", "default", "granted", auth.Allowed))

	m.send(logical.DeleteOperation, "role/ci", nil)
	require.Empty(t, m.logins("ci", "default", "granted", auth.Allowed), "a role that is gone makes room")
	require.EqualValues(t, 2, m.read("status")["logins_granted"])
}

// Nobody can put a name of theirs into a label, or open series without end.
func TestStrangersNameNothingInMetrics(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	before := strings.Count(m.scrape(), "\n")
	for n := range 300 {
		m.refuseLogin(fmt.Sprint("stranger", n), m.issuer.token(map[string]any{"iss": fmt.Sprintf("https://stranger%d.example", n), "sub": fmt.Sprint("stranger", n)}))
		m.refuseLogin("ci", forged(m.issuer.token(map[string]any{"stranger": fmt.Sprint("stranger", n)})))
	}
	after := m.scrape()
	require.NotContains(t, after, "stranger")
	require.LessOrEqual(t, strings.Count(after, "\n"), before+4)
	require.Equal(t, "300", m.logins("ci", "default", "refused", auth.SignatureInvalid))
	require.Equal(t, "300", m.logins("", "", "refused", auth.IssuerUnknown))
}

func TestMetricsOfFaults(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	m.refuseLogin("ci", "x")
	require.Equal(t, "1", m.logins("", "", "refused", metrics.ReasonNotConfigured))
	require.Equal(t, "0", m.sample("panics_total"))

	ready := newReadyMount(t)
	ready.backend.panics.Add(1)
	require.Equal(t, "1", ready.sample("panics_total"))
	ready.storage.fail(func(string, string) error { return errors.New("down") })
	ready.backend.invalidate(t.Context(), configKey)
	_, err := ready.handle(loginRequest("ci", ready.issuer.token(nil)))
	require.Error(t, err)
	_, err = ready.handle(&logical.Request{Operation: logical.ReadOperation, Path: "metrics"})
	require.ErrorContains(t, err, "down")
	ready.storage.fail(nil)
	require.Equal(t, "1", ready.logins("", "", "failed", metrics.ReasonFault))
}

// Fetches are counted by issuer and by what went wrong, over changes of the
// issuer, until it is deleted.
func TestMetricsOfIssuers(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	p := idp.Start(t)
	body := map[string]any{"issuer": p.Issuer(), "oidc_discovery_url": p.Issuer(), "ca_pem": p.CAPEM()}
	m.write("issuer/ci", body)
	m.clock.advance(time.Minute)
	require.Equal(t, "1", m.sample(`issuer_fetches_total{issuer="ci",result="ok"}`))
	require.Equal(t, "60", m.sample(`issuer_key_age_seconds{issuer="ci"}`))
	stale := m.clock.now().Add(24*time.Hour - time.Minute)
	require.Equal(t, fmt.Sprint(float64(stale.Unix())), m.sample(`issuer_keys_stale_timestamp_seconds{issuer="ci"}`))
	require.Equal(t, "1", m.sample(`issuer_keys{issuer="ci"}`))
	require.Equal(t, "1", m.sample(`issuer_state{issuer="ci",state="healthy"}`))

	m.write("issuer/ci", map[string]any{"max_token_age": 60})
	require.Equal(t, "2", m.sample(`issuer_fetches_total{issuer="ci",result="ok"}`), "the same issuer")
	p.SetFault(idp.JWKS, idp.Fault{Status: http.StatusTeapot})
	require.Error(t, m.send(logical.UpdateOperation, "issuer/ci/refresh", nil).Error())
	require.Equal(t, "1", m.sample(`issuer_fetches_total{issuer="ci",result="status"}`))
	require.Equal(t, "1", m.sample(`issuer_state{issuer="ci",state="failing"}`))
	m.send(logical.DeleteOperation, "issuer/ci", nil)
	require.NotContains(t, m.scrape(), `issuer="ci"`)
}

func TestMetricsFormats(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	resp := m.send(logical.ReadOperation, "metrics", map[string]any{"format": "json"})
	require.Equal(t, map[string]any{"text": m.scrape()}, resp.Data)
	resp = m.send(logical.ReadOperation, "metrics", map[string]any{"format": "xml"})
	require.EqualError(t, resp.Error(), "field \"format\": it must be 'prometheus' or 'json'")
}

func TestStatus(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/other", jwtRole(nil))
	fresh := mountOn(t, m.storage)
	fresh.clock.advance(90 * time.Second)
	fresh.login("ci", m.issuer.token(nil))
	fresh.refuseLogin("ci", "hello")
	text, err := json.Marshal(fresh.read("status"))
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(text, &got))
	require.NotEmpty(t, got["go_version"])
	delete(got, "go_version")
	delete(got, "sdk_version") // a test's binary does not say
	require.Equal(t, map[string]any{
		"version": "v1.2.3", "node": nodeNotice,
		"started": stamp(fresh.clock.now().Add(-90 * time.Second)), "uptime": "1m30s", "uptime_seconds": 90.0,
		"issuers": map[string]any{"default": map[string]any{"state": "static", "keys": 1.0}},
		"roles":   2.0, "roles_loaded": 1.0,
		"token_cache_size": 4096.0, "token_cache_used": 1.0, "token_cache_hits": 0.0, "token_cache_misses": 1.0,
		"logins_granted": 1.0, "logins_refused": 1.0, "logins_failed": 0.0, "logins_refused_by_reason": map[string]any{"token_form": 1.0},
		"panics": 0.0, "proofs_remembered": 0.0, "observations": "off",
		"config": map[string]any{
			"configured": true, "keys_from": "jwt_validation_pubkeys", "bound_issuer": m.issuer.id, "default_role": "",
			"login_errors": "coarse", "max_token_bytes": 16384.0, "proxy": false, "browser_logins": false,
		},
	}, got)

	empty := newMount(t).read("status")
	require.Equal(t, map[string]any{"configured": false}, empty["config"])
	require.Empty(t, empty["issuers"])
}

// Search the raw bytes: no token, no claim, no key material, no secret.
func TestStatusAndMetricsTellNoSecrets(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	p := idp.Start(t, idp.WithClock(m.clock.now))
	m.write("config", overlay(discoveryOf(p), map[string]any{"oidc_client_id": "SECRETid", "oidc_client_secret": "SECRETsecret"}))
	m.write("role/ci", jwtRole(map[string]any{"bound_audiences": idp.Audience}))
	token := p.Mint(p.Claims(map[string]any{"sub": "SECRETsub", "SECRETname": "SECRETvalue", "jti": "SECRETjti"}))
	m.login("ci", token)
	m.refuseLogin("ci", token+"SECRET")
	m.refuseLogin("SECRETrole", token)
	status, err := json.Marshal(m.read("status"))
	require.NoError(t, err)
	for name, text := range map[string]string{"metrics": m.scrape(), "status": string(status)} {
		require.NotContains(t, text, "SECRET", name)
		require.NotContains(t, text, "secretrole", name)
		for part := range strings.SplitSeq(token, ".") {
			require.NotContains(t, text, part, name)
		}
		for line := range strings.Lines(p.Current().PEM()) {
			require.NotContains(t, text, strings.TrimSpace(line), name)
		}
	}
}

// A login that is refused at its very end, since its proof was used before,
// does not count as granted.
func TestMetricsOfProofs(t *testing.T) {
	t.Parallel()
	m := newProofMount(t, nil)
	c := newClient(m)
	token := c.token(nil)
	require.Empty(t, m.withProof(token, c.proof(token, "1")))
	require.NotEmpty(t, m.withProof(token, c.proof(token, "1")))
	require.Equal(t, "1", m.logins("bound", "default", "granted", auth.Allowed))
	require.Equal(t, "1", m.logins("bound", "default", "refused", auth.ProofUsed))
	require.Equal(t, "1", m.sample("proofs_remembered"))
}

// A login that names no role counts for the role that it was given; a union of
// roles has a word of its own, or there would be series for each combination.
func TestMetricsOfChosenRoles(t *testing.T) {
	t.Parallel()
	m := newChoosingMount(t, "union")
	m.write("role/a", autoRole("web", nil))
	m.write("role/b", autoRole("web", nil))
	m.write("role/d", autoRole("api", nil))
	m.login("", m.job("web"))
	m.login("", m.job("api"))
	m.login("d", m.job("api"))
	m.refuseLogin("", m.job("none"))
	require.Equal(t, "1", m.logins(metrics.Several, "default", "granted", auth.Allowed))
	require.Equal(t, "2", m.logins("d", "default", "granted", auth.Allowed))
	require.NotContains(t, m.scrape(), `role="a`)
	require.Contains(t, m.scrape(), `outcome="refused",reason="`+string(auth.RoleNone)+`",role=""} 1`)
}

func TestMetricsOfCandidates(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	require.NotContains(t, m.scrape(), "candidate")
	m.write("role/ci/candidate", map[string]any{"bound_claims": map[string]any{"environment": "production"}})
	m.login("ci", m.issuer.token(map[string]any{"environment": "production"}))
	m.login("ci", m.issuer.token(map[string]any{"environment": "staging"}))
	require.Equal(t, "2", m.sample(`candidate_seen{role="ci"}`))
	require.Equal(t, "1", m.sample(`candidate_differences{kind="allow_to_deny",role="ci"}`))
	require.Equal(t, "0", m.sample(`candidate_differences{kind="grants_more",role="ci"}`))
}

func TestMetricsOfTheShadow(t *testing.T) {
	t.Parallel()
	live, staged := newMirroredMount(t)
	require.NotContains(t, newReadyMount(t).scrape(), "shadow", "nothing is mirrored there")
	live.write("role/ci", map[string]any{"bound_audiences": "vault"})
	staged.write("role/ci", jwtRole(map[string]any{"bound_subject": "nobody"}))
	live.login("ci", live.issuer.token(nil))
	live.mirrored()
	require.Equal(t, "1", live.sample("shadow_seen"))
	require.Equal(t, "1", live.sample("shadow_mirrored"))
	require.Equal(t, "0", live.sample("shadow_dropped"))
	require.Equal(t, "1", live.sample(`shadow_differences{kind="allow_to_deny"}`))
	require.Equal(t, "0", live.sample(`shadow_differences{kind="deny_to_allow"}`))
	require.Equal(t, "0", live.sample(`shadow_errors{kind="timeout"}`))
}
