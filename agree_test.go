// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// refusedLogins are logins for every reason that a login to a named role can be
// refused for. The claims hold the mark where no role looks.
func refusedLogins(m *testMount, mark string) map[auth.Reason][2]string {
	m.t.Helper()
	all := strangers(m)
	role := markedRole("v")
	m.write("role/marked", role)
	m.write("role/unbound", overlay(maps.Clone(role), map[string]any{"bound_audiences": nil}))
	for reason, token := range marked(m, "v") {
		name := "marked"
		if reason == auth.AudienceNone {
			name = "unbound"
		}
		all[reason] = [2]string{name, token}
	}
	with := func(over map[string]any) string {
		return m.issuer.token(overlay(map[string]any{"unnamed": mark, mark: "x", "nested": map[string]any{"deep": mark}}, over))
	}
	add := func(reason auth.Reason, name string, fields map[string]any, token string) {
		m.write("role/"+name, jwtRole(fields))
		all[reason] = [2]string{name, token}
	}
	other := offlineIssuerOf(m.t, m.clock, "ES256")
	other.id = "https://other.test"
	m.write("issuer/other", map[string]any{"issuer": other.id, "jwt_validation_pubkeys": other.key.PEM(), "max_token_age": 60})
	m.write("issuer/down", map[string]any{"issuer": "https://127.0.0.1:1", "oidc_discovery_url": "https://127.0.0.1:1", "force": true})
	old := map[string]any{"unnamed": mark, "iat": m.clock.in(-time.Hour), "nbf": nil}
	add(auth.TokenTooOld, "aged", map[string]any{"bound_issuers": "other"}, other.token(old))
	add(auth.IssuerNotBound, "plain", nil, other.token(map[string]any{"unnamed": mark}))
	add(auth.KeysUnavailable, "down", map[string]any{"bound_issuers": "down"}, with(map[string]any{"iss": "https://127.0.0.1:1"}))
	add(auth.Condition, "condition", map[string]any{"condition": `claims.sub == "bob"`}, with(nil))
	add(auth.ExpressionError, "error", map[string]any{"condition": `claims.nobody == "bob"`}, with(nil))
	add(auth.PolicyNotAllowed, "policies", map[string]any{"policies_expression": `[claims.sub]`, "allowed_policies": "x-*"}, with(nil))
	add(auth.ProofMissing, "unproven", nil, with(map[string]any{"cnf": map[string]any{"jkt": "x"}}))
	add(auth.ProofUnbound, "mtls", map[string]any{"proof": "mtls"}, with(nil))
	m.write("revocation/lost", map[string]any{"issuer": "default", "jti": "revoked"})
	all[auth.Revoked] = [2]string{"ci", with(map[string]any{"jti": "revoked"})}
	// More claims that no role names, in the logins from elsewhere.
	all[auth.Audience] = [2]string{"ci", with(map[string]any{"aud": "x"})}
	all[auth.Expired] = [2]string{"ci", with(map[string]any{"exp": 1})}
	all[auth.ClaimMismatch] = [2]string{"marked", with(map[string]any{"sub": "v", "team": "w"})}
	all[auth.SignatureInvalid] = [2]string{"ci", forged(with(nil))}
	return all
}

// notByToken are the reasons that a token and a role alone do not lead to, and
// where a test holds the decision against the login.
func notByToken() map[auth.Reason]string {
	return map[auth.Reason]string{
		auth.Allowed:          "TestExplainTellsTheGrant",
		auth.ProofInvalid:     "TestExplainProof",
		auth.ProofUsed:        "TestExplainProof",
		auth.PolicyNotGranted: "TestDecisionOfWhatWasAskedFor",
		auth.SPIFFEID:         "no token of a JWT-SVID issuer gets there; auth.TestEveryReasonCanHappen explains it",
		auth.TokenReplayed:    "TestDecisionOfATokenShownTwice",
		auth.ReplayFull:       "onetime_test.go",
		auth.RoleNone:         "TestDecisionOfAChoice",
		auth.RoleAmbiguous:    "TestDecisionOfAChoice",
		auth.RoleConflict:     "TestUnionOfTermsThatDoNotGoTogether",
		auth.RoleUnusable:     "auth.TestEveryReasonCanHappen",
		auth.RoleLimit:        "auth.TestEveryReasonCanHappen",
		auth.TokenInactive:    "an explanation asks no issuer; see issuer_introspection_test.go", auth.IntrospectionFailed: "likewise",
		auth.IdentityChanged: "at renewal", auth.ClaimsNotKept: "at renewal", auth.RoleGone: "at renewal", auth.ConfigGone: "at renewal", auth.RenewalNever: "at renewal",
	}
}

// A login, its explanation and its decision give the same reason, for every
// reason that there is.
func TestLoginExplanationAndDecisionAgree(t *testing.T) {
	t.Parallel()
	const mark = "MARK-7f3a"
	m := newStrangersMount(t)
	logins := refusedLogins(m, mark)
	for _, reason := range everyReason(t) {
		if notByToken()[reason] == "" {
			_, found := logins[reason]
			require.True(t, found, "the new reason %s needs a login here, or a place in notByToken", reason)
		}
	}
	for reason, login := range logins {
		m.refuse(login[0], login[1], reason) // explains, and reads the decision
		told := m.read("decisions/" + m.refusedID(login[0], login[1]))
		explained := m.explain(map[string]any{"role": login[0], "jwt": login[1]})
		require.Equal(t, explained["reason"], told["reason"])
		require.Equal(t, explained["about"], told["about"], reason)
		if reason.BeforeSignature() {
			continue
		}
		kept, all := told["checks"].([]map[string]any), explained["checks"].([]map[string]any)
		require.Equal(t, all[len(all)-len(kept):], kept, reason)
	}
}

