// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// issuerStatic is the body of an issuer whose key is written down.
func issuerStatic(t testing.TB, id string) (map[string]any, *idp.Key) {
	t.Helper()
	key, err := idp.GenerateKey("ES256", "k")
	require.NoError(t, err)
	return map[string]any{"issuer": id, "jwt_validation_pubkeys": key.PEM()}, key
}

// issuerRefusals are the changes to a good issuer, with what the refusal says.
func issuerRefusals() map[string]struct {
	change []any
	want   string
} {
	const url = "https://127.0.0.1:1/keys"
	type refusal = struct {
		change []any
		want   string
	}
	long := "https://a.example/" + strings.Repeat("x", 500)
	return map[string]refusal{
		"no source":                  {[]any{"jwt_validation_pubkeys", ""}, "exactly one of 'oidc_discovery_url', 'jwks_url', 'jwt_validation_pubkeys', 'spiffe_bundle_url' or 'introspection_url' must be set"},
		"two sources":                {[]any{"jwks_url", url}, "exactly one of"},
		"discovery of another":       {[]any{"jwt_validation_pubkeys", "", "oidc_discovery_url", "https://b.example"}, "must be the same, byte for byte"},
		"discovery with a slash":     {[]any{"jwt_validation_pubkeys", "", "oidc_discovery_url", "https://a.example/"}, "If tokens carry another iss, use jwks_url"},
		"no issuer":                  {[]any{"issuer", ""}, "missing issuer: the exact iss of the tokens"},
		"long issuer":                {[]any{"issuer", long}, "longer than 512 bytes"},
		"issuer with a user":         {[]any{"issuer", "https://u@a.example"}, "a URL with a user name, a query or a fragment is not an issuer"},
		"issuer with a query":        {[]any{"issuer", "https://a.example?x=1"}, "a URL with a user name, a query or a fragment"},
		"issuer with an empty query": {[]any{"issuer", "https://a.example?"}, "a URL with a user name, a query or a fragment"},
		"issuer with a fragment":     {[]any{"issuer", "https://a.example#x"}, "a URL with a user name, a query or a fragment"},
		"issuer in upper case":       {[]any{"issuer", "https://A.example"}, "the host of the URL must be there, in lower case"},
		"issuer without host":        {[]any{"issuer", "https:///x"}, "the host of the URL must be there"},
		"dots in the middle":         {[]any{"issuer", "https://a.example/x/../y"}, "dot segments"},
		"dots at the end":            {[]any{"issuer", "https://a.example/x/.."}, "dot segments"},
		"one dot at the end":         {[]any{"issuer", "https://a.example/."}, "dot segments"},
		"tenants without mark":       {[]any{"tenants", "t"}, "tenants and {tenantid} in issuer go together"},
		"mark without tenants":       {[]any{"issuer", "https://a.example/{tenantid}"}, "tenants and {tenantid} in issuer go together"},
		"tenant pattern":             {[]any{"issuer", "https://a.example/{tenantid}", "tenants", "a*"}, "patterns are not possible"},
		"tenant path":                {[]any{"issuer", "https://a.example/{tenantid}", "tenants", "a/b"}, "patterns are not possible"},
		"tenant regexp":              {[]any{"issuer", "https://a.example/{tenantid}", "tenants", ".*"}, "patterns are not possible"},
		"tenant twice":               {[]any{"issuer", "https://a.example/{tenantid}", "tenants", []string{"a", "a"}}, "each must stand once"},
		"tenant of dots":             {[]any{"issuer", "https://a.example/{tenantid}", "tenants", ".."}, "dot segments"},
		"tenant as the host":         {[]any{"issuer", "https://{tenantid}", "tenants", "Contoso"}, "in lower case"},
		"algorithm":                  {[]any{"jwt_supported_algs", "HS256"}, `unsupported signing algorithm "HS256"`},
		"no algorithm":               {[]any{"jwt_supported_algs", "none"}, `unsupported signing algorithm "none"`},
		"algorithm's letters":        {[]any{"jwt_supported_algs", "es256"}, `unsupported signing algorithm "es256"`},
		"logout tokens":              {[]any{"token_types", "logout+jwt"}, "never for logging in"},
		"thumbprint":                 {[]any{"key_thumbprints", "abc"}, "43 characters of base64url; issuer/NAME/status shows those of the keys"},
		"alias names":                {[]any{"alias_names", "Plain"}, `invalid alias_names: "Plain"; it must be 'prefixed' or 'plain'`},
		"no alias names":             {[]any{"alias_names", ""}, "it must be 'prefixed' or 'plain'"},
		"preset":                     {[]any{"preset", "githob"}, `invalid preset: "githob"; it must be one of auth0, buildkite, circleci`},
		"key":                        {[]any{"jwt_validation_pubkeys", "-----BEGIN"}, "keys of the issuer: key 1: "},
		"pin of no key":              {[]any{"key_thumbprints", strings.Repeat("A", 43)}, "key_thumbprints: no key has a thumbprint that is pinned"},
		"URL":                        {[]any{"jwt_validation_pubkeys", "", "jwks_url", "ftp://a.example"}, "jwks_url must begin with https://"},
		"metadata URL":               {[]any{"jwt_validation_pubkeys", "", "jwks_url", "https://169.254.169.254/keys"}, "never contacted"},
		"refresh interval":           {[]any{"jwt_validation_pubkeys", "", "jwks_url", url, "jwks_refresh_interval", 86401}, "jwks_refresh_interval is 24h0m1s; it must be between 1s and 24h0m0s"},
		"max stale":                  {[]any{"jwt_validation_pubkeys", "", "jwks_url", url, "jwks_max_stale", 60}, "jwks_max_stale is 1m0s; it must be between jwks_refresh_interval (5m0s)"},
		"CA":                         {[]any{"jwt_validation_pubkeys", "", "jwks_url", url, "ca_pem", "x"}, "the CA PEM must be"},
		"proxy":                      {[]any{"jwt_validation_pubkeys", "", "jwks_url", url, "proxy", "socks5://p"}, "proxy must begin with https://"},
		"bearer token":               {[]any{"jwt_validation_pubkeys", "", "jwks_url", url, "bearer_token_file", "/etc/shadow"}, "bearer_token_file must be a clean path below /var/run/secrets/"},
		"bearer without TLS":         {[]any{"jwt_validation_pubkeys", "", "jwks_url", "http://127.0.0.1:1", "bearer_token_file", "pod"}, "bearer_token_file needs a URL that begins with https://"},
		"bundle of no domain":        {[]any{"jwt_validation_pubkeys", "", "spiffe_bundle_url", url}, "it must be spiffe:// and a trust domain in lower case"},
		"bundle of a workload":       {[]any{"jwt_validation_pubkeys", "", "spiffe_bundle_url", url, "issuer", "spiffe://a.example/x"}, "a trust domain in lower case"},
		"bundle in upper case":       {[]any{"jwt_validation_pubkeys", "", "spiffe_bundle_url", url, "issuer", "spiffe://A.example"}, "a trust domain in lower case"},
		"bundle with tenants":        {[]any{"jwt_validation_pubkeys", "", "spiffe_bundle_url", url, "issuer", "spiffe://a.example", "tenants", "t"}, "go together"},
		"bundle URL":                 {[]any{"jwt_validation_pubkeys", "", "spiffe_bundle_url", "ftp://x", "issuer", "spiffe://a.example"}, "spiffe_bundle_url must begin with https://"},
	}
}

