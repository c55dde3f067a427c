// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func (f *fixture) showCertificate(token string, certificate []byte) Decision {
	f.t.Helper()
	return Decide(f.t.Context(), Request{token, Circumstances{Certificate: certificate, Now: f.now}}, f.issuers, f.role())
}

func requireDenied(t *testing.T, d Decision, reason Reason, about, why string) {
	t.Helper()
	require.Equal(t, reason, d.Reason, why)
	require.Equal(t, about, d.About, why)
	require.Nil(t, d.Use, why)
}

func TestCertificateBoundTokens(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.spec.Proof = ProofMTLS
	leaf, other := []byte("certificate of the client"), []byte("another one")
	bound := f.token(`"cnf":{"x5t#S256":"` + b64sum(string(leaf)) + `"}`)

	require.Equal(t, Allowed, f.showCertificate(bound, leaf).Reason)
	requireDenied(t, f.showCertificate(bound, other), ProofInvalid, "certificate", "another certificate")
	requireDenied(t, f.showCertificate(bound, nil), ProofMissing, "certificate", "none")
	for _, cnf := range []string{
		`"x":1`, `"cnf":null`, `"cnf":"x"`, `"cnf":{}`, `"cnf":{"x5t#S256":7}`, `"cnf":{"x5t#S256":""}`, `"cnf":{"x5t#s256":"` + b64sum(string(leaf)) + `"}`,
		`"cnf":{"x5t#S256":"` + b64sum(string(leaf)) + `="}`, `"cnf":{"x5t#S256":["` + b64sum(string(leaf)) + `"]}`, `"cnf":{"jkt":"` + b64sum(string(leaf)) + `"}`,
	} {
		requireDenied(t, f.showCertificate(f.token(cnf), leaf), ProofUnbound, "x5t#S256", cnf)
	}
	requireDenied(t, f.showCertificate(f.token(`"CNF":{}`), leaf), ClaimName, "cnf", "a claim that poses as cnf")
}

func TestDPoPNeedsABoundToken(t *testing.T) {
	t.Parallel()
	p := newProver(t, "EdDSA")
	requireDenied(t, p.show(""), ProofMissing, "dpop", "no proof")
	p.requireGood(p.proof(nil, nil))
	for _, cnf := range []string{`"x":1`, `"cnf":{}`, `"cnf":{"jkt":"x"}`, `"cnf":{"JKT":"` + jkt(t, p.key) + `"}`, `"cnf":{"x5t#S256":"` + jkt(t, p.key) + `"}`} {
		p.token = p.fixture.token(cnf)
		requireDenied(t, p.show(p.proof(nil, nil)), ProofUnbound, "jkt", cnf)
	}
}

// RFC 9449 section 7.2: a bound token is not taken as a bearer token, unless the
// operator says so.
func TestBoundTokensAreNoBearerTokens(t *testing.T) {
	t.Parallel()
	p := newProver(t, "EdDSA")
	p.spec.Proof = ProofUnset
	for _, cnf := range []string{`"cnf":{"jkt":"` + jkt(t, p.key) + `"}`, `"cnf":{}`, `"cnf":{"jwk":{}}`, `"cnf":null`} {
		p.spec.Proof = ProofUnset
		p.token = p.fixture.token(cnf)
		requireDenied(t, p.show(p.proof(nil, nil)), ProofMissing, "cnf", cnf)
		p.spec.Proof = ProofNone
		d := p.show("")
		require.Equal(t, Allowed, d.Reason)
		require.Nil(t, d.Use)
	}
}

// What the claims bind comes first, then the condition, then the proof, then
// the identity.
func TestProofComesAfterTheConditionAndBeforeTheIdentity(t *testing.T) {
	t.Parallel()
	p := newProver(t, "EdDSA")
	p.spec.Condition, p.spec.GroupsClaim, p.spec.BoundSubject = `claims.sub == "bob"`, "groups", "carol"
	require.Equal(t, Subject, p.show("").Reason)
	p.spec.BoundSubject = ""
	require.Equal(t, Condition, p.show("").Reason)
	p.spec.Condition = `claims.sub == "alice"`
	require.Equal(t, ProofMissing, p.show("").Reason)
	require.Equal(t, GroupsClaim, p.show(p.proof(nil, nil)).Reason)
	p.spec.Condition = ""
	require.Equal(t, ProofMissing, p.show("").Reason)
	require.Equal(t, GroupsClaim, p.show(p.proof(nil, nil)).Reason)
}

