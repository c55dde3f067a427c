// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"testing"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// sourceCase is a configuration with a remote key source, and how that source
// misbehaves while it is written.
type sourceCase struct {
	configCase
	endpoint idp.Endpoint
	fault    idp.Fault
}

// compareConfigSources writes remote key sources, good and bad.
func compareConfigSources(t *testing.T, b *bench) {
	p := b.newPair(t, "", nil)
	good := b.issuer
	plain := newIssuer(t, idp.WithPlainHTTP())
	slash := newIssuer(t, idp.WithIssuerPath("/tenant/"))
	b.configs(t, p, jwksCases(good, b.other, plain))
	b.configs(t, p, discoveryCases(good, b.other, plain, slash))
	b.configs(t, p, pairsCases(good, b.other, plain))
	for _, c := range faultCases(good, good.jwks(), good.discovery()) {
		b.run(t, p, script{"config " + c.name, []step{write("config", c.body, c.must...).during(good, c.endpoint, c.fault), read("config")}})
		b.run(t, p, script{"reset", []step{write("config", good.static()), read("config")}})
	}
}

func browserClient() object { return object{"oidc_client_id": "id", "oidc_client_secret": "secret"} }

func jwksCases(good, other, plain *issuer) []configCase {
	jwks := good.jwks()
	return []configCase{
		{"jwks", jwks, nil},
		{"jwks without issuer", with(jwks, object{"bound_issuer": nil}), nil},
		{"jwks without CA", with(jwks, object{"jwks_ca_pem": nil}), nil},
		{"jwks with another CA", with(jwks, object{"jwks_ca_pem": other.CAPEM()}), nil},
		{"jwks with two CAs", with(jwks, object{"jwks_ca_pem": other.CAPEM() + good.CAPEM()}), nil},
		{"jwks with a CA and an odd block", with(jwks, object{"jwks_ca_pem": good.CAPEM() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}), []string{"ca-bundle"}},
		{"jwks with a CA and text", with(jwks, object{"jwks_ca_pem": "our CA:\n" + good.CAPEM()}), nil},
		{"jwks with a broken CA", with(jwks, object{"jwks_ca_pem": "hello"}), nil},
		{"jwks nowhere", with(jwks, object{"jwks_url": "https://127.0.0.1:1/keys"}), nil},
		{"jwks not there", with(jwks, object{"jwks_url": good.Issuer() + "/nothing"}), nil},
		{"jwks is the issuer", with(jwks, object{"jwks_url": good.Issuer()}), nil},
		{"jwks no URL", with(jwks, object{"jwks_url": "hello"}), nil},
		{"jwks with a space", with(jwks, object{"jwks_url": " " + good.JWKSURL()}), nil},
		{"jwks with a query", with(jwks, object{"jwks_url": good.JWKSURL() + "?a=b"}), nil},
		{"jwks with a fragment", with(jwks, object{"jwks_url": good.JWKSURL() + "#a"}), []string{"source-url"}},
		{"jwks with a user", with(jwks, object{"jwks_url": "https://user:pw@" + good.JWKSURL()[len("https://"):]}), []string{"source-url"}},
		{"jwks over ftp", with(jwks, object{"jwks_url": "ftp://127.0.0.1/keys"}), nil},
		{"jwks over http", object{"jwks_url": plain.JWKSURL()}, nil},
		{"jwks and client", with(jwks, browserClient()), nil},
		{"jwks and OID", with(jwks, object{"unsupported_critical_cert_extensions": "x"}), []string{"oid-form"}},
	}
}

