// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// sourceLogins logs in with the tokens of two issuers to one kind of source.
// The other issuer's keys have the same kids, but for that of ES256.
type sourceLogins struct {
	*bench
	pair pair
	keySource
}

func (s *sourceLogins) one(t *testing.T, name, token string, must ...string) {
	t.Helper()
	s.run(t, s.pair, script{s.name + ": " + name, []step{login("plain", token, must...), lookup(), entity()}})
}

// must picks the differences that show with this source.
func (s *sourceLogins) must(by map[string]string) []string {
	if id := by[s.name]; id != "" {
		return []string{id}
	}
	return nil
}

// compareSources logs in with each algorithm to each kind of key source.
func compareSources(t *testing.T, b *bench) {
	static, jwks, discovery := b.issuer.static(), b.issuer.jwks(), b.issuer.discovery()
	for _, source := range append(b.sources(), []keySource{
		{"unbound", with(static, object{"bound_issuer": nil})},
		{"onekey", with(static, object{"jwt_validation_pubkeys": b.issuer.Current().PEM()})},
		{"unboundjwks", with(jwks, object{"bound_issuer": nil})},
		{"bounddiscovery", with(discovery, object{"bound_issuer": b.issuer.Issuer()})},
		{"rs256", with(static, object{"jwt_supported_algs": "RS256"})},
		{"several", with(jwks, object{"jwt_supported_algs": "ES256,PS512,EdDSA"})},
		{"browser", with(discovery, object{"oidc_client_id": "id", "oidc_client_secret": "secret"})},
	}...) {
		s := &sourceLogins{b, b.newPair(t, source.name, source.config), source}
		b.roles(t, s.pair, loginRoles())
		for _, alg := range idp.Algorithms() {
			s.algorithm(t, alg)
		}
		s.issuers(t)
		s.browserPaths(t)
	}
}

func (s *sourceLogins) algorithm(t *testing.T, alg string) {
	t.Helper()
	ours, theirs := s.issuer, s.other
	// With one key source for both, and no kid of their own, the other's keys are shadowed.
	shadowed := map[string]string{}
	if alg != "ES256" {
		shadowed["pairs"] = "pairs-kid-once"
	}
	beside := map[string]string{"browser": "login-beside-browser"}
	s.one(t, alg, ours.MintWith(ours.keys[alg], nil, ours.person(nil)), s.must(beside)...)
	s.one(t, alg+" without kid", ours.MintWith(ours.keys[alg], object{"kid": nil}, ours.person(nil)), s.must(map[string]string{"browser": "login-beside-browser", "pairs": "pairs-need-kid"})...)
	s.one(t, alg+" of the other", theirs.MintWith(theirs.keys[alg], nil, theirs.person(nil)), s.must(shadowed)...)
	s.one(t, alg+" of the other in our name", theirs.MintWith(theirs.keys[alg], nil, ours.person(nil)), s.must(shadowed)...)
	s.one(t, alg+" in the other's name", ours.MintWith(ours.keys[alg], nil, theirs.person(nil)), s.must(map[string]string{"discovery": "discovery-issuer"})...)
}

func (s *sourceLogins) issuers(t *testing.T) {
	t.Helper()
	p := s.issuer
	stranger, err := idp.GenerateKey("ES256", "stranger")
	require.NoError(t, err)
	discovered := s.must(map[string]string{"discovery": "discovery-issuer"})
	s.one(t, "a stranger's key", p.MintWith(stranger, nil, p.person(nil)))
	s.one(t, "a stranger's key under our kid", p.MintWith(stranger, object{"kid": p.Current().KID}, p.person(nil)))
	s.one(t, "another issuer", p.token(object{"iss": "https://evil.example"}), discovered...)
	s.one(t, "no issuer", p.token(object{"iss": nil}), discovered...)
	s.one(t, "issuer with a slash", p.token(object{"iss": p.Issuer() + "/"}), discovered...)
}

// browserPaths asks for a browser login, which the UI does on any mount.
func (s *sourceLogins) browserPaths(t *testing.T) {
	t.Helper()
	for _, body := range []object{
		{}, {"role": "plain"}, {"role": "browser", "redirect_uri": redirect}, {"role": "browser", "redirect_uri": "http://evil.example/"}, {"state": "x", "code": "y"},
	} {
		s.run(t, s.pair, script{s.name + ": browser login", []step{
			admin("POST", "oidc/callback", body), admin("GET", "oidc/callback?state=x&code=y", nil), admin("POST", "oidc/auth_url", body).allowing("browser-login"),
		}})
	}
}

// keySetCase is a JWK Set and what logins with it show.
type keySetCase struct {
	name  string
	keys  []any // raw JSON or objects, beside or in place of the issuer's key
	write []string
	login []string
}

