// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

func TestTrustDomainOfSPIFFEID(t *testing.T) {
	for id, want := range map[string]string{
		"spiffe://example.org/workload":               "example.org",
		"spiffe://example.org/ns/prod/sa/web":         "example.org",
		"spiffe://a_b-c.1/x":                          "a_b-c.1",
		"spiffe://1.2.3.4/x":                          "1.2.3.4",
		"spiffe://example.org/UPPER/..x/...":          "example.org",
		"spiffe://" + strings.Repeat("a", 255) + "/x": strings.Repeat("a", 255),
		"spiffe://" + strings.Repeat("a", 256) + "/x": "",
		"spiffe://example.org":                        "", // a trust domain, no workload
		"spiffe://example.org/":                       "",
		"spiffe:///workload":                          "",
		"SPIFFE://example.org/x":                      "",
		"spiffe://Example.org/x":                      "",
		"spiffe://example.org:8443/x":                 "",
		"spiffe://user@example.org/x":                 "",
		"spiffe://example.org/x/":                     "",
		"spiffe://example.org//x":                     "",
		"spiffe://example.org/./x":                    "",
		"spiffe://example.org/../other.example/x":     "",
		"spiffe://example.org/a%2fb":                  "",
		"spiffe://example.org/x?y":                    "",
		"spiffe://example.org/x#y":                    "",
		"spiffe://example.org/w\u00f6rk":              "",
		"spiffe://ex\u0430mple.org/x":                 "",
		" spiffe://example.org/x":                     "",
		"spiffe:/example.org/x":                       "",
		"https://example.org/x":                       "",
		"":                                            "",
	} {
		domain, ok := trustDomain(id)
		require.Equal(t, want, domain, id)
		require.Equal(t, want != "", ok, id)
	}
	for name, want := range map[string]bool{"example.org": true, "a": true, "": false, "Example.org": false, "a b": false, "a/b": false, "a:1": false, strings.Repeat("a", 256): false} {
		require.Equal(t, want, ValidTrustDomain(name), name)
	}
}

func TestSPIFFEAlgorithms(t *testing.T) {
	set := SPIFFEAlgorithms()
	for a := jws.RS256; a <= jws.EdDSA; a++ {
		require.Equal(t, a != jws.EdDSA, set.Has(a), a.String())
	}
}