func discoveryCases(good, other, plain, slash *issuer) []configCase {
	discovery := good.discovery()
	return []configCase{
		{"discovery", discovery, nil},
		{"discovery with issuer", with(discovery, object{"bound_issuer": good.Issuer()}), nil},
		{"discovery with another issuer", with(discovery, object{"bound_issuer": "https://other.example"}), nil},
		{"discovery without CA", with(discovery, object{"oidc_discovery_ca_pem": nil}), nil},
		{"discovery with another CA", with(discovery, object{"oidc_discovery_ca_pem": other.CAPEM()}), nil},
		{"discovery with a broken CA", with(discovery, object{"oidc_discovery_ca_pem": "hello"}), nil},
		{"discovery with a slash", with(discovery, object{"oidc_discovery_url": good.Issuer() + "/"}), nil},
		{"discovery of a slash", slash.discovery(), nil},
		{"discovery of a slash without it", with(slash.discovery(), object{"oidc_discovery_url": slash.Issuer()[:len(slash.Issuer())-1]}), nil},
		{"discovery with well-known", with(discovery, object{"oidc_discovery_url": good.Issuer() + "/.well-known/openid-configuration"}), nil},
		{"discovery of a path", other.discovery(), nil},
		{"discovery nowhere", with(discovery, object{"oidc_discovery_url": "https://127.0.0.1:1"}), nil},
		{"discovery over http", object{"oidc_discovery_url": plain.DiscoveryURL()}, nil},
		{"discovery no URL", object{"oidc_discovery_url": "hello"}, nil},
		{"discovery with client", with(discovery, browserClient()), nil},
		{"discovery with client id", with(discovery, object{"oidc_client_id": "id"}), nil},
		{"discovery with secret", with(discovery, object{"oidc_client_secret": "secret"}), nil},
		{"discovery with client and OID", with(with(discovery, browserClient()), object{"unsupported_critical_cert_extensions": "2.5.29.30"}), nil},
		{"discovery with client and bad OID", with(with(discovery, browserClient()), object{"unsupported_critical_cert_extensions": "x"}), nil},
		{"discovery with the other's CA field", with(discovery, object{"jwks_ca_pem": good.CAPEM()}), nil},
	}
}

func pairsCases(good, other, plain *issuer) []configCase {
	onePair := func(url, ca string) object { return object{"jwks_url": url, "jwks_ca_pem": ca} }
	pairOf := func(p *issuer) object { return onePair(p.JWKSURL(), p.CAPEM()) }
	return []configCase{
		{"pairs", object{"jwks_pairs": []any{pairOf(good), pairOf(other)}}, nil},
		{"pairs of one", object{"jwks_pairs": []any{pairOf(good)}}, nil},
		{"pairs twice the same", object{"jwks_pairs": []any{pairOf(good), pairOf(good)}}, nil},
		{"pairs with a CA", object{"jwks_pairs": []any{pairOf(good)}, "jwks_ca_pem": good.CAPEM()}, nil},
		{"pairs with an issuer", object{"jwks_pairs": []any{pairOf(good)}, "bound_issuer": good.Issuer()}, nil},
		{"pairs as text", object{"jwks_pairs": "hello"}, nil},
		{"pairs as JSON text", object{"jwks_pairs": shown([]any{pairOf(good)})}, nil},
		{"pairs as JSON object text", object{"jwks_pairs": shown(pairOf(good))}, nil},
		{"pairs of objects as text", object{"jwks_pairs": []any{shown(pairOf(good))}}, nil},
		{"pairs of numbers", object{"jwks_pairs": []any{1}}, nil},
		{"pairs of null", object{"jwks_pairs": []any{nil}}, nil},
		{"pairs as an object", object{"jwks_pairs": pairOf(good)}, nil},
		{"pairs with an empty object", object{"jwks_pairs": []any{object{}}}, nil},
		{"pairs with an unknown name", object{"jwks_pairs": []any{with(pairOf(good), object{"x": "y"})}}, nil},
		{"pairs with a misspelt name", object{"jwks_pairs": []any{object{"jwks_uri": good.JWKSURL(), "jwks_ca_pem": good.CAPEM()}}}, nil},
		{"pairs without the CA", object{"jwks_pairs": []any{object{"jwks_url": good.JWKSURL()}}}, nil},
		{"pairs without a CA name over http", object{"jwks_pairs": []any{object{"jwks_url": plain.JWKSURL()}}}, nil},
		{"pairs with an empty CA over http", object{"jwks_pairs": []any{onePair(plain.JWKSURL(), "")}}, nil},
		{"pairs with a number", object{"jwks_pairs": []any{object{"jwks_url": 5, "jwks_ca_pem": ""}}}, nil},
		{"pairs one bad", object{"jwks_pairs": []any{pairOf(good), onePair(other.JWKSURL(), good.CAPEM())}}, nil},
		{"pairs upper-case names", object{"jwks_pairs": []any{object{"JWKS_URL": good.JWKSURL(), "jwks_ca_pem": good.CAPEM()}}}, []string{"pairs-names"}},
	}
}

