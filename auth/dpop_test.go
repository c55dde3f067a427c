// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"encoding/base64"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

type change = map[string]any

// The rules of RFC 9449 section 4.3 by their numbers. Number 1 is that of the
// login field, number 10 of nonces, which are never given out.
func TestDPoPRules(t *testing.T) {
	t.Parallel()
	p := newProver(t, "ES256")
	stranger, err := idp.GenerateKey("ES256", "k")
	require.NoError(t, err)
	private := p.bare()
	private["d"] = "AAAA"
	good := p.proof(nil, nil)
	parts := strings.Split(good, ".")
	for why, c := range map[string]struct{ proof, about string }{
		"2: two proofs":             {good + "," + good, "form"},
		"2: no JWT":                 {"hello", "form"},
		"2: no signature":           {parts[0] + "." + parts[1] + ".", "form"},
		"2: a fourth part":          {good + "." + parts[2], "form"},
		"2: padding":                {good + "=", "form"},
		"2: payload is no object":   {p.sign(header64(t, parts[0]), `["a"]`), "payload"},
		"2: a name twice":           {p.sign(header64(t, parts[0]), `{"htm":"POST","htm":"GET"}`), "payload"},
		"2: 8 KiB":                  {p.proof(nil, change{"pad": strings.Repeat("a", 6000)}), "length"},
		"3: no jti":                 {p.proof(nil, change{"jti": nil}), "jti"},
		"3: no htm":                 {p.proof(nil, change{"htm": nil}), "htm"},
		"3: no htu":                 {p.proof(nil, change{"htu": nil}), "htu"},
		"3: no iat":                 {p.proof(nil, change{"iat": nil}), "iat"},
		"3: no ath":                 {p.proof(nil, change{"ath": nil}), "ath"},
		"3: another letter case":    {p.proof(nil, change{"ath": nil, "ATH": b64sum(p.token)}), "ath"},
		"3: empty jti":              {p.proof(nil, change{"jti": ""}), "jti"},
		"3: jti is a number":        {p.proof(nil, change{"jti": 7}), "jti"},
		"3: long jti":               {p.proof(nil, change{"jti": strings.Repeat("j", 513)}), "jti"},
		"4: no typ":                 {p.proof(change{"typ": nil}, nil), "typ"},
		"4: typ of a token":         {p.proof(change{"typ": "JWT"}, nil), "typ"},
		"4: upper case":             {p.proof(change{"typ": "DPoP+JWT"}, nil), "typ"},
		"4: with its prefix":        {p.proof(change{"typ": "application/dpop+jwt"}, nil), "typ"},
		"4: typ is a list":          {p.proof(change{"typ": []string{"dpop+jwt"}}, nil), "typ"},
		"5: none":                   {p.proof(change{"alg": "none"}, nil), "alg"},
		"5: HMAC":                   {p.proof(change{"alg": "HS256"}, nil), "alg"},
		"5: no alg":                 {p.proof(change{"alg": nil}, nil), "alg"},
		"5: of another key":         {p.proof(change{"alg": "ES384"}, nil), "alg"},
		"5: not that of the jwk":    {p.proof(change{"jwk": p.with("alg", "ES384")}, nil), "jwk"},
		"5: crit":                   {p.proof(change{"crit": []string{"exp"}}, nil), "header"},
		"5: jku":                    {p.proof(change{"jku": "https://evil.test"}, nil), "header"},
		"6: another signature":      {strings.Join(parts[:2], ".") + "." + strings.Split(p.proof(nil, change{"jti": "j2"}), ".")[2], "signature"},
		"7: private key":            {p.proof(change{"jwk": private}, nil), "jwk"},
		"7: symmetric key":          {p.proof(change{"jwk": change{"kty": "oct", "k": "AAAA"}}, nil), "jwk"},
		"7: no key":                 {p.proof(change{"jwk": nil}, nil), "header"},
		"7: key is a string":        {p.proof(change{"jwk": "k"}, nil), "header"},
		"7: another letter case":    {p.proof(change{"jwk": nil, "JWK": p.bare()}, nil), "header"},
		"7: for encryption":         {p.proof(change{"jwk": p.with("use", "enc")}, nil), "jwk"},
		"8: GET":                    {p.proof(nil, change{"htm": "GET"}), "htm"},
		"8: lower case":             {p.proof(nil, change{"htm": "post"}), "htm"},
		"9: another path":           {p.proof(nil, change{"htu": "https://vault.test:8200/v1/auth/other/login"}), "htu"},
		"9: another host":           {p.proof(nil, change{"htu": "https://evil.test:8200/v1/auth/ci/login"}), "htu"},
		"9: another port":           {p.proof(nil, change{"htu": "https://vault.test/v1/auth/ci/login"}), "htu"},
		"9: another scheme":         {p.proof(nil, change{"htu": "http://vault.test:8200/v1/auth/ci/login"}), "htu"},
		"9: a query":                {p.proof(nil, change{"htu": proofURL + "?a"}), "htu"},
		"9: a fragment":             {p.proof(nil, change{"htu": proofURL + "#a"}), "htu"},
		"11: too old":               {p.proof(nil, change{"iat": p.now.Add(-dpopLife - dpopSkew).Unix()}), "iat"},
		"11: from the future":       {p.proof(nil, change{"iat": p.now.Add(dpopSkew + time.Second).Unix()}), "iat"},
		"11: no date":               {p.proof(nil, change{"iat": "now"}), "iat"},
		"11: its own exp is past":   {p.proof(nil, change{"exp": p.now.Add(-dpopSkew).Unix()}), "exp"},
		"11: its own nbf is ahead":  {p.proof(nil, change{"nbf": p.now.Add(dpopSkew + time.Second).Unix()}), "nbf"},
		"12: ath of another token":  {p.proof(nil, change{"ath": b64sum("x")}), "ath"},
		"12: ath with padding":      {p.proof(nil, change{"ath": b64sum(p.token) + "="}), "ath"},
		"12: another key":           {(&prover{p.fixture, stranger, p.token}).proof(nil, nil), "jkt"},
		"12: another key's jwk":     {p.proof(change{"jwk": (&prover{p.fixture, stranger, p.token}).bare()}, nil), "jkt"},
		"the token in place of it":  {p.token, "typ"},
		"the shown token's own jwk": {p.raw(`{"alg":"EdDSA","typ":"dpop+jwt"}`, `{"a":1}`), "header"},
	} {
		p.requireBad(c.proof, c.about, why)
	}
	p.requireGood(good)
}

