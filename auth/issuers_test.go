// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

func TestIssuerIsChosenByExactISS(t *testing.T) {
	key := issuersKey(t, "EdDSA", "k")
	def, _ := issuersOf(t, DefaultIssuer, "https://idp.example", key)
	a, _ := issuersOf(t, "a", "https://a.example", key)
	slash, _ := issuersOf(t, "slash", "https://a.example/", key)
	path, _ := issuersOf(t, "path", "https://a.example/Realm", key)
	s := NewIssuers(jws.DefaultTokenBytes, def, []*Issuer{a, slash, path})
	for claims, want := range map[string]string{
		`{"iss":"https://idp.example"}`:      DefaultIssuer,
		`{"iss":"https://a.example"}`:        "a",
		`{"iss":"https:\/\/a.exampl\u0065"}`: "a", // the same string, written in another way
		`{"iss":"https://a.example/"}`:       "slash",
		`{"iss":"https://a.example/Realm"}`:  "path",
		`{"iss":"https://a.example/realm"}`:  "",
		`{"iss":"https://A.example"}`:        "",
		`{"iss":"HTTPS://a.example"}`:        "",
		`{"iss":"https://a.example:443"}`:    "",
		`{"iss":"https://a.example "}`:       "",
		`{"iss":"https://a.example\u0000"}`:  "",
		`{"iss":"https://a.ex\u0430mple"}`:   "", // Cyrillic a
		`{"iss":"https://a.example//"}`:      "",
		`{"iss":"https://a.example?"}`:       "",
		`{"iss":""}`:                         "",
		`{"iss":null}`:                       "",
		`{"iss":["https://a.example"]}`:      "",
		`{"iss":{"https://a.example":1}}`:    "",
		`{}`:                                 "",
		`{"sub":"https://a.example"}`:        "",
		`{"sub":"spiffe://a.example/x"}`:     "",
		`{"iss":"a"}`:                        "", // the operator's name for it is not its iss
		`{"iss":"default"}`:                  "",
	} {
		name := ""
		if i := s.choose(issuersClaims(t, claims)); i != nil {
			name = i.Name
		}
		require.Equal(t, want, name, claims)
	}
}

func TestUnboundDefaultTakesOnlyWhatNobodyElseStandsFor(t *testing.T) {
	key := issuersKey(t, "EdDSA", "k")
	def, _ := issuersOf(t, DefaultIssuer, "", key)
	a, _ := issuersOf(t, "a", "https://a.example", key)
	svid, _ := issuersOf(t, "svid", "spiffe://example.org", key)
	svid.TrustDomain = "example.org"
	s := NewIssuers(jws.DefaultTokenBytes, def, []*Issuer{a, svid})
	for claims, want := range map[string]string{
		`{"iss":"https://a.example"}`:                                   "a",
		`{"iss":"https://a.example","sub":"spiffe://example.org/w"}`:    "a",
		`{"iss":"https://any.example"}`:                                 DefaultIssuer,
		`{"iss":"https://any.example","sub":"spiffe://example.org/w"}`:  "svid",
		`{"sub":"spiffe://example.org/w"}`:                              "svid",
		`{"iss":"spiffe://example.org","sub":"spiffe://example.org/w"}`: "svid",
		`{"iss":"spiffe://example.org","sub":"alice"}`:                  DefaultIssuer, // no SPIFFE ID, so no JWT-SVID
		`{"sub":"spiffe://other.example/w"}`:                            DefaultIssuer,
		`{"sub":"spiffe://example.org"}`:                                DefaultIssuer,
		`{"sub":"alice"}`:                                               DefaultIssuer,
		`{}`:                                                            DefaultIssuer,
		`{"iss":5}`:                                                     DefaultIssuer, // the check of registered claims refuses it later
	} {
		require.Equal(t, want, s.choose(issuersClaims(t, claims)).Name, claims)
	}
}

func TestWhichIssuersThereAre(t *testing.T) {
	key := issuersKey(t, "EdDSA", "k")
	bound, _ := issuersOf(t, DefaultIssuer, "https://idp.example", key)
	unbound, _ := issuersOf(t, DefaultIssuer, "", key)
	a, _ := issuersOf(t, "a", "https://a.example", key)
	svid, _ := issuersOf(t, "svid", "spiffe://example.org", key)
	svid.TrustDomain = "example.org"
	for name, c := range map[string]struct {
		def           *Issuer
		named         []*Issuer
		empty, others bool
	}{
		"none":               {nil, nil, true, false},
		"default alone":      {bound, nil, false, false},
		"unbound alone":      {unbound, nil, false, false},
		"named alone":        {nil, []*Issuer{a}, false, true},
		"SPIFFE alone":       {nil, []*Issuer{svid}, false, true},
		"default and named":  {bound, []*Issuer{a}, false, true},
		"unbound and SPIFFE": {unbound, []*Issuer{svid}, false, true},
		"default and SPIFFE": {bound, []*Issuer{svid}, false, true},
	} {
		s := NewIssuers(jws.DefaultTokenBytes, c.def, c.named)
		require.Equal(t, c.empty, s.Empty(), name)
		require.Equal(t, c.others, s.hasNamed(), name)
	}
	require.True(t, (&Issuers{}).Empty(), "the zero value")

	twin, _ := issuersOf(t, "twin", "https://a.example", key)
	s := NewIssuers(jws.DefaultTokenBytes, bound, []*Issuer{a, twin})
	require.Same(t, a, s.choose(issuersClaims(t, `{"iss":"https://a.example"}`)), "the first wins")
}