func TestIssuerWritesThatAreRefused(t *testing.T) {
	good, _ := issuerStatic(t, "https://a.example")
	for name, c := range issuerRefusals() {
		t.Run(name, func(t *testing.T) {
			m := issuerNewMount(t)
			require.Contains(t, m.refuseWrite("issuer/a", issuerWith(good, c.change...)), c.want)
			require.Nil(t, m.read("issuer/a"))
			m.write("issuer/a", good)
			require.Contains(t, m.refuseWrite("issuer/a", issuerWith(map[string]any{}, c.change...)), c.want, "as an update too")
		})
	}
}

func TestIssuerWritesThatAreAccepted(t *testing.T) {
	good, _ := issuerStatic(t, "https://a.example")
	m := issuerNewMount(t)
	for name, change := range map[string][]any{
		"nothing more":                     {},
		"no URL":                           {"issuer", "https//a.example is no URL, and tokens may say so"},
		"a name":                           {"issuer", "kubernetes/serviceaccount"},
		"a slash at the end":               {"issuer", "https://a.example/"},
		"upper case in the path":           {"issuer", "https://a.example/Realm"},
		"dots in names":                    {"issuer", "https://a.example/..x/.y/z."},
		"a port":                           {"issuer", "https://a.example:8443"},
		"plain HTTP":                       {"issuer", "http://a.example"},
		"512 bytes":                        {"issuer", "https://a.example/" + strings.Repeat("x", 512-18)},
		"all algorithms":                   {"jwt_supported_algs", "RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA"},
		"access tokens":                    {"token_types", "at+jwt, example+jwt"},
		"plain":                            {"alias_names", "plain"},
		"age":                              {"max_token_age", "10m"},
		"tenants":                          {"issuer", "https://a.example/{tenantid}/v2.0", "tenants", "a,b.example,C-d"},
		"tenants as hosts":                 {"issuer", "https://{tenantid}.a.example", "tenants", "a,b"},
		"interval of keys that are static": {"jwks_refresh_interval", 60, "jwks_max_stale", "1h"},
	} {
		require.Empty(t, m.write("issuer/a", issuerWith(good, change...)), name)
		m.remove("issuer/a")
	}
	require.Empty(t, m.list("issuer/"))
}