// TestJWTSVIDs checks tokens against two trust domains and an issuer that is
// not of SPIFFE.
func TestJWTSVIDs(t *testing.T) {
	keyOrg, keyCom, keyWeb, keyEd := issuersKey(t, "ES256", "k"), issuersKey(t, "ES256", "k"), issuersKey(t, "ES256", "k"), issuersKey(t, "EdDSA", "e")
	org, _ := issuersOf(t, "org", "spiffe://example.org", keyOrg, keyEd)
	com, _ := issuersOf(t, "com", "spiffe://example.com", keyCom)
	web, _ := issuersOf(t, "web", "https://web.example", keyWeb)
	org.TrustDomain, com.TrustDomain = "example.org", "example.com"
	org.Algorithms, com.Algorithms = SPIFFEAlgorithms(), SPIFFEAlgorithms()
	s := NewIssuers(jws.DefaultTokenBytes, nil, []*Issuer{org, com, web})
	bound := issuersRole(t, "org", "com", "web")
	open, err := CompileRole(RoleSpec{Name: "open", UserClaim: "sub", BoundSubject: "spiffe://example.org/w", BoundIssuers: []string{"org"}})
	require.NoError(t, err)

	sub := func(id string, more ...any) map[string]any {
		claims := map[string]any{"sub": id}
		for i := 0; i < len(more); i += 2 {
			claims[more[i].(string)] = more[i+1]
		}
		return claims
	}
	decide := func(role *Role, token string) Decision { return issuersDecide(t, &s, role, token) }

	d := decide(bound, issuersToken(t, keyOrg, "k", sub("spiffe://example.org/w")))
	require.Equal(t, Allowed, d.Reason, "no iss is needed")
	require.Equal(t, "issuer:org:spiffe://example.org/w", d.Identity.Alias)
	for name, c := range map[string]struct {
		role  *Role
		token string
		want  Reason
	}{
		"iss of the trust domain":                 {bound, issuersToken(t, keyOrg, "k", sub("spiffe://example.org/w", "iss", "spiffe://example.org")), Allowed},
		"iss of SPIRE's own discovery":            {bound, issuersToken(t, keyOrg, "k", sub("spiffe://example.org/w", "iss", "https://oidc.example.org")), Allowed},
		"iss of an issuer that is not of SPIFFE":  {bound, issuersToken(t, keyOrg, "k", sub("spiffe://example.org/w", "iss", "https://web.example")), SignatureInvalid},
		"other trust domain, own key":             {bound, issuersToken(t, keyCom, "k", sub("spiffe://example.com/w")), Allowed},
		"sub of another trust domain":             {bound, issuersToken(t, keyOrg, "k", sub("spiffe://example.com/w")), SignatureInvalid},
		"sub of a trust domain that is not here":  {bound, issuersToken(t, keyOrg, "k", sub("spiffe://nowhere.example/w")), IssuerUnknown},
		"iss of one, sub of another trust domain": {bound, issuersToken(t, keyOrg, "k", sub("spiffe://example.com/w", "iss", "spiffe://example.org")), SignatureInvalid},
		"sub without a path":                      {bound, issuersToken(t, keyOrg, "k", sub("spiffe://example.org")), IssuerUnknown},
		"sub is a name":                           {bound, issuersToken(t, keyOrg, "k", sub("alice")), IssuerUnknown},
		"no sub":                                  {bound, issuersToken(t, keyOrg, "k", map[string]any{"sub": nil, "iss": "spiffe://example.org"}), IssuerUnknown},
		"EdDSA":                                   {bound, issuersToken(t, keyEd, "e", sub("spiffe://example.org/w")), TokenAlgorithm},
		"a web token with a SPIFFE ID":            {bound, issuersToken(t, keyWeb, "k", sub("spiffe://example.org/w", "iss", "https://web.example")), Allowed},
		"no aud":                                  {open, issuersToken(t, keyOrg, "k", sub("spiffe://example.org/w", "aud", nil)), ClaimForm},
		"empty aud":                               {open, issuersToken(t, keyOrg, "k", sub("spiffe://example.org/w", "aud", []string{})), ClaimForm},
		"aud where the role binds none":           {open, issuersToken(t, keyOrg, "k", sub("spiffe://example.org/w")), AudienceNone},
		"wrong aud":                               {bound, issuersToken(t, keyOrg, "k", sub("spiffe://example.org/w", "aud", "other")), Audience},
	} {
		require.Equal(t, c.want, decide(c.role, c.token).Reason, name)
	}
}

// TestSubjectOfTheTrustDomainIsCheckedAgain: the choice of an issuer by sub is
// not the check of sub. Whoever comes to a SPIFFE issuer in another way is
// judged all the same, at renewal too.
func TestSubjectOfTheTrustDomainIsCheckedAgain(t *testing.T) {
	i := &Issuer{Name: "org", ID: "spiffe://example.org", TrustDomain: "example.org"}
	for claims, want := range map[string]Reason{
		`{"sub":"spiffe://example.org/w","aud":"v"}`:   "",
		`{"sub":"spiffe://example.org/w","aud":["v"]}`: "",
		`{"sub":"spiffe://example.com/w","aud":"v"}`:   SPIFFEID,
		`{"sub":"spiffe://example.org","aud":"v"}`:     SPIFFEID,
		`{"sub":7,"aud":"v"}`:                          SPIFFEID,
		`{"aud":"v"}`:                                  SPIFFEID,
		`{"sub":"spiffe://example.org/w"}`:             ClaimForm,
		`{"sub":"spiffe://example.org/w","aud":[]}`:    ClaimForm,
	} {
		var reason Reason
		if refused := i.checkSPIFFE(issuersClaims(t, claims)); refused != nil {
			reason = refused.reason
		}
		require.Equal(t, want, reason, claims)
	}
	require.Nil(t, (&Issuer{Name: "web"}).checkSPIFFE(issuersClaims(t, `{}`)), "other issuers have no such rules")
}