func faultCases(good *issuer, jwks, discovery object) []sourceCase {
	of := func(name string, body object, endpoint idp.Endpoint, fault idp.Fault, must ...string) sourceCase {
		return sourceCase{configCase{name, body, must}, endpoint, fault}
	}
	elsewhere := idp.Fault{Members: map[string]any{"issuer": "https://other.example"}}
	return []sourceCase{
		of("jwks 500", jwks, idp.JWKS, idp.Fault{Status: 500}),
		of("jwks 404", jwks, idp.JWKS, idp.Fault{Status: 404}),
		of("jwks reset", jwks, idp.JWKS, idp.Fault{Reset: true}),
		of("jwks HTML", jwks, idp.JWKS, idp.Fault{Body: []byte("<html>log in</html>")}),
		of("jwks empty body", jwks, idp.JWKS, idp.Fault{Body: []byte{}}),
		of("jwks {}", jwks, idp.JWKS, idp.Fault{Body: []byte("{}")}, "source-usable"),
		of("jwks without keys", jwks, idp.JWKS, idp.Fault{Body: []byte(`{"keys":[]}`)}, "source-usable"),
		of("jwks null keys", jwks, idp.JWKS, idp.Fault{Body: []byte(`{"keys":null}`)}, "source-usable"),
		of("jwks with an odd key", jwks, idp.JWKS, idp.Fault{Body: []byte(`{"keys":[{"kty":"odd"}]}`)}),
		of("jwks with a secret key", jwks, idp.JWKS, idp.Fault{Body: []byte(`{"keys":[{"kty":"oct","k":"AAAA"}]}`)}, "source-usable"),
		of("jwks large", jwks, idp.JWKS, idp.Fault{PadTo: 2 << 20}, "source-answer"),
		of("jwks gzip", jwks, idp.JWKS, idp.Fault{Gzip: true}, "source-answer"),
		of("jwks redirect", jwks, idp.JWKS, idp.Fault{RedirectTo: good.JWKSURL() + "?again", Times: 1}, "source-answer"),
		of("jwks as text/html", jwks, idp.JWKS, idp.Fault{Header: map[string]string{"Content-Type": "text/html"}}),
		of("jwks 201", jwks, idp.JWKS, idp.Fault{Status: 201}),
		of("jwks 204", jwks, idp.JWKS, idp.Fault{Status: 204, Body: []byte{}}),
		of("discovery 500", discovery, idp.Discovery, idp.Fault{Status: 500}),
		of("discovery of another issuer", discovery, idp.Discovery, elsewhere),
		of("discovery HTML", discovery, idp.Discovery, idp.Fault{Body: []byte("<html>")}),
		of("discovery without jwks_uri", discovery, idp.Discovery, idp.Fault{Members: map[string]any{"jwks_uri": nil}}, "source-usable"),
		of("discovery with an empty jwks_uri", discovery, idp.Discovery, idp.Fault{Members: map[string]any{"jwks_uri": ""}}, "source-usable"),
		of("discovery with jwks_uri nowhere", discovery, idp.Discovery, idp.Fault{Members: map[string]any{"jwks_uri": "https://127.0.0.1:1/keys"}}, "source-usable"),
		of("discovery redirect", discovery, idp.Discovery, idp.Fault{RedirectTo: good.Issuer() + "/.well-known/openid-configuration?again", Times: 1}, "source-answer"),
		of("discovery, jwks 500", discovery, idp.JWKS, idp.Fault{Status: 500}, "source-usable"),
		of("discovery, jwks empty", discovery, idp.JWKS, idp.Fault{Body: []byte(`{"keys":[]}`)}, "source-usable"),
		of("discovery with a string for a list", discovery, idp.Discovery, idp.Fault{Members: map[string]any{"id_token_signing_alg_values_supported": "RS256"}}),
		of("discovery as text/plain", discovery, idp.Discovery, idp.Fault{Header: map[string]string{"Content-Type": "text/plain"}}),
		of("discovery large", discovery, idp.Discovery, idp.Fault{PadTo: 2 << 20}, "source-answer"),
	}
}
