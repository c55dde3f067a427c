// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/trial"
)

// report reads the report of the candidate of a role.
func (m *testMount) report(role string) trial.Report {
	m.t.Helper()
	return readReport(m.t, m.read("role/"+role+"/candidate/report"))
}

func readReport(t testing.TB, data map[string]any) trial.Report {
	t.Helper()
	text, err := json.Marshal(data)
	require.NoError(t, err)
	var report trial.Report
	require.NoError(t, json.Unmarshal(text, &report))
	return report
}

func TestCandidateIsTriedAndDoesNotDecide(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci/candidate", map[string]any{"bound_claims": map[string]any{"environment": "production"}, "token_ttl": 60})
	production, staging := m.issuer.token(map[string]any{"environment": "production"}), m.issuer.token(map[string]any{"environment": "staging"})
	require.Zero(t, m.login("ci", production).TTL, "the candidate's TTL does not count")
	m.login("ci", staging)
	m.refuse("ci", m.issuer.token(map[string]any{"aud": "other"}), auth.Audience)
	m.refuseLogin("ci", "no token")

	report := m.report("ci")
	require.Equal(t, m.clock.now().UTC(), report.Since)
	require.EqualValues(t, 3, report.Seen, "what was not verified is not tried")
	require.EqualValues(t, 1, report.Agreed)
	require.EqualValues(t, 1, report.AllowToDeny)
	require.EqualValues(t, 1, report.TTL)
	require.Zero(t, report.GrantsMore)
	require.Zero(t, report.Faults)
	require.Len(t, report.Samples, 2)
	require.Equal(t, trial.Sample{
		Time: m.clock.now().UTC(), Kinds: []trial.Kind{trial.AllowToDeny}, Role: "ci", Issuer: "default",
		LiveReason: auth.Allowed, TrialReason: auth.ClaimMismatch, TrialAbout: "environment",
	}, report.Samples[0])

	m.clock.advance(time.Minute)
	m.send(logical.DeleteOperation, "role/ci/candidate/report", nil)
	require.Equal(t, trial.Report{Since: m.clock.now().UTC(), Samples: []trial.Sample{}}, m.report("ci"))
}

// A candidate that lets in whom the role refuses lets nobody in.
func TestLooserCandidateIsMarked(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"bound_subject": "bob"})
	warnings := m.write("role/ci/candidate", map[string]any{"bound_subject": "", "token_policies": "deploy,admin"})
	require.Equal(t, []string{"the candidate gives more than the role to every login: policies admin"}, warnings)
	require.Equal(t, true, m.read("role/ci/candidate")["candidate_grants_more"])
	m.refuse("ci", m.issuer.token(nil), auth.Subject)
	require.Equal(t, []string{"deploy"}, m.login("ci", m.issuer.token(map[string]any{"sub": "bob"})).Policies)
	report := m.report("ci")
	require.EqualValues(t, 1, report.DenyToAllow)
	require.EqualValues(t, 1, report.Policies)
	require.EqualValues(t, 2, report.GrantsMore)

	require.Equal(t, []string{
		"the role now gives more than before to every login: policies admin",
		"of the 2 logins that the candidate was tried on, it gave more than the role to 2",
	}, m.write("role/ci/candidate/promote", nil))
	m.login("ci", m.issuer.token(nil))
}

// What a caller asks for in vain is refused by neither version.
func TestAskingInVainIsNoDifference(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci/candidate", map[string]any{"bound_claims": map[string]any{"environment": "production"}})
	asking := map[string]any{"token_policies": "TEXT-OF-THE-CALLER"}
	require.Error(t, m.loginWith("ci", m.issuer.token(map[string]any{"environment": "production"}), asking).Error())
	require.EqualValues(t, 1, m.report("ci").Agreed)
	require.Error(t, m.loginWith("ci", m.issuer.token(nil), asking).Error())
	report := m.report("ci")
	require.EqualValues(t, 2, report.Seen)
	require.EqualValues(t, 1, report.AllowToDeny)
	require.Zero(t, report.DenyToAllow+report.GrantsMore)
	require.NotContains(t, strings.ToLower(fmt.Sprint(report.Samples)), "caller")
}