func header64(t *testing.T, part string) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(part)
	require.NoError(t, err)
	return string(text)
}

func (p *prover) with(name string, value any) change {
	m := maps.Clone(p.bare())
	m[name] = value
	return m
}

// What is allowed at the edge of each rule.
func TestDPoPTwins(t *testing.T) {
	t.Parallel()
	p := newProver(t, "ES256")
	for why, proof := range map[string]string{
		"white space around":     " " + p.proof(nil, nil) + "\r\n",
		"PUT, as the CLI sends":  p.proof(nil, change{"htm": "PUT"}),
		"kid and further names":  p.proof(change{"kid": "k", "x": 1}, change{"nonce": "n", "x": []any{1}}),
		"jwk says what it is":    p.proof(change{"jwk": p.with("use", "sig")}, nil),
		"jwk says its alg":       p.proof(change{"jwk": p.with("alg", "ES256")}, nil),
		"jti of 512 bytes":       p.proof(nil, change{"jti": strings.Repeat("j", 512)}),
		"as old as may be":       p.proof(nil, change{"iat": p.now.Add(-dpopLife - dpopSkew + time.Second).Unix()}),
		"ahead as far as may be": p.proof(nil, change{"iat": p.now.Add(dpopSkew).Unix()}),
		"with exp and nbf":       p.proof(nil, change{"exp": p.now.Add(time.Second - dpopSkew).Unix(), "nbf": p.now.Add(dpopSkew).Unix()}),
		"the URL in other words": p.proof(nil, change{"htu": "HTTPS://Vault.Test:8200/v1/%61uth/ci/login"}),
	} {
		require.Equal(t, Allowed, p.show(proof).Reason, why)
	}
}

func TestDPoPWithEachAlgorithm(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"} {
		p := newProver(t, alg)
		p.requireGood(p.proof(nil, nil))
		p.requireBad(p.proof(nil, change{"ath": "x"}), "ath", alg)
	}
}

// A proof is known by its key and its jti: no change of its other bytes makes
// another one of it, and no other key uses it up.
func TestDPoPUse(t *testing.T) {
	t.Parallel()
	p, other := newProver(t, "ES256"), newProver(t, "ES256")
	first := p.requireGood(p.proof(nil, nil))
	require.Equal(t, first.Key, p.requireGood(p.proof(change{"x": 1}, change{"htm": "PUT"})).Key)
	require.NotEqual(t, first.Key, p.requireGood(p.proof(nil, change{"jti": "j2"})).Key)
	require.NotEqual(t, first.Key, other.requireGood(other.proof(nil, nil)).Key)

	// It is remembered until it would be refused for its age.
	for _, skew := range []time.Duration{0, -1, MaxLeeway} {
		p.spec.ClockSkew = skew
		proof := p.proof(nil, nil)
		until := p.requireGood(proof).Until
		now := p.now
		p.now = until.Add(-time.Second)
		p.requireGood(proof)
		p.now = until
		p.requireBad(proof, "iat", "remembered long enough")
		p.now = now
	}
}

// BenchmarkDPoP is what a proof adds to the decision on a login.
func BenchmarkDPoP(b *testing.B) {
	for _, kind := range []string{ProofNone, ProofDPoP} {
		p := newProver(b, "ES256")
		p.spec.Proof = kind
		role, proof := p.role(), p.proof(nil, nil)
		in := Request{p.token, Circumstances{Peer: "192.0.2.10", DPoP: proof, Now: p.now}}
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d := Decide(b.Context(), in, p.issuers, role); !d.Allowed() {
					b.Fatal(d.Reason)
				}
			}
		})
	}
}

// Roles that judge one login share the verified proof, and each judges the URLs
// for itself.
func TestDPoPProofIsVerifiedOncePerLogin(t *testing.T) {
	t.Parallel()
	p := newProver(t, "ES256")
	other := p.spec
	other.DPoPURLs = []string{"https://other.test/v1/auth/ci/login"}
	elsewhere, err := CompileRole(other)
	require.NoError(t, err)
	v, refused := Verify(t.Context(), p.token, p.now, p.issuers)
	require.Empty(t, refused.Reason)
	panel := newPanel(v, Circumstances{Now: p.now, DPoP: p.proof(nil, nil)})
	defer panel.close()
	require.Equal(t, Decision{Reason: ProofInvalid, About: "htu", Issuer: "default"}, panel.judge(elsewhere))
	opened := panel.f.proof
	require.NotNil(t, opened)
	first, second := panel.judge(p.role()), panel.judge(p.role())
	require.True(t, first.Allowed())
	require.Equal(t, first.Use, second.Use)
	require.Same(t, opened, panel.f.proof)

	forged := newPanel(v, Circumstances{Now: p.now, DPoP: p.proof(nil, nil)[:20]})
	defer forged.close()
	require.Equal(t, ProofInvalid, forged.judge(p.role()).Reason)
	require.Equal(t, ProofInvalid, forged.judge(p.role()).Reason)
}
