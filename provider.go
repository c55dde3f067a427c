// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// provider is what provider_config may say of one provider.
type provider struct {
	fields    map[string]fieldKind
	secrets   []string // never read back
	separator string   // parts the names in a groups claim that is a string
	lookups   []string // settings that ask for a look-up at the provider
}

type fieldKind string

const (
	textField fieldKind = "string"
	boolField fieldKind = "bool"
	intField  fieldKind = "int"
)

// providerOf returns what is known of the provider with that name.
func providerOf(name string) (provider, bool) {
	switch name {
	case "azure":
		return provider{fields: map[string]fieldKind{"fetch_groups": boolField}, lookups: []string{"fetch_groups"}}, true
	case "gsuite":
		return provider{
			fields: map[string]fieldKind{
				"gsuite_service_account": textField, "gsuite_admin_impersonate": textField, "impersonate_principal": textField,
				"fetch_groups": boolField, "fetch_user_info": boolField, "groups_recurse_max_depth": intField,
				"user_custom_schemas": textField, "domain": textField,
			},
			secrets: []string{"gsuite_service_account"},
			lookups: []string{"fetch_groups", "fetch_user_info"},
		}, true
	case "okta":
		return provider{
			fields: map[string]fieldKind{
				"org_url": textField, "api_token": textField, "user_id_claim": textField,
				"groups_cap": intField, "groups_filter": textField, "fetch_groups": boolField,
			},
			secrets: []string{"api_token"},
			lookups: []string{"fetch_groups"},
		}, true
	case "ibmisam":
		return provider{separator: " "}, true
	case "secureauth":
		return provider{separator: ","}, true
	}
	return provider{}, false
}

// checkProviderConfig refuses an unknown provider and values of a wrong type.
// It never quotes a value: some are secrets.
func checkProviderConfig(config map[string]any) error {
	if len(config) == 0 {
		return nil
	}
	name, ok := config["provider"].(string)
	if !ok {
		return errors.New("'provider' field not found in provider_config")
	}
	p, known := providerOf(name)
	if !known {
		return fmt.Errorf("provider %q not found in custom providers", name)
	}
	for _, key := range slices.Sorted(maps.Keys(config)) {
		if kind, listed := p.fields[key]; listed && !kind.holds(config[key]) {
			return fmt.Errorf("error initializing %q provider_config: '%s' expected type '%s', got unconvertible type '%T'", name, key, kind, config[key])
		}
	}
	return nil
}

func (k fieldKind) holds(value any) bool {
	switch v := value.(type) {
	case string:
		return k == textField
	case bool:
		return k == boolField
	case float64:
		return k == intField && v == float64(int(v)) && v >= 0
	case json.Number:
		n, err := v.Int64()
		return k == intField && err == nil && n >= 0
	case int:
		return k == intField && v >= 0
	}
	return false
}

// publicProviderConfig is what of provider_config is read back.
func publicProviderConfig(config map[string]any) map[string]any {
	public := map[string]any{}
	maps.Copy(public, config)
	name, _ := config["provider"].(string)
	p, _ := providerOf(name)
	for _, secret := range p.secrets {
		delete(public, secret)
	}
	return public
}

// groupSeparator is what parts the names in a groups claim that is one string.
func (c *configRecord) groupSeparator() string {
	name, _ := c.ProviderConfig["provider"].(string)
	p, _ := providerOf(name)
	return p.separator
}

// providerLookup says that a look-up is configured which is not made: groups
// then come from the token alone, and a login whose token has none is refused.
func providerLookup(config map[string]any) string {
	name, _ := config["provider"].(string)
	p, _ := providerOf(name)
	for _, setting := range p.lookups {
		if on, _ := config[setting].(bool); on {
			return fmt.Sprintf("provider_config is kept, but this version makes no look-ups at %q: %q has no effect, groups and claims are taken from the token alone", name, setting)
		}
	}
	return ""
}
