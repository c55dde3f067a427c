// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"slices"
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

// headerCases are all the changes.
func headerCases(kid string) []headerCase {
	return slices.Concat(kidCases(kid), typeCases(), extensionCases(), nameCases())
}

func headerOf(name string, value any, must ...string) headerCase {
	return headerCase{name + "=" + shorten(shown(value)), object{name: value}, must, nil}
}

func jsonNull() json.RawMessage { return json.RawMessage("null") }

func kidCases(kid string) []headerCase {
	cases := []headerCase{headerOf("kid", "", "header-kid"), headerOf("kid", jsonNull(), "header-kid")}
	for _, other := range []any{"unknown", kid + " ", strings.ToUpper(kid), strings.Repeat("k", 256), "../../etc/passwd", 5, []string{kid}, object{}, true} {
		cases = append(cases, headerOf("kid", other))
	}
	for _, odd := range []any{strings.Repeat("k", 300), "a\x00b", "ü"} {
		c := headerOf("kid", odd)
		c.static = []string{"header-kid"}
		cases = append(cases, c)
	}
	return cases
}

func typeCases() []headerCase {
	var cases []headerCase
	for _, good := range []any{nil, "JWT", "jwt", "JOSE", "application/jwt"} {
		cases = append(cases, headerOf("typ", good))
	}
	for _, bad := range []any{"at+jwt", "application/at+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt", "", 5, jsonNull(), "x", "kb+jwt", "vc+sd-jwt"} {
		cases = append(cases, headerOf("typ", bad, "header-typ"))
	}
	for _, good := range []any{"text/plain", "", "example"} {
		cases = append(cases, headerOf("cty", good))
	}
	for _, bad := range []any{"JWT", "application/jwt", 5} {
		cases = append(cases, headerOf("cty", bad, "header-cty"))
	}
	return append(cases, headerOf("enc", "A128GCM", "header-encrypted"), headerOf("zip", "DEF", "header-encrypted"))
}

func extensionCases() []headerCase {
	cases := []headerCase{
		headerOf("b64", true, "header-crit"), headerOf("b64", false),
		headerOf("jku", "https://127.0.0.1:1/keys", "header-key"), headerOf("jku", "", "header-key"), headerOf("x5u", "https://127.0.0.1:1/cert", "header-key"),
		headerOf("jwk", object{"kty": "oct", "k": "AAAA"}),
		headerOf("x5t", "AAAA"), headerOf("x5t#S256", "AAAA"), headerOf("x5t", 5), headerOf("x5c", []string{}),
		headerOf("x5c", []string{"AAAA"}, "x5c-ignored"), headerOf("x5c", "AAAA", "x5c-ignored"),
	}
	for _, refusedByBoth := range []any{[]string{"exp"}, []string{"unknown"}, "exp"} {
		cases = append(cases, headerOf("crit", refusedByBoth))
	}
	for _, bad := range []any{[]string{}, []string{"b64"}, jsonNull()} {
		cases = append(cases, headerOf("crit", bad, "header-crit"))
	}
	return cases
}

func nameCases() []headerCase {
	cases := []headerCase{headerOf("other", object{"a": []any{1}})}
	for _, name := range []string{"nonce", "url", "iss", "ver"} {
		cases = append(cases, headerOf(name, "x"))
	}
	for _, name := range []string{"ALG", "Kid", "TYP", "\u212aid"} {
		cases = append(cases, headerOf(name, "x", "header-names"))
	}
	for _, alg := range []any{"none", "None", "HS256", "RS256", "ES384", "es256", "", jsonNull(), 5, nil, []string{"ES256"}, "EdDSA", "ES256K", "Ed25519"} {
		cases = append(cases, headerOf("alg", alg))
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
