// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// requireExplains checks that an explanation is one of the decision: the same
// outcome, and the first row that failed is the check that decided. Tests of
// decisions call it for every login that they make.
func requireExplains(t testing.TB, d Decision, e Explanation) {
	t.Helper()
	require.Equal(t, d, e.Decision)
	first := e.FirstFailed()
	if d.Allowed() {
		require.Nil(t, first)
		for _, c := range e.Checks {
			require.True(t, c.OK, "%+v", c)
		}
		return
	}
	require.NotNil(t, first, "no row tells of %s", d.Reason)
	require.Equal(t, d.Reason, first.Reason)
	require.NotEqual(t, "decision", first.Name, "a row of the check itself must tell of it: %+v", e.Checks)
	for _, c := range e.Checks {
		require.NotEmpty(t, c.Name)
		require.Equal(t, c.OK, c.Reason == "" && c.Skipped == "", "%+v", c)
		require.Less(t, len(c.Wanted)+len(c.Found), 10_000, c.Name)
	}
}

// byName returns the row of that name and claim.
func (e Explanation) byName(t *testing.T, name, about string) Check {
	t.Helper()
	for _, c := range e.Checks {
		if c.Name == name && (about == "" || c.About == about) {
			return c
		}
	}
	require.Failf(t, "no such row", "%s %s in %+v", name, about, e.Checks)
	return Check{}
}

func TestExplainShowsWantedAndFound(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.spec.BoundClaims = map[string]any{"env": []any{"prod", "stage"}, "ref": "refs/heads/*"}
	f.spec.BoundClaimsGlob = true
	f.spec.BoundSubject = "bob"
	f.decide(f.token(`"env":"dev","ref":"refs/heads/main","nbf":1893456000`))
	e := f.explained
	require.Equal(t, Check{Name: "claims", About: "env", Reason: ClaimMismatch, Wanted: `like one of "prod", "stage"`, Found: `"dev"`}, e.byName(t, "claims", "env"))
	require.Equal(t, Check{Name: "claims", About: "ref", OK: true, Wanted: `like "refs/heads/*"`, Found: `"refs/heads/main"`}, e.byName(t, "claims", "ref"))
	require.Equal(t, Check{Name: "subject", About: "sub", Reason: Subject, Wanted: `"bob"`, Found: `"alice"`}, e.byName(t, "subject", ""))
	require.Equal(t, `1893456600 (2030-01-01T00:10:00Z)`, e.byName(t, "times", "exp").Found)
	require.Equal(t, `kid "k0", alg EdDSA`, e.byName(t, "key", "").Found)
	require.Contains(t, e.byName(t, "key", "").Wanted, `"k0"`)
	require.Equal(t, `"https://issuer.test", which is issuer default`, e.byName(t, "iss", "").Found)
	require.Equal(t, Subject, e.FirstFailed().Reason, "the order is that of a login")
}

// A token that ran out, or whose key is gone, can still be explained: the other
// checks are made and shown.
func TestExplainGoesOnAfterTheFirstFailure(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.spec.BoundClaims = map[string]any{"env": "prod"}
	f.now = f.now.Add(24 * time.Hour)
	require.Equal(t, Expired, f.decide(f.token(`"env":"dev"`)).Reason)
	require.Equal(t, ClaimMismatch, f.explained.byName(t, "claims", "env").Reason)

	f = newFixture(t)
	f.spec.BoundClaims = map[string]any{"env": "prod"}
	require.Equal(t, KeyUnknown, f.decide(f.raw(`{"alg":"EdDSA","kid":"gone"}`, `{`+claims+`,"env":"dev"}`)).Reason)
	require.Equal(t, `kid "gone", alg EdDSA: no key of the issuer has this kid`, f.explained.byName(t, "key", "").Found)
	require.NotEmpty(t, f.explained.byName(t, "signature", "").Skipped)
	require.Equal(t, ClaimMismatch, f.explained.byName(t, "claims", "env").Reason)
}