// Nothing that operators may read holds a token, a claim that no role names, or
// a key: the answers are searched byte for byte, and so is the log.
func TestNoSecretsInWhatOperatorsRead(t *testing.T) {
	t.Parallel()
	const mark = "MARK-7f3a"
	m := newStrangersMount(t)
	var answers strings.Builder
	note := func(op logical.Operation, path string, fields map[string]any) {
		resp, err := m.handle(&logical.Request{Operation: op, Path: path, Data: fields})
		require.NoError(t, err, path)
		text, err := json.Marshal(resp)
		require.NoError(t, err)
		answers.Write(text)
	}
	logins := refusedLogins(m, mark)
	m.write("role/ci/candidate", map[string]any{"bound_subject": "somebody-else", "claim_mappings": map[string]any{"sub": "who"}})
	m.login("ci", m.issuer.token(map[string]any{"unnamed": mark})) // which the candidate refuses
	for _, login := range logins {
		note(logical.UpdateOperation, "login", map[string]any{"role": login[0], "jwt": login[1]})
		note(logical.UpdateOperation, "explain", map[string]any{"role": login[0], "jwt": login[1]})
		note(logical.UpdateOperation, "explain", map[string]any{"jwt": login[1]})
	}
	note(logical.UpdateOperation, "explain", map[string]any{"role": "ci", "claims": map[string]any{"sub": "a", "aud": "vault", "unnamed": mark}})
	for _, id := range m.decisions() {
		note(logical.ReadOperation, "decisions/"+id, nil)
	}
	note(logical.ListOperation, "decisions/", nil)
	for _, path := range []string{"metrics", "status", "config", "role/ci", "issuer/other", "issuer/other/status", "lint", "role/ci/candidate", "role/ci/candidate/report"} {
		note(logical.ReadOperation, path, nil)
	}
	require.Greater(t, answers.Len(), 50_000)
	for _, text := range []string{answers.String(), m.log.String()} {
		require.NotContains(t, text, mark)
		for reason, login := range logins {
			if strings.Count(login[1], ".") != 2 {
				continue
			}
			for _, trace := range traces(login[1]) {
				require.NotContains(t, text, trace, reason)
			}
		}
	}
	for _, read := range []string{`refused: claim_mismatch`, `"findings"`, `"allow_to_deny":1`} {
		require.Contains(t, answers.String(), read, "the answers were read")
	}
}

// A proof that goes with the token is explained as well. Whether it was used
// before only a login can tell, and its decision does.
func TestExplainProof(t *testing.T) {
	t.Parallel()
	m := newProofMount(t, nil)
	c := newClient(m)
	token := c.token(nil)
	ask := func(proof string) map[string]any {
		return m.explain(map[string]any{"role": "bound", "jwt": token, "dpop": proof})
	}
	require.Equal(t, "proof_missing", ask("")["reason"])
	require.Equal(t, "proof_invalid", ask("x.y.z")["reason"])
	require.Equal(t, true, ask(c.proof(token, "1"))["allowed"])
	require.Empty(t, m.withProof(token, c.proof(token, "1")), "explaining a proof does not use it up")
	for proof, reason := range map[string]string{c.proof(token, "1"): "proof_used", "x.y.z": "proof_invalid"} {
		require.NotEmpty(t, m.withProof(token, proof))
		require.Equal(t, reason, m.read("decisions/" + m.decisions()[0])["reason"])
	}
}

func TestDecisionOfWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	require.NotEmpty(t, m.attempt(logical.UpdateOperation, "ci", m.issuer.token(nil), map[string]any{"token_policies": "admin"}, nil))
	told := m.read("decisions/" + m.decisions()[0])
	require.Equal(t, "policy_not_granted", told["reason"])
	require.Equal(t, "policy_not_granted", firstFailed(told)["reason"])
}

// A login that names no role has a decision with the roles that stand in the
// way; explain tells what each role makes of the token.
func TestDecisionOfAChoice(t *testing.T) {
	t.Parallel()
	m := newChoosingMount(t, "match")
	m.write("role/a", autoRole("web", nil))
	m.write("role/b", autoRole("web", nil))
	m.refuse("", m.job("api"), auth.RoleNone)
	m.refuse("", m.job("web"), auth.RoleAmbiguous)
	told := m.read("decisions/" + m.decisions()[0])
	require.Equal(t, "role_ambiguous", told["reason"])
	require.Equal(t, []string{"a", "b"}, told["roles"])
	require.Len(t, m.explain(map[string]any{"jwt": m.job("web")})["roles"], 2)
}

// Whether a token has logged in before only a login can tell, and its decision
// does: an explanation uses nothing up.
func TestDecisionOfATokenShownTwice(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/once", jwtRole(map[string]any{"replay": "node"}))
	token := m.issuer.token(map[string]any{"jti": "1"})
	for range 2 {
		require.Equal(t, true, m.explain(map[string]any{"role": "once", "jwt": token})["allowed"])
	}
	send := func(id string) *logical.Response {
		req := loginRequest("once", token)
		req.ID = id
		resp, err := m.handle(req)
		require.NoError(t, err)
		return resp
	}
	require.NotNil(t, send("r1").Auth)
	_, id := decisionOf(t, send("r2"))
	require.Equal(t, "token_replayed", m.read("decisions/" + id)["reason"])
	require.Equal(t, "token_replayed", firstFailed(m.read("decisions/" + id))["reason"])
}
