// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExplainThroughTheCLI asks as an operator does: at the terminal, with the
// token of somebody who was refused, or only with what they read.
func TestExplainThroughTheCLI(t *testing.T) {
	r := need(t)
	p := newIssuer(t)
	m := enableOurs(t, r.server, pathFor(t, "ours"))
	path := "auth/" + m.path
	m.write(t, "config", object{"oidc_discovery_url": p.DiscoveryURL(), "oidc_discovery_ca_pem": p.CAPEM()})
	m.write(t, "role/ci", object{
		"role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault", "bound_claims": object{"team": "core"},
		"condition": `claims.env == "prod"`, "token_policies": "deploy", "token_ttl": "10m",
	})
	c := newTerminal(t, r.server)
	good := "jwt=@" + c.file(t, "good.jwt", p.token(object{"team": "core", "env": "prod"})+"\n")
	bad := p.token(object{"team": "sales", "env": "dev", "secret": "CANARY"})
	badFile := "jwt=@" + c.file(t, "bad.jwt", bad)

	c.shows(t, []string{"write", path + "/explain", "role=ci", good}, "allowed true", "issuer default", "reason allowed", "signature verified", "ok times exp", `ok claims team "core"`)
	c.shows(t, []string{"write", path + "/explain", "role=ci", badFile},
		"allowed false", "reason claim_mismatch", "about team",
		`refused: claim_mismatch (team)`, `FAIL claims team found "sales"; wanted "core"`,
		`FAIL condition found claims.env == "prod" is false: claims.env = "dev"; wanted claims.env == "prod"`)
	c.shows(t, []string{"write", "-field=summary", path + "/explain", badFile}, `ok signature it was`, "role ci: refused: claim_mismatch (team)")

	out, err := r.server.CLI(t.Context(), "write", "-format=json", path+"/explain", "role=ci", good)
	require.NoError(t, err)
	var answer struct {
		Data struct {
			Allowed bool `json:"allowed"`
			Checks  []struct {
				Check, Wanted, Found string
				OK                   bool
			} `json:"checks"`
			Grant struct {
				Policies []string `json:"policies"`
				TTL      int      `json:"ttl"`
				Alias    string   `json:"alias"`
			} `json:"grant"`
		} `json:"data"`
		Auth any `json:"auth"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &answer))
	require.True(t, answer.Data.Allowed)
	require.Nil(t, answer.Auth)
	require.Equal(t, []string{"deploy"}, answer.Data.Grant.Policies)
	require.Equal(t, 600, answer.Data.Grant.TTL)
	require.Greater(t, len(answer.Data.Checks), 10)
	for _, check := range answer.Data.Checks {
		require.True(t, check.OK, check.Check)
	}

	refused := m.login(t, "ci", bad)
	id := refused.decision()
	require.NotEmpty(t, id, "%s", refused.raw)
	c.shows(t, []string{"list", path + "/decisions"}, "Keys ---- "+id)
	c.shows(t, []string{"list", "-detailed", path + "/decisions"}, id, "claim_mismatch")
	c.shows(t, []string{"read", path + "/decisions/" + id}, "reason claim_mismatch", "role ci", "kind login", `found "sales"; wanted "core"`)
	out, err = r.server.CLI(t.Context(), "read", "-format=json", path+"/decisions/"+id)
	require.NoError(t, err)
	require.NotContains(t, out, "CANARY")
	require.NotContains(t, out, strings.Split(bad, ".")[1])
	_, err = r.server.CLI(t.Context(), "read", path+"/decisions/000000000000")
	require.ErrorContains(t, err, "No value found")

	c.shows(t, []string{"read", "-field=summary", path + "/lint"}, "findings in 1 roles: 0 high", "L014 low role/ci")
	for at, text := range map[string]string{"/explain": "Runs a login without logging in.", "/decisions/x": `Each refusal ends with "(decision ID)"`, "/lint": "Each finding has an ID that stays the same"} {
		c.shows(t, []string{"path-help", path + at}, text)
	}

	// None of it is for those without a Vault token.
	for _, at := range []string{"explain", "decisions/" + id, "lint"} {
		method := map[bool]string{true: "POST", false: "GET"}[at == "explain"]
		a := m.client.send(t, request{method: method, path: path + "/" + at, body: map[bool]any{true: object{"jwt": bad}}[at == "explain"]})
		require.Equal(t, 403, a.status, at)
	}
}
