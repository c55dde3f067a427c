// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// headerCase is a change to the JOSE header of a good token.
type headerCase struct {
	name   string
	change object // a nil value removes a member
	must   []string
}

func headerCases(kid string) []headerCase {
	of := func(name string, value any, must ...string) headerCase {
		return headerCase{name + "=" + shorten(shown(value)), object{name: value}, must}
	}
	null := json.RawMessage("null")
	return []headerCase{
		{"unchanged", nil, nil},
		of("kid", nil), of("kid", ""), of("kid", 5), of("kid", null), of("kid", []string{kid}), of("kid", object{}), of("kid", true), of("kid", "unknown"), of("kid", kid+" "), of("kid", strings.ToUpper(kid)),
		of("kid", strings.Repeat("k", 256)), of("kid", strings.Repeat("k", 300)), of("kid", "../../etc/passwd"), of("kid", "a\x00b"), of("kid", "ü"),
		of("typ", nil), of("typ", "JWT"), of("typ", "jwt"), of("typ", "JOSE"), of("typ", "application/jwt"), of("typ", "at+jwt"), of("typ", "application/at+jwt"), of("typ", "logout+jwt"), of("typ", "secevent+jwt"), of("typ", "dpop+jwt"), of("typ", ""), of("typ", 5), of("typ", null), of("typ", "x"), of("typ", "kb+jwt"), of("typ", "vc+sd-jwt"),
		of("cty", "JWT"), of("cty", "application/jwt"), of("cty", "text/plain"), of("cty", ""), of("cty", 5), of("cty", "example"),
		of("crit", []string{"exp"}), of("crit", []string{}), of("crit", []string{"b64"}), of("crit", []string{"unknown"}), of("crit", "exp"), of("crit", null),
		of("b64", true), of("b64", false),
		of("jku", "https://127.0.0.1:1/keys"), of("jku", ""), of("x5u", "https://127.0.0.1:1/cert"),
		of("x5t", "AAAA"), of("x5t#S256", "AAAA"), of("x5c", []string{"AAAA"}), of("x5c", []string{}), of("x5c", "AAAA"), of("x5t", 5),
		of("enc", "A128GCM"), of("zip", "DEF"), of("nonce", "n"), of("other", object{"a": []any{1}}), of("url", "https://x"), of("iss", "x"), of("ver", 1),
		of("ALG", "none"), of("Kid", kid), of("TYP", "JWT"), of("\u212aid", kid),
		of("alg", "none"), of("alg", "None"), of("alg", "HS256"), of("alg", "RS256"), of("alg", "ES384"), of("alg", "es256"), of("alg", ""), of("alg", null), of("alg", 5), of("alg", nil), of("alg", []string{"ES256"}), of("alg", "EdDSA"), of("alg", "ES256K"), of("alg", "Ed25519"),
	}
}

// compareHeaders changes the header, for each kind of key source.
func compareHeaders(t *testing.T, b *bench) {
	kid := b.issuer.Current().KID
	for _, source := range []struct {
		name   string
		config object
	}{
		{"static", b.issuer.static()},
		{"jwks", b.issuer.jwks()},
		{"discovery", b.issuer.discovery()},
		{"pairs", object{"jwks_pairs": []any{object{"jwks_url": b.issuer.JWKSURL(), "jwks_ca_pem": b.issuer.CAPEM()}, object{"jwks_url": b.other.JWKSURL(), "jwks_ca_pem": b.other.CAPEM()}}}},
	} {
		p := b.newPair(t, source.name, source.config)
		b.roles(t, p, loginRoles())
		for _, c := range headerCases(kid) {
			token := b.issuer.MintWith(b.issuer.Current(), c.change, b.issuer.person(nil))
			b.run(t, p, script{source.name + ": " + c.name, []step{login("plain", token, c.must...)}})
		}
		for _, name := range sortedNames(rawTokens(b.issuer)) {
			b.run(t, p, script{source.name + ": " + name, []step{login("plain", rawTokens(b.issuer)[name])}})
		}
	}
}