func TestCandidateBindsAddressesAndExpressionsOfItsOwn(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci/candidate", map[string]any{"token_bound_cidrs": "198.51.100.0/24"})
	m.login("ci", m.issuer.token(nil))
	require.EqualValues(t, 1, m.report("ci").AllowToDeny)
	require.Equal(t, auth.PeerAddress, m.report("ci").Samples[0].TrialReason)

	m.write("role/ci/candidate", map[string]any{"condition": `claims.missing.deep == "x"`})
	m.login("ci", m.issuer.token(nil))
	require.EqualValues(t, 1, m.report("ci").Seen, "a new candidate has a new report")
	require.Equal(t, auth.ExpressionError, m.report("ci").Samples[0].TrialReason)
}

// An address that the role does not admit is refused before anything is
// verified, so nothing is there to be tried.
func TestCandidateIsNotTriedOnAddressesTheRoleRefuses(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"token_bound_cidrs": "198.51.100.0/24"})
	m.write("role/ci/candidate", map[string]any{"token_bound_cidrs": "192.0.2.0/24"})
	m.refuse("ci", m.issuer.token(nil), auth.PeerAddress)
	require.Zero(t, m.report("ci").Seen)
}

func TestPanicInACandidateStaysThere(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci/candidate", map[string]any{"token_ttl": 60})
	entry, _ := m.backend.snapshot.Load().roles.Get([]byte("ci"))
	entry.candidate.judge = func(auth.Verified, auth.Circumstances) auth.Decision { panic("boom " + refusedText) }
	m.login("ci", m.issuer.token(nil))
	m.login("ci", m.issuer.token(nil))
	m.refuse("ci", m.issuer.token(map[string]any{"aud": "other"}), auth.Audience)
	require.EqualValues(t, 3, m.report("ci").Faults)
	require.Zero(t, m.report("ci").Seen)
	require.EqualValues(t, 3, m.backend.panics.Load())
	require.Contains(t, m.log.String(), "recovered from a panic in a candidate")
	require.NotContains(t, m.log.String(), "boom")
}

// Nothing of a token is in a report but names that role and policies have.
func TestReportHoldsNothingOfAToken(t *testing.T) {
	t.Parallel()
	const mark = "MARK-5c2e"
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"groups_claim": "groups", "claim_mappings": map[string]any{"team": "team"}})
	m.write("role/ci/candidate", map[string]any{
		"user_claim": "email", "groups_expression": `claims.groups + ["x"]`, "metadata_expression": `{"desk": claims.desk}`, "token_ttl": 60,
	})
	claims := map[string]any{"sub": mark, "email": mark + "@", "groups": []any{mark}, "team": mark, "desk": mark, "jti": mark}
	token := m.issuer.token(claims)
	m.login("ci", token)
	m.write("role/ci/candidate", map[string]any{"bound_subject": "bob"})
	m.login("ci", token)
	for range 2 {
		text, err := json.Marshal(m.read("role/ci/candidate/report"))
		require.NoError(t, err)
		require.Contains(t, string(text), `"live_reason":"allowed"`)
		for _, trace := range append(traces(token), mark) {
			require.NotContains(t, string(text), trace)
			require.NotContains(t, m.log.String(), trace)
		}
		m.write("role/ci/candidate", map[string]any{"user_claim": "email", "groups_claim": "", "metadata_expression": `{"desk": claims.desk}`})
		m.login("ci", token)
		require.EqualValues(t, 1, m.report("ci").Alias)
		require.EqualValues(t, 1, m.report("ci").Groups)
		require.EqualValues(t, 1, m.report("ci").Metadata)
	}
}

// Where logins name no role, the candidates of those that were chosen are tried,
// each against its own role.
func TestCandidatesOfChosenRoles(t *testing.T) {
	t.Parallel()
	for mode, policies := range map[string][]string{"match": {"deploy"}, "union": {"deploy", "read"}} {
		m := newReadyMount(t)
		m.reconfigure(map[string]any{"role_selection": mode})
		m.write("role/ci", map[string]any{"auto_select": true, "priority": 2})
		m.write("role/other", jwtRole(map[string]any{"auto_select": true, "token_policies": "read"}))
		m.write("role/ci/candidate", map[string]any{"bound_subject": "bob"})
		m.write("role/other/candidate", map[string]any{"token_policies": "read,more"})
		require.ElementsMatch(t, policies, m.login("", m.issuer.token(nil)).Policies)
		require.EqualValues(t, 1, m.report("ci").AllowToDeny, mode)
		require.EqualValues(t, 1, m.report("ci").Seen, mode)
		other := m.report("other")
		require.Equal(t, other.Seen, other.Policies, mode)
		require.Equal(t, mode == "union", other.Seen == 1, mode)
	}
}