// compareKeySets publishes odd JWK Sets. The token is always signed by the
// issuer's current key.
func compareKeySets(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	b.roles(t, p, loginRoles())
	for _, c := range keySetCases(t, b.issuer) {
		body := idp.Fault{Body: encode(object{"keys": c.keys})}
		b.issuer.SetFault(idp.JWKS, body)
		for _, header := range []object{nil, {"kid": nil}, {"kid": "unknown"}} {
			token := b.issuer.MintWith(b.issuer.Current(), header, b.issuer.person(nil))
			b.run(t, p, script{c.name + " " + shown(header), []step{
				write("config", b.issuer.jwks()).allowing(c.write...), login("plain", token).allowing(c.login...),
			}})
		}
		b.issuer.ClearFaults()
	}
}

func keySetCases(t *testing.T, p *issuer) []keySetCase {
	key := p.Current()
	jwk := func(changes object) object { return with(key.JWK(), changes) }
	other, err := idp.GenerateKey("ES256", "other")
	require.NoError(t, err)
	raw := func(text string) any { return json.RawMessage(text) }
	null := raw("null")
	return []keySetCase{
		{"one key", []any{jwk(nil)}, nil, nil},
		{"without alg", []any{jwk(object{"alg": nil})}, nil, nil},
		{"without use", []any{jwk(object{"use": nil})}, nil, nil},
		{"without kid", []any{jwk(object{"kid": nil})}, nil, nil},
		{"two without kid", []any{with(other.JWK(), object{"kid": nil}), jwk(object{"kid": nil})}, nil, []string{"key-policy"}},
		{"two with kid", []any{other.JWK(), jwk(nil)}, nil, []string{"key-policy"}},
		{"two with the same kid", []any{with(other.JWK(), object{"kid": key.KID}), jwk(nil)}, []string{"source-usable"}, []string{"key-policy"}},
		{"the same twice", []any{jwk(nil), jwk(nil)}, nil, nil},
		{"use enc", []any{jwk(object{"use": "enc"})}, []string{"source-usable"}, []string{"key-policy"}},
		{"use empty", []any{jwk(object{"use": ""})}, nil, nil},
		{"alg empty, key_ops of nothing", []any{jwk(object{"alg": "", "key_ops": []string{}})}, nil, nil},
		{"kid empty", []any{jwk(object{"kid": ""})}, nil, nil},
		{"all members null", []any{jwk(object{"use": null, "alg": null, "kid": null, "key_ops": null, "x5c": null, "x5t": null, "d": null, "p": null, "oth": []any{}, "k": null})}, nil, nil},
		{"padded", []any{jwk(object{"x": key.JWK()["x"].(string) + "="})}, []string{"odd-keys-ignored"}, nil},
		{"x5c of nonsense", []any{jwk(object{"x5c": []string{"AAAA"}})}, []string{"odd-keys-ignored"}, nil},
		{"x5t of nonsense", []any{jwk(object{"x5t": "AA"})}, []string{"odd-keys-ignored"}, nil},
		{"x5t#S256 of nonsense", []any{jwk(object{"x5t#S256": "AA"})}, []string{"odd-keys-ignored"}, nil},
		{"x5u of nonsense", []any{jwk(object{"x5u": "%zz"})}, []string{"odd-keys-ignored"}, nil},
		{"key_ops verify", []any{jwk(object{"key_ops": []string{"verify"}})}, nil, nil},
		{"key_ops sign", []any{jwk(object{"key_ops": []string{"sign"}, "use": nil})}, []string{"source-usable"}, []string{"key-policy"}},
		{"alg of another", []any{jwk(object{"alg": "ES384"})}, []string{"source-usable"}, []string{"key-policy"}},
		{"alg unknown", []any{jwk(object{"alg": "ECDH-ES"})}, []string{"source-usable"}, []string{"key-policy"}},
		{"with a key of unknown kind", []any{raw(`{"kty":"odd","kid":"x"}`), jwk(nil)}, []string{"odd-keys-ignored"}, nil},
		{"with a key of an unknown curve", []any{raw(`{"kty":"EC","crv":"odd","kid":"x","x":"AA","y":"AA"}`), jwk(nil)}, []string{"odd-keys-ignored"}, nil},
		{"with a secret key", []any{raw(`{"kty":"oct","kid":"x","k":"AAAA"}`), jwk(nil)}, []string{"odd-keys-ignored"}, nil},
		{"with a number among the keys", []any{5, jwk(nil)}, []string{"odd-keys-ignored"}, nil},
		{"with null among the keys", []any{nil, jwk(nil)}, []string{"odd-keys-ignored"}, nil},
		{"with an empty key", []any{object{}, jwk(nil)}, []string{"odd-keys-ignored"}, nil},
		{"with a point off the curve", []any{with(other.JWK(), object{"x": other.JWK()["y"]}), jwk(nil)}, []string{"odd-keys-ignored"}, nil},
		{"with unknown members", []any{jwk(object{"ext": true, "issuer": "x", "nbf": 5})}, nil, nil},
		{"kid is a number", []any{jwk(object{"kid": 5})}, nil, nil},
		{"with a private part", []any{jwk(object{"d": "AAAA"})}, []string{"source-usable"}, []string{"key-policy"}},
	}
}