// TestOtherIssuersKeysAreNotEvenAskedFor is K16 in the engine: whatever iss,
// kid and signature a token has, one key source at most is asked, that of its
// iss, and it logs in only if that source has the key.
func TestOtherIssuersKeysAreNotEvenAskedFor(t *testing.T) {
	keyA, keyB, keyD := issuersKey(t, "ES256", "kid-a"), issuersKey(t, "ES256", "kid-b"), issuersKey(t, "ES256", "kid-d")
	sharedA, sharedB := issuersKey(t, "ES256", "shared"), issuersKey(t, "ES256", "shared")
	issOf := map[string]string{"default": "https://d.example", "a": "https://a.example", "b": "https://b.example", "nobody": "https://x.example"}
	owner := map[*idp.Key]string{keyA: "a", sharedA: "a", keyB: "b", sharedB: "b", keyD: "default"}

	for _, unbound := range []bool{false, true} {
		defaultID := issOf["default"]
		if unbound {
			defaultID = ""
		}
		d, sourceD := issuersOf(t, DefaultIssuer, defaultID, keyD)
		a, sourceA := issuersOf(t, "a", issOf["a"], keyA, sharedA)
		b, sourceB := issuersOf(t, "b", issOf["b"], keyB, sharedB)
		sources := map[string]*issuersSource{"default": sourceD, "a": sourceA, "b": sourceB}
		s := NewIssuers(jws.DefaultTokenBytes, d, []*Issuer{a, b})
		role := issuersRole(t, "default", "a", "b")
		for claimed, iss := range issOf {
			for key, signer := range owner {
				for _, kid := range []string{"kid-a", "kid-b", "kid-d", "shared", ""} {
					for _, source := range sources {
						source.asked = 0
					}
					asked := claimed
					if claimed == "nobody" {
						asked = "none"
						if unbound {
							asked = "default"
						}
					}
					name := fmt.Sprintf("iss of %s, key of %s, kid %q, unbound %t", claimed, signer, kid, unbound)
					got := issuersDecide(t, &s, role, issuersToken(t, key, kid, map[string]any{"iss": iss}))
					// Without kid only the default issuer, which has a single key, can tell which one to try.
					named := kid == key.KID || kid == "" && signer == "default"
					require.Equal(t, asked == signer && named, got.Allowed(), "%s: %s", name, got.Reason)
					for other, source := range sources {
						require.Equal(t, other == asked, source.asked > 0, "%s: keys of %s asked for", name, other)
					}
				}
			}
		}
	}
}

func TestRoleTakesTokensOfTheIssuersItNames(t *testing.T) {
	keyD, keyA, keyB := issuersKey(t, "EdDSA", "k"), issuersKey(t, "EdDSA", "k"), issuersKey(t, "EdDSA", "k")
	d, _ := issuersOf(t, DefaultIssuer, "https://d.example", keyD)
	a, _ := issuersOf(t, "a", "https://a.example", keyA)
	b, _ := issuersOf(t, "b", "https://b.example", keyB)
	s := NewIssuers(jws.DefaultTokenBytes, d, []*Issuer{a, b})
	tokens := map[string]string{
		"default": issuersToken(t, keyD, "k", map[string]any{"iss": d.ID}),
		"a":       issuersToken(t, keyA, "k", map[string]any{"iss": a.ID}),
		"b":       issuersToken(t, keyB, "k", map[string]any{"iss": b.ID}),
	}
	for _, c := range []struct {
		bound []string
		takes map[string]bool
	}{
		{nil, map[string]bool{"default": true}},
		{[]string{"default"}, map[string]bool{"default": true}},
		{[]string{"a"}, map[string]bool{"a": true}},
		{[]string{"b", "a"}, map[string]bool{"a": true, "b": true}},
		{[]string{"a", "default"}, map[string]bool{"a": true, "default": true}},
		{[]string{"gone"}, map[string]bool{}},
		{[]string{"A"}, map[string]bool{}},
		{[]string{""}, map[string]bool{}},
	} {
		for name, token := range tokens {
			got := issuersDecide(t, &s, issuersRole(t, c.bound...), token)
			want := IssuerNotBound
			if c.takes[name] {
				want = Allowed
			}
			require.Equal(t, want, got.Reason, "role of %q, token of %s", c.bound, name)
			require.Equal(t, name, got.Issuer)
		}
	}
}

func TestTypesAlgorithmsAndAgeAreTheIssuersOwn(t *testing.T) {
	keyA, keyB := issuersKey(t, "EdDSA", "k"), issuersKey(t, "EdDSA", "k")
	a, _ := issuersOf(t, "a", "https://a.example", keyA)
	a.MaxTokenAge = time.Hour
	b, _ := issuersOf(t, "b", "https://b.example", keyB)
	b.Algorithms &^= jws.AlgorithmSet(jws.EdDSA)
	s := NewIssuers(jws.DefaultTokenBytes, nil, []*Issuer{a, b})
	role := issuersRole(t, "a", "b")
	age := func(d time.Duration) map[string]any {
		return map[string]any{"iss": a.ID, "iat": issuersNow().Add(-d).Unix()}
	}
	for name, c := range map[string]struct {
		key    *idp.Key
		claims map[string]any
		want   Reason
	}{
		"young":                   {keyA, age(time.Minute), Allowed},
		"as old as the skew lets": {keyA, age(time.Hour + DefaultSkew), Allowed},
		"too old":                 {keyA, age(time.Hour + DefaultSkew + time.Second), TokenTooOld},
		"no iat":                  {keyA, map[string]any{"iss": a.ID}, ClaimForm},
		"iat is text":             {keyA, map[string]any{"iss": a.ID, "iat": "now"}, ClaimForm},
		"alg of another issuer":   {keyB, map[string]any{"iss": b.ID}, TokenAlgorithm},
	} {
		require.Equal(t, c.want, issuersDecide(t, &s, role, issuersToken(t, c.key, "k", c.claims)).Reason, name)
	}
}