// TestIssuerIsReadBack: all fields, with what was left out as its default, and
// durations in seconds.
func TestIssuerIsReadBack(t *testing.T) {
	body, key := issuerStatic(t, "https://a.example")
	m := issuerNewMount(t)
	m.write("issuer/A.b_C-1", body)
	require.Equal(t, map[string]any{
		"issuer": "https://a.example", "oidc_discovery_url": "", "jwks_url": "", "jwt_validation_pubkeys": []string{strings.TrimSpace(key.PEM())}, "spiffe_bundle_url": "",
		"ca_pem": "", "proxy": "", "bearer_token_file": "", "jwt_supported_algs": []string(nil), "jwks_refresh_interval": int64(0), "jwks_max_stale": int64(0),
		"key_thumbprints": []string(nil), "max_token_age": int64(0), "token_types": []string(nil), "tenants": []string(nil), "alias_names": "prefixed", "preset": "",
	}, m.read("issuer/a.b_c-1"))
	require.Equal(t, []string{"a.b_c-1"}, m.list("issuer/"), "names are in lower case")
	require.Equal(t, m.read("issuer/a.b_c-1"), m.read("issuer/A.B_C-1"))

	p := idp.Start(t)
	pins := m.thumbprints(p)
	m.write("issuer/all", issuerWith(issuerOf(p),
		"proxy", "environment", "jwt_supported_algs", "ES256", "jwks_refresh_interval", "1m", "jwks_max_stale", "2h", "max_token_age", 90, "token_types", "at+jwt",
		"key_thumbprints", pins, "alias_names", "plain", "preset", "keycloak"))
	got := m.read("issuer/all")
	require.Contains(t, got["advice"], "every client of the realm gets tokens")
	delete(got, "advice")
	require.Equal(t, map[string]any{
		"issuer": p.Issuer(), "oidc_discovery_url": p.Issuer(), "jwks_url": "", "jwt_validation_pubkeys": []string{}, "spiffe_bundle_url": "",
		"ca_pem": p.CAPEM(), "proxy": "environment", "bearer_token_file": "", "jwt_supported_algs": []string{"ES256"}, "jwks_refresh_interval": int64(60), "jwks_max_stale": int64(7200),
		"key_thumbprints": pins, "max_token_age": int64(90), "token_types": []string{"at+jwt"}, "tenants": []string{}, "alias_names": "plain", "preset": "keycloak",
	}, issuerSlices(got))
	require.Nil(t, m.read("issuer/nobody"))
	require.Nil(t, m.read("issuer/nobody/status"))
	require.ErrorContains(t, m.refresh("nobody"), `there is no issuer "nobody" on this mount`)
}