// rawTokens are tokens that no encoder would make.
func rawTokens(p *issuer) map[string]string {
	key := p.Current()
	header, err := json.Marshal(object{"alg": key.Alg, "kid": key.KID})
	if err != nil {
		panic(err)
	}
	claims, err := json.Marshal(p.person(nil))
	if err != nil {
		panic(err)
	}
	insert := func(doc []byte, member string) []byte { return append([]byte("{"+member+","), doc[1:]...) }
	good := p.Sign(key, header, claims)
	parts := strings.Split(good, ".")
	return map[string]string{
		"good":                     good,
		"duplicate alg":            p.Sign(key, insert(header, `"alg":"ES256"`), claims),
		"duplicate kid":            p.Sign(key, insert(header, `"kid":"x"`), claims),
		"duplicate sub":            p.Sign(key, header, insert(claims, `"sub":"mallory"`)),
		"duplicate in depth":       p.Sign(key, header, insert(claims, `"deep":{"a":1,"a":2}`)),
		"case twin in depth":       p.Sign(key, header, insert(claims, `"deep":{"a":1,"A":2}`)),
		"case twin sub":            p.Sign(key, header, insert(claims, `"SUB":"mallory"`)),
		"case twin other":          p.Sign(key, header, insert(claims, `"TEAM":"x"`)),
		"case twin not used":       p.Sign(key, header, insert(claims, `"foo":1,"FOO":2`)),
		"long s in sub":            p.Sign(key, header, insert(claims, `"ſub":"mallory"`)),
		"header with BOM":          p.Sign(key, append([]byte("\ufeff"), header...), claims),
		"claims with BOM":          p.Sign(key, header, append([]byte("\ufeff"), claims...)),
		"claims are a list":        p.Sign(key, header, []byte(`[]`)),
		"claims are null":          p.Sign(key, header, []byte(`null`)),
		"claims are empty":         p.Sign(key, header, []byte(`{}`)),
		"claims are no JSON":       p.Sign(key, header, []byte(`hello`)),
		"claims with trailing":     p.Sign(key, header, append(bytes.Clone(claims), " x"...)),
		"claims with white space":  p.Sign(key, header, append(append([]byte(" \n"), claims...), " \n"...)),
		"claims with bad UTF-8":    p.Sign(key, header, insert(claims, "\"x\":\"\xff\"")),
		"claims with a surrogate":  p.Sign(key, header, insert(claims, `"x":"\ud800"`)),
		"claims with an escape":    p.Sign(key, header, insert(claims, `"x":"\u0041"`)),
		"claims with a big number": p.Sign(key, header, insert(claims, `"x":1e400`)),
		"claims deep":              p.Sign(key, header, insert(claims, `"x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40))),
		"claims large":             p.Sign(key, header, insert(claims, `"x":"`+strings.Repeat("a", 7000)+`"`)),
		"claims too large":         p.Sign(key, header, insert(claims, `"x":"`+strings.Repeat("a", 20000)+`"`)),
		"claims with a long text":  p.Sign(key, header, insert(claims, `"x":"`+strings.Repeat("a", 9000)+`"`)),
		"header is a list":         p.Sign(key, []byte(`[]`), claims),
		"header is large":          p.Sign(key, insert(header, `"x":"`+strings.Repeat("a", 3000)+`"`), claims),
		"no signature":             parts[0] + "." + parts[1] + ".",
		"two parts":                parts[0] + "." + parts[1],
		"four parts":               good + ".AAAA",
		"five parts":               good + ".AAAA.AAAA",
		"no claims":                parts[0] + ".." + parts[2],
		"short signature":          good[:len(good)-4],
		"long signature":           good + "AAAA",
		"other signature":          parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])),
		"padding":                  good + "==",
		"flattened JSON":           `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`,
		"general JSON":             `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`,
		"standard base64":          strings.NewReplacer("-", "+", "_", "/").Replace(good),
	}
}

// compareSources logs in with each algorithm to each kind of key source.
func compareSources(t *testing.T, b *bench) {
	stranger, err := idp.GenerateKey("ES256", "stranger")
	require.NoError(t, err)
	pairs := object{"jwks_pairs": []any{
		object{"jwks_url": b.issuer.JWKSURL(), "jwks_ca_pem": b.issuer.CAPEM()},
		object{"jwks_url": b.other.JWKSURL(), "jwks_ca_pem": b.other.CAPEM()},
	}}
	for _, source := range []struct {
		name   string
		config object
	}{
		{"static", b.issuer.static()},
		{"unbound", with(b.issuer.static(), object{"bound_issuer": nil})},
		{"one", object{"jwt_validation_pubkeys": b.issuer.Current().PEM(), "bound_issuer": b.issuer.Issuer()}},
		{"jwks", b.issuer.jwks()},
		{"jwksunbound", with(b.issuer.jwks(), object{"bound_issuer": nil})},
		{"discovery", b.issuer.discovery()},
		{"bounddiscovery", with(b.issuer.discovery(), object{"bound_issuer": b.issuer.Issuer()})},
		{"pairs", pairs},
		{"rs256", with(b.issuer.static(), object{"jwt_supported_algs": "RS256"})},
		{"several", with(b.issuer.jwks(), object{"jwt_supported_algs": "ES256,PS512,EdDSA"})},
		{"browser", with(b.issuer.discovery(), object{"oidc_client_id": "id", "oidc_client_secret": "secret"})},
	} {
		p := b.newPair(t, source.name, source.config)
		b.roles(t, p, loginRoles())
		one := func(name, token string) {
			b.run(t, p, script{source.name + ": " + name, []step{login("plain", token), lookup(), entity()}})
		}
		for _, alg := range idp.Algorithms() {
			one(alg, b.issuer.MintWith(b.issuer.keys[alg], nil, b.issuer.person(nil)))
			one(alg+" without kid", b.issuer.MintWith(b.issuer.keys[alg], object{"kid": nil}, b.issuer.person(nil)))
			one(alg+" of the other", b.other.MintWith(b.other.keys[alg], nil, b.other.person(nil)))
			one(alg+" of the other in our name", b.other.MintWith(b.other.keys[alg], nil, b.issuer.person(nil)))
			one(alg+" in the other's name", b.issuer.MintWith(b.issuer.keys[alg], nil, b.other.person(nil)))
		}
		one("a stranger's key", b.issuer.MintWith(stranger, nil, b.issuer.person(nil)))
		one("a stranger's key under our kid", b.issuer.MintWith(stranger, object{"kid": b.issuer.Current().KID}, b.issuer.person(nil)))
		one("another issuer", b.issuer.token(object{"iss": "https://evil.example"}))
		one("no issuer", b.issuer.token(object{"iss": nil}))
		one("issuer with a slash", b.issuer.token(object{"iss": b.issuer.Issuer() + "/"}))
		for _, path := range []string{"oidc/auth_url", "oidc/callback"} {
			for _, body := range []object{{}, {"role": "plain"}, {"role": "browser", "redirect_uri": "http://localhost:8250/oidc/callback"}, {"role": "browser", "redirect_uri": "http://evil.example/"}, {"state": "x", "code": "y"}} {
				b.run(t, p, script{source.name + ": browser login", []step{admin("POST", path, body), admin("GET", path+"?state=x&code=y", nil)}})
			}
		}
	}
}