func TestProofIsExplained(t *testing.T) {
	t.Parallel()
	p := newProver(t, "EdDSA")
	explain := func(dpop string) Check {
		in := Request{p.token, Circumstances{Peer: "192.0.2.10", DPoP: dpop, Now: p.now}}
		e := Inspect(t.Context(), in, p.issuers).Explain(p.role())
		for _, c := range e.Checks {
			if c.Name == "proof" {
				require.Equal(t, c.OK, e.Allowed())
				return c
			}
		}
		return Check{}
	}
	good := explain(p.proof(nil, nil))
	require.True(t, good.OK)
	require.Contains(t, good.Wanted, proofURL)
	require.Contains(t, good.Found, jkt(t, p.key))
	require.Equal(t, ProofMissing, explain("").Reason)
	require.Equal(t, "htm", explain(p.proof(nil, change{"htm": "GET"})).About)
	p.spec.Proof = ProofMTLS
	require.Equal(t, ProofUnbound, explain("").Reason)
	p.spec.Proof = ProofUnset
	require.Equal(t, ProofMissing, explain("").Reason)
	p.spec.Proof = ProofNone
	require.Zero(t, explain(""))

	// Roles that are joined use up one proof.
	p.spec.Proof = ProofDPoP
	a, b := p.role(), p.role()
	b.name = "other"
	v, refused := Verify(t.Context(), p.token, p.now, p.issuers)
	require.Empty(t, refused.Reason)
	open := *p.role()
	open.name, open.possession = "open", possession{kind: ProofNone}
	at := Circumstances{DPoP: p.proof(nil, nil), Now: p.now}
	d := join(JudgeEach(v, at, []*Role{&open, a, b}))
	require.True(t, d.Allowed())
	require.Equal(t, a.Judge(v, at).Use, d.Use)
}

// Nobody is asked for a proof at a renewal, nor in an example.
func TestProofIsOfTheLogin(t *testing.T) {
	t.Parallel()
	p := newProver(t, "EdDSA")
	d := p.show(p.proof(nil, nil))
	require.True(t, d.Allowed())
	require.Equal(t, Allowed, Recheck(t.Context(), Renewal{Payload: d.Payload, Now: p.now}, p.issuers, p.role()).Reason)

	yes := true
	require.NoError(t, p.role().CheckExamples([]Example{{Name: "a", Claims: []byte(`{}`), Expect: Expectation{Allow: &yes}}}, ExampleScene{Issuers: p.issuers, Now: p.now}))
}

func TestProofThatCannotBeReadAdmitsNobody(t *testing.T) {
	t.Parallel()
	p := newProver(t, "EdDSA")
	good := p.proof(nil, nil)
	for want, change := range map[string]func(*RoleSpec){
		"proof: must be":                        func(s *RoleSpec) { s.Proof = "DPoP" },
		"dpop_urls: required with proof":        func(s *RoleSpec) { s.DPoPURLs = nil },
		"dpop_urls: each must be a URL":         func(s *RoleSpec) { s.DPoPURLs = []string{proofURL, "/v1/auth/ci/login"} },
		"dpop_urls: each must be a URL of the ": func(s *RoleSpec) { s.Proof, s.DPoPURLs = ProofNone, []string{"x"} },
	} {
		spec := p.spec
		change(&spec)
		role, err := CompileRole(spec)
		require.ErrorContains(t, err, want)
		d := Decide(t.Context(), Request{p.token, Circumstances{DPoP: good, Now: p.now}}, p.issuers, role)
		requireDenied(t, d, ProofInvalid, "proof", want)
	}
	p.requireGood(good)
	p.spec.DPoPURLs = make([]string, 17)
	for i := range p.spec.DPoPURLs {
		p.spec.DPoPURLs[i] = proofURL + string(rune('a'+i))
	}
	require.ErrorContains(t, p.role().CheckLimits(), "dpop_urls: at most 16")
}
