// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"strings"
	"testing"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// configCase is a configuration that is written and read back.
type configCase struct {
	name string
	body any
	must []string
}

func (b *bench) configs(t *testing.T, p pair, cases []configCase) {
	t.Helper()
	for _, c := range cases {
		for _, method := range []string{"POST", "PUT"} {
			b.run(t, p, script{"config " + c.name, []step{admin(method, "config", c.body, c.must...), read("config")}})
		}
		// What the case did must not be what the next one begins with.
		b.run(t, p, script{"reset", []step{write("config", b.issuer.static()), read("config")}})
	}
}

// compareConfigFields writes each field in all its forms.
func compareConfigFields(t *testing.T, b *bench) {
	p := b.newPair(t, "", nil)
	static := b.issuer.static()
	field := func(name string, value any, must ...string) configCase {
		return configCase{name + "=" + shorten(shown(value)), with(static, object{name: value}), must}
	}
	raw := func(name, text string, must ...string) configCase {
		return configCase{name, []byte(text), must}
	}
	pem := b.issuer.keys["ES256"].PEM()
	cases := []configCase{
		{"empty", object{}, nil},
		{"no body", nil, nil},
		raw("no object", `[]`), raw("text", `"x"`), raw("broken", `{`), raw("null", `null`), raw("twice", `{"bound_issuer":"a","bound_issuer":"b","jwt_validation_pubkeys":"x"}`),
		{"keys as one text", object{"jwt_validation_pubkeys": pem}, nil},
		{"keys with a comma", object{"jwt_validation_pubkeys": pem + "," + b.issuer.keys["RS256"].PEM()}, nil},
		{"keys with white space", object{"jwt_validation_pubkeys": []string{"\n" + pem + "\n\n"}}, nil},
		{"keys empty list", object{"jwt_validation_pubkeys": []string{}}, nil},
		{"keys empty text", object{"jwt_validation_pubkeys": []string{""}}, nil},
		{"keys twice", object{"jwt_validation_pubkeys": []string{pem, pem}}, nil},
		{"keys and empty", object{"jwt_validation_pubkeys": []string{pem, ""}}, nil},
		{"keys number", object{"jwt_validation_pubkeys": 5}, nil},
		{"keys object", object{"jwt_validation_pubkeys": object{"a": pem}}, nil},
		{"key is no PEM", object{"jwt_validation_pubkeys": "hello"}, nil},
		{"key of unknown type", object{"jwt_validation_pubkeys": strings.ReplaceAll(pem, "PUBLIC KEY", "THING")}, nil},
		{"key is damaged", object{"jwt_validation_pubkeys": strings.Replace(pem, "M", "A", 1)}, nil},
		{"key with garbage before", object{"jwt_validation_pubkeys": "hello\n" + pem}, nil},
		{"key with garbage after", object{"jwt_validation_pubkeys": pem + "hello\n"}, nil},
		{"two keys in one text", object{"jwt_validation_pubkeys": []string{pem + b.issuer.keys["RS256"].PEM()}}, nil},
		{"certificate", object{"jwt_validation_pubkeys": b.issuer.CAPEM()}, nil},
		{"only issuer", object{"bound_issuer": "x"}, nil},
		{"two sources", with(static, b.issuer.jwks()), nil},
		{"three sources", with(with(static, b.issuer.jwks()), b.issuer.discovery()), nil},
		field("bound_issuer", ""), field("bound_issuer", " x "), field("bound_issuer", 5), field("bound_issuer", []string{"a"}), field("bound_issuer", true), field("bound_issuer", object{}),
		field("default_role", "R"), field("default_role", " r "), field("default_role", ""), field("default_role", 5), field("default_role", "a/b"),
		field("jwt_supported_algs", "RS256"), field("jwt_supported_algs", "RS256,ES256"), field("jwt_supported_algs", []string{"ES256", "ES256"}), field("jwt_supported_algs", []string{}),
		field("jwt_supported_algs", "HS256"), field("jwt_supported_algs", "none"), field("jwt_supported_algs", "rs256"), field("jwt_supported_algs", " RS256 , ES256 "), field("jwt_supported_algs", "RS256,,"), field("jwt_supported_algs", ""),
		field("jwt_supported_algs", "EdDSA"), field("jwt_supported_algs", "Ed25519"), field("jwt_supported_algs", 5), field("jwt_supported_algs", idp.Algorithms()), field("jwt_supported_algs", []string{"RS256", "HS512"}),
		field("oidc_client_id", "id"), field("oidc_client_secret", "secret"),
		{"id and secret without discovery", with(static, object{"oidc_client_id": "id", "oidc_client_secret": "secret"}), nil},
		field("oidc_response_mode", "query"), field("oidc_response_mode", "form_post"), field("oidc_response_mode", "fragment"), field("oidc_response_mode", ""), field("oidc_response_mode", "QUERY"), field("oidc_response_mode", 5),
		field("oidc_response_types", "code"), field("oidc_response_types", "id_token"), field("oidc_response_types", "code,id_token"), field("oidc_response_types", "token"), field("oidc_response_types", []string{}), field("oidc_response_types", "code,code"),
		{"id_token by form", with(static, object{"oidc_response_types": "id_token", "oidc_response_mode": "form_post"}), nil},
		field("jwks_ca_pem", b.issuer.CAPEM()), field("jwks_ca_pem", "hello"), field("oidc_discovery_ca_pem", "hello"), field("oidc_discovery_ca_pem", b.issuer.CAPEM()),
		field("jwks_pairs", []any{}), field("jwks_pairs", ""), field("jwks_pairs", nil), field("jwks_url", ""), field("oidc_discovery_url", ""),
		field("namespace_in_state", true), field("namespace_in_state", false), field("namespace_in_state", "true"), field("namespace_in_state", "0"), field("namespace_in_state", "maybe"), field("namespace_in_state", 1),
		{"state kept", static, nil},
		field("unsupported_critical_cert_extensions", "2.5.29.30"), field("unsupported_critical_cert_extensions", []string{"1.2", "1.2.3"}), field("unsupported_critical_cert_extensions", "x", "oid-form"), field("unsupported_critical_cert_extensions", []string{}), field("unsupported_critical_cert_extensions", "2", "oid-form"),
		field("unknown_field", "x"),
		{"role type in config", with(static, object{"role_type": "jwt", "name": "x"}), nil},
	}
	b.configs(t, p, cases)
	b.configs(t, p, providerCases(static))
	b.run(t, p, script{"state kept by a write that leaves it out", []step{
		write("config", with(static, object{"namespace_in_state": false})), write("config", static), read("config"),
		write("config", with(static, object{"namespace_in_state": true})), write("config", static), read("config"),
	}})
}

