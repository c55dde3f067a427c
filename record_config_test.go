// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// recordNames returns the JSON names of a record in storage, sorted.
func recordNames(t *testing.T, m *testMount, key string) []string {
	t.Helper()
	var record map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(m.storage.record(t, key)), &record))
	return slices.Sorted(maps.Keys(record))
}

// The record's names are those of Vault's JWT/OIDC method, so that a mount can
// change plugins there and back.
func TestConfigRecordNames(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	compatible := []string{
		"oidc_discovery_url", "oidc_discovery_ca_pem", "oidc_client_id", "oidc_client_secret", "oidc_response_mode",
		"oidc_response_types", "jwks_url", "jwks_ca_pem", "jwks_pairs", "jwt_validation_pubkeys", "jwt_supported_algs",
		"bound_issuer", "default_role", "provider_config", "namespace_in_state", "unsupported_critical_cert_extensions",
	}
	body := map[string]any{"jwt_validation_pubkeys": newOfflineIssuer(t, m.clock).key.PEM()}
	m.write("config", body)
	require.ElementsMatch(t, compatible, recordNames(t, m, "config"))

	// Names of our own, which the other plugin does not look at, appear only once they are used.
	m.write("config", overlay(body, map[string]any{
		"token_types": "at+jwt", "max_token_bytes": 1024, "token_cache_size": 0, "login_errors": "coarse",
	}))
	own := []string{"token_types", "max_token_bytes", "token_cache_size", "login_errors"}
	require.ElementsMatch(t, append(compatible, own...), recordNames(t, m, "config"))
}

// A record that the other plugin wrote works as it is: nulls, names that we do
// not know, and all.
func TestConfigRecordOfTheOtherPlugin(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	m.issuer = newOfflineIssuer(t, m.clock)
	record, err := json.Marshal(map[string]any{
		"oidc_discovery_url": "", "oidc_discovery_ca_pem": "", "oidc_client_id": "", "oidc_client_secret": "",
		"oidc_response_mode": "", "oidc_response_types": nil, "jwks_url": "", "jwks_ca_pem": "", "jwks_pairs": nil,
		"jwt_validation_pubkeys": []string{m.issuer.key.PEM()}, "jwt_supported_algs": nil, "bound_issuer": m.issuer.id,
		"default_role": "ci", "provider_config": nil, "namespace_in_state": true, "something_new": map[string]any{"a": 1},
	})
	require.NoError(t, err)
	m.storage.seed(t, "config", string(record))
	m.write("role/ci", jwtRole(nil))

	require.Equal(t, "alice", m.login("", m.issuer.token(nil)).Alias.Name)
	m.refuse("ci", m.issuer.token(map[string]any{"iss": "https://evil.test"}), auth.IssuerUnknown)
}

// Keys that the other plugin accepted and ours does not are left out and
// logged; the others work.
func TestConfigRecordWithAWeakKey(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	m.issuer = newOfflineIssuer(t, m.clock)
	record, err := json.Marshal(map[string]any{"jwt_validation_pubkeys": []string{weakPEM(t), m.issuer.key.PEM()}})
	require.NoError(t, err)
	m.storage.seed(t, "config", string(record))
	m.write("role/ci", jwtRole(nil))
	m.login("ci", m.issuer.token(nil))
	require.Contains(t, m.log.String(), "keys of the stored configuration cannot be used")
}

// A record without any usable key refuses every login.
func TestConfigRecordWithoutUsableKeys(t *testing.T) {
	t.Parallel()
	for _, record := range []string{`{}`, `{"jwks_url":"gopher://x"}`, `{"jwks_pairs":["x"]}`} {
		m := newMount(t)
		m.issuer = newOfflineIssuer(t, m.clock)
		m.storage.seed(t, "config", record)
		m.write("role/ci", jwtRole(nil))
		m.refuse("ci", m.issuer.token(nil), auth.KeysUnavailable)
		m.reconfigure(nil)
		m.login("ci", m.issuer.token(nil))
	}
}
