// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Clients match these texts, and see the first that applies.
const (
	textOneSource    = "exactly one of 'jwt_validation_pubkeys', 'jwks_url', 'jwks_pairs' or 'oidc_discovery_url' must be set"
	textIDAndSecret  = "both 'oidc_client_id' and 'oidc_client_secret' must be set for OIDC"
	textNeedsURL     = "'oidc_discovery_url' must be set for OIDC"
	textPairsCA      = "CA PEMs must be provided as part of the 'jwks_pairs' when using multiple JWKS URLs"
	textPairsIssuer  = "Bound issuer is not supported for use with 'jwks_pairs'"
	textAlgorithm    = `invalid jwt_supported_algs: unsupported signing algorithm "HS256"`
	textTypes        = "invalid response_types [code token]. 'code' and 'id_token' are allowed"
	textMode         = `invalid response_mode: "fragment"`
	textProvider     = "invalid provider_config: 'provider' field not found in provider_config"
	textPairsFormat  = "invalid jwks_pairs: jwks_pairs must be provided as a list of json objects with the fields jwks_url and jwks_ca_pem"
	unreachable      = "https://127.0.0.1:1"
	unreachableThree = "https://127.0.0.1:1/keys"
)

// TestConfigOrderOfErrors breaks everything at once and mends one thing after
// the other. The text after each step is the next in the order.
func TestConfigOrderOfErrors(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	body := map[string]any{
		"oidc_client_id":      "vault",
		"jwks_ca_pem":         "no certificate",
		"bound_issuer":        "https://issuer.test",
		"jwt_supported_algs":  "HS256",
		"oidc_response_types": "code,token",
		"oidc_response_mode":  "fragment",
		"provider_config":     map[string]any{"tenant": "x"},
	}
	pairs := []any{map[string]any{"jwks_url": unreachableThree}}
	for _, step := range []struct {
		mend map[string]any
		text string
	}{
		{nil, textOneSource},
		{map[string]any{"jwks_pairs": pairs}, textIDAndSecret},
		{map[string]any{"oidc_client_secret": "s"}, textNeedsURL},
		{map[string]any{"oidc_client_id": nil, "oidc_client_secret": nil}, textPairsCA},
		{map[string]any{"jwks_ca_pem": nil}, textPairsIssuer},
		{map[string]any{"bound_issuer": nil}, textAlgorithm},
		{map[string]any{"jwt_supported_algs": nil}, textTypes},
		{map[string]any{"oidc_response_types": nil}, textMode},
		{map[string]any{"oidc_response_mode": nil}, textProvider},
	} {
		body = overlay(body, step.mend)
		require.Equal(t, step.text, m.refuseWrite("config", body))
	}
	// The source is contacted last: a mistake in the rest costs no request.
	body = overlay(body, map[string]any{"provider_config": nil})
	require.Contains(t, m.refuseWrite("config", body), "invalid jwks_pairs: ")
}

func TestConfigNamesExactlyOneSource(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	pem := newOfflineIssuer(t, m.clock).key.PEM()
	sources := map[string]any{
		"jwt_validation_pubkeys": pem,
		"jwks_url":               unreachableThree,
		"oidc_discovery_url":     unreachable,
		"jwks_pairs":             []any{map[string]any{"jwks_url": unreachableThree}},
	}
	require.Equal(t, textOneSource, m.refuseWrite("config", nil))
	for one, a := range sources {
		for other, b := range sources {
			if one != other {
				require.Equal(t, textOneSource, m.refuseWrite("config", map[string]any{one: a, other: b}), "%s with %s", one, other)
			}
		}
	}
	m.write("config", map[string]any{"jwt_validation_pubkeys": pem})
}

func TestConfigRefusesBadValues(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	body := map[string]any{"jwt_validation_pubkeys": newOfflineIssuer(t, m.clock).key.PEM()}
	for field, cases := range map[string][]struct {
		value any
		text  string
	}{
		"jwt_supported_algs": {
			{"HS256", textAlgorithm},
			{"none", `invalid jwt_supported_algs: unsupported signing algorithm "none"`},
			{"ES256,es256", `invalid jwt_supported_algs: unsupported signing algorithm "es256"`},
		},
		"oidc_response_types":                  {{"code,token", textTypes}},
		"oidc_response_mode":                   {{"fragment", textMode}},
		"oidc_client_id":                       {{"vault", textIDAndSecret}},
		"oidc_client_secret":                   {{"secret", textIDAndSecret}},
		"unsupported_critical_cert_extensions": {{"2.5.x", `error parsing extension OID: unsupported_critical_cert_extensions has "2.5.x", which is not an object identifier such as 2.5.29.30`}},
		"jwks_pairs":                           {{"a", textOneSource}},
		"max_token_bytes": {
			{-1, "invalid max_token_bytes: it must be from 0 to 65536"},
			{65537, "invalid max_token_bytes: it must be from 0 to 65536"},
		},
		"token_cache_size": {
			{-1, "invalid token_cache_size: it must be from 0 to 1048576"},
			{1<<20 + 1, "invalid token_cache_size: it must be from 0 to 1048576"},
		},
		"login_errors": {{"verbose", `invalid login_errors: "verbose"; it must be 'coarse' or 'detailed'`}},
		"token_types": {
			{[]string{"application/"}, "invalid token_types: an empty type; a token without typ is always accepted"},
			{"Logout+JWT", `invalid token_types: "Logout+JWT" marks tokens that are never for logging in`},
			{"application/secevent+jwt", `invalid token_types: "application/secevent+jwt" marks tokens that are never for logging in`},
			{"dpop+jwt", `invalid token_types: "dpop+jwt" marks tokens that are never for logging in`},
		},
	} {
		for _, c := range cases {
			require.Equal(t, c.text, m.refuseWrite("config", overlay(map[string]any{field: c.value}, body)), "%s = %v", field, c.value)
		}
	}
	require.Empty(t, m.write("config", body))
}

// A mode that puts tokens into URLs is refused with a type that answers tokens.
func TestConfigResponseModeFitsType(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	body := func(mode string) map[string]any {
		return map[string]any{
			"jwt_validation_pubkeys": newOfflineIssuer(t, m.clock).key.PEM(),
			"oidc_response_types":    "id_token", "oidc_response_mode": mode,
		}
	}
	for _, mode := range []string{"", "query"} {
		require.Equal(t, "query response_mode may not be used with an id_token response_type", m.refuseWrite("config", body(mode)))
	}
	m.write("config", body("form_post"))
}