// issuerSlices makes lists that are nil empty ones.
func issuerSlices(data map[string]any) map[string]any {
	for name, value := range data {
		if list, ok := value.([]string); ok && list == nil {
			data[name] = []string{}
		}
	}
	return data
}

// thumbprints are those of the provider's published keys, as an operator finds
// them: in the status of an issuer.
func (m *issuerMount) thumbprints(p *idp.Provider) []string {
	m.t.Helper()
	m.write("issuer/look", issuerOf(p))
	defer m.remove("issuer/look")
	var list []string
	for _, k := range m.status("look")["keys"].([]map[string]any) {
		list = append(list, k["thumbprint"].(string))
	}
	return list
}

// TestIssuerPartialUpdate: a write changes what is sent and keeps the rest.
func TestIssuerPartialUpdate(t *testing.T) {
	body, key := issuerStatic(t, "https://a.example")
	m := issuerNewMount(t)
	m.write("issuer/a", issuerWith(body, "max_token_age", 60, "token_types", "at+jwt", "alias_names", "plain", "jwt_supported_algs", "ES256,RS256"))
	before := m.read("issuer/a")
	for field, value := range map[string]any{
		"max_token_age": int64(120), "token_types": []string{"example+jwt"}, "alias_names": "prefixed", "jwt_supported_algs": []string{"ES256"},
		"issuer": "https://b.example", "jwks_max_stale": int64(3600), "jwks_refresh_interval": int64(30), "preset": "keycloak",
	} {
		m.write("issuer/a", map[string]any{field: value})
		want := issuerWith(before, field, value)
		if field == "preset" {
			want["advice"] = m.read("issuer/a")["advice"]
		}
		require.Equal(t, want, m.read("issuer/a"), field)
		before = want
	}
	m.write("issuer/a", map[string]any{"token_types": "", "max_token_age": 0})
	require.Empty(t, m.read("issuer/a")["token_types"], "what is sent empty is emptied")
	require.Equal(t, []string{strings.TrimSpace(key.PEM())}, m.read("issuer/a")["jwt_validation_pubkeys"])

	p := idp.Start(t)
	require.Contains(t, m.refuseWrite("issuer/a", map[string]any{"jwks_url": p.JWKSURL(), "ca_pem": p.CAPEM()}), "exactly one of")
	m.write("issuer/a", map[string]any{"jwks_url": p.JWKSURL(), "ca_pem": p.CAPEM(), "jwt_validation_pubkeys": ""})
	require.Equal(t, stateHealthy, m.status("a")["state"])
}

func TestIssuerForceIsNotStored(t *testing.T) {
	m := issuerNewMount(t)
	warnings := m.write("issuer/a", map[string]any{"issuer": "https://a.example", "jwks_url": "https://127.0.0.1:1/keys", "force": true})
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "written without its keys: JWK Set of 127.0.0.1:1: failed connecting: connection refused")
	require.NotContains(t, m.read("issuer/a"), "force")
	require.Contains(t, m.refuseWrite("issuer/a", map[string]any{"max_token_age": 60}), "set force=true to write it all the same")
	require.Len(t, m.write("issuer/a", map[string]any{"max_token_age": 60, "force": true}), 1)
	require.Equal(t, int64(60), m.read("issuer/a")["max_token_age"])
}

// TestIssuerHelp: vault path-help says what an operator needs at night.
func TestIssuerHelp(t *testing.T) {
	m := issuerNewMount(t)
	for path, want := range map[string][]string{
		"issuer/x":         {"bound_issuers", "jwks_max_stale", "auth0, buildkite, circleci", "force"},
		"issuer/x/status":  {"failing", "stale_until", "issuer/NAME/refresh", "held_back"},
		"issuer/x/refresh": {"refused from then on"},
		"issuer/":          {"default"},
	} {
		resp := m.send(logical.HelpOperation, path)
		require.NotNil(t, resp, path)
		for _, text := range want {
			require.Contains(t, resp.Data["help"], text, path)
		}
	}
}
