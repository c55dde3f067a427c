// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// configReadBack is what config answers after nothing but a key was written:
// every field of Vault's own method, and none of ours.
func configReadBack(pem string) map[string]any {
	return map[string]any{
		"oidc_discovery_url":                   "",
		"oidc_discovery_ca_pem":                "",
		"oidc_client_id":                       "",
		"oidc_response_mode":                   "",
		"oidc_response_types":                  []string{},
		"jwks_url":                             "",
		"jwks_ca_pem":                          "",
		"jwks_pairs":                           []any{},
		"jwt_validation_pubkeys":               []string{strings.TrimSpace(pem)},
		"jwt_supported_algs":                   []string{},
		"bound_issuer":                         "",
		"default_role":                         "",
		"provider_config":                      map[string]any{},
		"namespace_in_state":                   true,
		"unsupported_critical_cert_extensions": []string{},
	}
}

func TestConfigIsNothingBeforeItIsWritten(t *testing.T) {
	t.Parallel()
	require.Nil(t, newMount(t).read("config"))
}

func TestConfigReadBackOfTheLeastConfiguration(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	pem := newOfflineIssuer(t, m.clock).key.PEM()
	require.Empty(t, m.write("config", map[string]any{"jwt_validation_pubkeys": pem}))
	require.Equal(t, configReadBack(pem), m.read("config"))
}

func TestConfigReadBackOfEveryField(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	p := idp.Start(t)
	written := map[string]any{
		"oidc_discovery_url":                   p.Issuer(),
		"oidc_discovery_ca_pem":                p.CAPEM(),
		"oidc_client_id":                       "vault",
		"oidc_client_secret":                   "client-secret-1",
		"oidc_response_mode":                   "form_post",
		"oidc_response_types":                  []string{"code", "id_token"},
		"jwt_supported_algs":                   []string{"ES256", "EdDSA"},
		"bound_issuer":                         p.Issuer(),
		"default_role":                         "CI",
		"provider_config":                      map[string]any{"provider": "secureauth"},
		"namespace_in_state":                   false,
		"unsupported_critical_cert_extensions": []string{"2.5.29.30"},
		"token_types":                          []string{"at+jwt"},
		"max_token_bytes":                      4096,
		"token_cache_size":                     0,
		"login_errors":                         "coarse",
	}
	require.Empty(t, m.write("config", written))

	want := overlay(overlay(configReadBack(""), written), map[string]any{
		"oidc_client_secret":     nil,
		"jwt_validation_pubkeys": nil,
		"default_role":           "ci",
	})
	want["jwt_validation_pubkeys"] = []string{}
	require.Equal(t, want, m.read("config"))
}

// Lists may be written with commas, as a command line does.
func TestConfigListsTakeCommas(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	m.write("config", map[string]any{
		"jwt_validation_pubkeys": newOfflineIssuer(t, m.clock).key.PEM(),
		"jwt_supported_algs":     "ES256, RS256",
		"token_types":            "at+jwt",
	})
	require.Equal(t, []string{"ES256", "RS256"}, m.read("config")["jwt_supported_algs"])
	require.Equal(t, []string{"at+jwt"}, m.read("config")["token_types"])
}

// Unlike a role, config is replaced as a whole: what a write leaves out is
// gone, the client secret and the bound issuer included.
func TestConfigWriteReplacesEverything(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	p := idp.Start(t)
	m.write("config", map[string]any{
		"oidc_discovery_url": p.Issuer(), "oidc_discovery_ca_pem": p.CAPEM(),
		"oidc_client_id": "vault", "oidc_client_secret": "client-secret-1",
		"bound_issuer": p.Issuer(), "default_role": "ci", "jwt_supported_algs": "ES256",
		"token_types": "at+jwt", "max_token_bytes": 4096, "token_cache_size": 7, "login_errors": "detailed",
	})
	pem := newOfflineIssuer(t, m.clock).key.PEM()
	m.write("config", map[string]any{"jwt_validation_pubkeys": pem})
	require.Equal(t, configReadBack(pem), m.read("config"))
	require.NotContains(t, m.storage.record(t, "config"), "client-secret-1")
}

// The one exception: namespace_in_state is true for a new configuration, kept
// when left out later, and false in a record that is older than the field.
func TestConfigNamespaceInState(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	body := map[string]any{"jwt_validation_pubkeys": newOfflineIssuer(t, m.clock).key.PEM()}
	inState := func() any { return m.read("config")["namespace_in_state"] }

	m.write("config", body)
	require.Equal(t, true, inState(), "default")
	m.write("config", overlay(body, map[string]any{"namespace_in_state": false}))
	require.Equal(t, false, inState(), "written")
	delete(body, "namespace_in_state")
	m.write("config", body)
	require.Equal(t, false, inState(), "kept")

	old := newMount(t)
	old.storage.seed(t, "config", `{"jwks_url":"https://127.0.0.1:1/keys"}`)
	require.Equal(t, false, old.read("config")["namespace_in_state"], "older record")
}

// The client secret goes into storage and nowhere else.
func TestConfigNeverReadsSecretsBack(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	p := idp.Start(t)
	m.write("config", map[string]any{
		"oidc_discovery_url": p.Issuer(), "oidc_discovery_ca_pem": p.CAPEM(),
		"oidc_client_id": "vault", "oidc_client_secret": "client-secret-1",
	})
	require.Contains(t, m.storage.record(t, "config"), "client-secret-1")
	require.NotContains(t, m.read("config"), "oidc_client_secret")
	require.NotContains(t, m.log.String(), "client-secret-1")

	require.True(t, m.backend.pathConfig().Fields["oidc_client_secret"].DisplayAttrs.Sensitive)
	require.Contains(t, m.backend.PathsSpecial.SealWrapStorage, "config")
}
