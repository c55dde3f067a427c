// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// headerCase is a change to the JOSE header of a good token.
type headerCase struct {
	name   string
	change object   // a nil value removes a member
	must   []string // with all key sources
	static []string // with static keys, which are not chosen by kid
}

// keySource is a configuration that says where keys are.
type keySource struct {
	name   string
	config object
}

// sources are the four kinds of key sources. The other issuer has the same kids
// as the first, but for that of its current key.
func (b *bench) sources() []keySource {
	one := func(p *issuer) object { return object{"jwks_url": p.JWKSURL(), "jwks_ca_pem": p.CAPEM()} }
	return []keySource{
		{"static", b.issuer.static()},
		{"jwks", b.issuer.jwks()},
		{"discovery", b.issuer.discovery()},
		{"pairs", object{"jwks_pairs": []any{one(b.issuer), one(b.other)}}},
	}
}

func headerCases(kid string) []headerCase {
	var cases []headerCase
	of := func(name string, value any, must ...string) {
		cases = append(cases, headerCase{name + "=" + shorten(shown(value)), object{name: value}, must, nil})
	}
	static := func(name string, value any, must string) {
		cases = append(cases, headerCase{name + "=" + shorten(shown(value)), object{name: value}, nil, []string{must}})
	}
	null := json.RawMessage("null")
	of("other", object{"a": []any{1}})
	for _, good := range []any{"unknown", kid + " ", strings.ToUpper(kid), strings.Repeat("k", 256), "../../etc/passwd"} {
		of("kid", good)
	}
	for _, bad := range []any{5, []string{kid}, object{}, true} {
		of("kid", bad)
	}
	of("kid", "", "header-kid")
	of("kid", null, "header-kid")
	for _, odd := range []any{strings.Repeat("k", 300), "a\x00b", "ü"} {
		static("kid", odd, "header-kid")
	}
	for _, good := range []any{nil, "JWT", "jwt", "JOSE", "application/jwt"} {
		of("typ", good)
	}
	for _, bad := range []any{"at+jwt", "application/at+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt", "", 5, null, "x", "kb+jwt", "vc+sd-jwt"} {
		of("typ", bad, "header-typ")
	}
	for _, good := range []any{"text/plain", "", "example"} {
		of("cty", good)
	}
	for _, bad := range []any{"JWT", "application/jwt", 5} {
		of("cty", bad, "header-cty")
	}
	for _, refusedByBoth := range []any{[]string{"exp"}, []string{"unknown"}, "exp"} {
		of("crit", refusedByBoth)
	}
	for _, bad := range []any{[]string{}, []string{"b64"}, null} {
		of("crit", bad, "header-crit")
	}
	of("b64", true, "header-crit")
	of("b64", false)
	of("jku", "https://127.0.0.1:1/keys", "header-key")
	of("jku", "", "header-key")
	of("x5u", "https://127.0.0.1:1/cert", "header-key")
	of("jwk", object{"kty": "oct", "k": "AAAA"})
	of("x5t", "AAAA")
	of("x5t#S256", "AAAA")
	of("x5t", 5)
	of("x5c", []string{})
	of("x5c", []string{"AAAA"}, "x5c-ignored")
	of("x5c", "AAAA", "x5c-ignored")
	of("enc", "A128GCM", "header-encrypted")
	of("zip", "DEF", "header-encrypted")
	for _, name := range []string{"nonce", "url", "iss", "ver"} {
		of(name, "x")
	}
	for _, name := range []string{"ALG", "Kid", "TYP", "\u212aid"} {
		of(name, "x", "header-names")
	}
	for _, alg := range []any{"none", "None", "HS256", "RS256", "ES384", "es256", "", null, 5, nil, []string{"ES256"}, "EdDSA", "ES256K", "Ed25519"} {
		of("alg", alg)
	}
	return cases
}

// compareHeaders changes the header, for each kind of key source.
func compareHeaders(t *testing.T, b *bench) {
	for _, source := range b.sources() {
		p := b.newPair(t, source.name, source.config)
		b.roles(t, p, loginRoles())
		for _, c := range headerCases(b.issuer.Current().KID) {
			must := c.must
			if source.name == "static" {
				must = append(must, c.static...)
			}
			token := b.issuer.MintWith(b.issuer.Current(), c.change, b.issuer.person(nil))
			b.run(t, p, script{source.name + ": " + c.name, []step{login("plain", token, must...)}})
		}
		for _, c := range rawCases(b.issuer) {
			var must []string
			if c.must != "" && c.where.holds(source.name) {
				must = []string{c.must}
			}
			b.run(t, p, script{source.name + ": " + c.name, []step{login("plain", c.token, must...).allowing("token-empty")}})
		}
	}
}