// providerCases write provider_config, which no login of this group uses.
func providerCases(static object) []configCase {
	of := func(config any, must ...string) configCase {
		return configCase{"provider_config=" + shown(config), with(static, object{"provider_config": config}), must}
	}
	return []configCase{
		of(object{}), of(""), of("x"), of([]any{}), of(5), of(object{"provider": ""}), of(object{"provider": 5}), of(object{"provider": "unknown"}), of(object{"provider": "Azure"}), of(object{"x": "y"}),
		of(object{"provider": "azure"}), of(object{"provider": "azure", "x": "y"}), of(object{"provider": "azure", "fetch_groups": "true"}, "provider-fields"),
		of(object{"provider": "secureauth"}), of(object{"provider": "ibmisam"}), of(object{"provider": "ibmisam", "x": object{"y": []any{1, "z"}}}), of(object{"provider": "secureauth", "n": 5}),
		of(object{"provider": "gsuite", "fetch_groups": "true"}), of(object{"provider": "gsuite", "groups_recurse_max_depth": -1}), of(object{"provider": "gsuite", "groups_recurse_max_depth": "x"}),
		of(object{"provider": "gsuite", "gsuite_service_account": "/does/not/exist"}, "provider-offline"),
		of(object{"provider": "gsuite", "gsuite_service_account": 5}),
		of(`{"provider":"azure"}`), of("provider=azure"),
	}
}