// The part of an expression that decides is named, with what it read.
func TestExplainCondition(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.spec.Condition = `claims.env == "prod" && claims.n > 5`
	require.Equal(t, Condition, f.decide(f.token(`"env":"prod","n":1,"other":"SECRET"`)).Reason)
	c := f.explained.byName(t, "condition", "")
	require.Equal(t, f.spec.Condition, c.Wanted)
	require.Equal(t, "claims.n > 5 is false: claims.n = 1", c.Found)
	require.NotContains(t, asJSON(f.explained.Checks), "SECRET")

	f.spec.Condition, f.spec.User = `true`, `claims.nobody`
	require.Equal(t, ExpressionError, f.decide(f.token("")).Reason)
	require.Equal(t, "claims.nobody has no value (no such key: nobody)", f.explained.byName(t, FieldUser, "").Found)
	require.NotEmpty(t, f.explained.byName(t, "user", "").Skipped)
}

// Claims that the role does not name, and what malformed ones hold, are not shown.
func TestExplainShowsOnlyNamedClaims(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.spec.UserClaim = "email"
	require.True(t, f.decide(f.token(`"email":"a@b.test","other":"SECRET","jti":"SECRET","deep":{"x":"SECRET"}`)).Allowed())
	require.NotContains(t, asJSON(f.explained.Checks), "SECRET")
	require.Equal(t, ClaimForm, f.decide(f.token(`"email":"a","jti":["SECRET"]`)).Reason)
	require.NotContains(t, asJSON(f.explained.Checks), "SECRET")
	require.Equal(t, "jti is a list", f.explained.byName(t, "form", "").Found)
}

func TestExplainIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.spec.BoundClaims = map[string]any{"env": "prod"}
	f.decide(f.token(`"env":"` + strings.Repeat("x", 6000) + `"`))
	require.Less(t, len(f.explained.byName(t, "claims", "env").Found), 600)
}

// Inspecting remembers nothing: the cache of verified tokens stays as it was.
func TestInspectKeepsNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.issuers.Default.Verified = NewVerifiedCache(1)
	token := f.token("")
	in := Request{token, Circumstances{Peer: "192.0.2.10", Now: f.now}}
	require.True(t, Inspect(t.Context(), in, f.issuers).Explain(f.role()).Allowed())
	require.Nil(t, f.issuers.Default.Verified.slots[0].Load())
	require.True(t, f.decide(token).Allowed())
	require.NotNil(t, f.issuers.Default.Verified.slots[0].Load(), "a login does fill it")
}

func TestSuppose(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	at := Circumstances{Peer: "192.0.2.10", Now: f.now}
	suppose := func(claims, issuer string) (*Inspection, error) {
		return Suppose(json.RawMessage(claims), issuer, at, f.issuers)
	}
	i, err := suppose(`{"sub":"alice","aud":"vault"}`, DefaultIssuer)
	require.NoError(t, err)
	require.Equal(t, "not checked", i.Signature())
	e := i.Explain(f.role())
	require.True(t, e.Allowed(), "%+v", e)
	require.Empty(t, e.Payload, "there is no token whose claims could be kept")
	for _, c := range e.Checks {
		require.NotEqual(t, "signature", c.Name)
	}

	i, err = suppose(`{"iss":"https://evil.test","sub":"alice","aud":"other"}`, DefaultIssuer)
	require.NoError(t, err)
	e = i.Explain(f.role())
	require.Equal(t, IssuerUnknown, e.Reason)
	require.Equal(t, Audience, e.byName(t, "audience", "").Reason)

	for claims, text := range map[string]string{`[]`: `field "claims": must be an object`, `{`: `field "claims": must be an object`} {
		_, err = suppose(claims, DefaultIssuer)
		require.EqualError(t, err, text)
	}
	_, err = suppose(`{"sub":"a"}`, "nobody")
	require.EqualError(t, err, `field "issuer": there is no issuer "nobody" on this mount`)
}
