// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func providerBody(m *testMount, config map[string]any) map[string]any {
	return map[string]any{"jwt_validation_pubkeys": newOfflineIssuer(m.t, m.clock).key.PEM(), "provider_config": config}
}

func TestProviderConfigIsReadBackWithoutSecrets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ written, read map[string]any }{
		{map[string]any{"provider": "azure"}, map[string]any{"provider": "azure"}},
		{
			map[string]any{"provider": "gsuite", "gsuite_service_account": "SECRET", "domain": "corp.test", "groups_recurse_max_depth": json.Number("5")},
			map[string]any{"provider": "gsuite", "domain": "corp.test", "groups_recurse_max_depth": json.Number("5")},
		},
		{
			map[string]any{"provider": "okta", "api_token": "SECRET", "org_url": "https://corp.okta.test"},
			map[string]any{"provider": "okta", "org_url": "https://corp.okta.test"},
		},
		{map[string]any{"provider": "ibmisam"}, map[string]any{"provider": "ibmisam"}},
		{map[string]any{"provider": "secureauth", "unknown": "kept"}, map[string]any{"provider": "secureauth", "unknown": "kept"}},
	} {
		m := newMount(t)
		m.write("config", providerBody(m, c.written))
		require.Equal(t, c.read, m.read("config")["provider_config"])
		require.NotContains(t, m.log.String(), "SECRET")
	}
}

// The types are strict, since a string "true" from a command line once meant
// that groups were silently not fetched. No text quotes a value.
func TestProviderConfigRefusals(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	for _, c := range []struct {
		config map[string]any
		text   string
	}{
		{map[string]any{"fetch_groups": true}, "'provider' field not found in provider_config"},
		{map[string]any{"provider": 7}, "'provider' field not found in provider_config"},
		{map[string]any{"provider": "Azure"}, `provider "Azure" not found in custom providers`},
		{map[string]any{"provider": "azure", "fetch_groups": "true"}, `error initializing "azure" provider_config: 'fetch_groups' expected type 'bool', got unconvertible type 'string'`},
		{map[string]any{"provider": "gsuite", "gsuite_service_account": map[string]any{"private_key": "SECRET"}}, `error initializing "gsuite" provider_config: 'gsuite_service_account' expected type 'string', got unconvertible type 'map[string]interface {}'`},
		{map[string]any{"provider": "gsuite", "groups_recurse_max_depth": "5"}, `error initializing "gsuite" provider_config: 'groups_recurse_max_depth' expected type 'int', got unconvertible type 'string'`},
		{map[string]any{"provider": "okta", "groups_cap": 1.5}, `error initializing "okta" provider_config: 'groups_cap' expected type 'int', got unconvertible type 'float64'`},
		{map[string]any{"provider": "okta", "groups_cap": -1}, `error initializing "okta" provider_config: 'groups_cap' expected type 'int', got unconvertible type 'int'`},
		{map[string]any{"provider": "okta", "groups_cap": json.Number("1.5")}, `error initializing "okta" provider_config: 'groups_cap' expected type 'int', got unconvertible type 'json.Number'`},
	} {
		require.Equal(t, "invalid provider_config: "+c.text, m.refuseWrite("config", providerBody(m, c.config)))
	}
	// The numbers of a plugin's request are doubles, those of a built-in method's are not.
	for _, depth := range []any{3, 3.0, json.Number("3")} {
		m.write("config", providerBody(m, map[string]any{"provider": "gsuite", "groups_recurse_max_depth": depth}))
	}
}

// A look-up that is configured and not made would cut users off without a
// word, so the write says so.
func TestProviderConfigWarnsOfLookups(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	for _, c := range []struct{ provider, setting string }{
		{"azure", "fetch_groups"}, {"gsuite", "fetch_groups"}, {"gsuite", "fetch_user_info"}, {"okta", "fetch_groups"},
	} {
		on := m.write("config", providerBody(m, map[string]any{"provider": c.provider, c.setting: true}))
		require.Len(t, on, 1)
		require.Contains(t, on[0], "makes no look-ups at \""+c.provider+"\": \""+c.setting+"\" has no effect")
		require.Empty(t, m.write("config", providerBody(m, map[string]any{"provider": c.provider, c.setting: false})))
	}
}
