// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"

	"github.com/hashicorp/vault/sdk/framework"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// configFields describes the fields of config.
func configFields() map[string]*framework.FieldSchema {
	text := func(help string) *framework.FieldSchema {
		return &framework.FieldSchema{Type: framework.TypeString, Description: help}
	}
	list := func(help string) *framework.FieldSchema {
		return &framework.FieldSchema{Type: framework.TypeCommaStringSlice, Description: help}
	}
	secret := text("Client secret of the browser login. Never read back.")
	secret.DisplayAttrs = &framework.DisplayAttributes{Sensitive: true}
	return map[string]*framework.FieldSchema{
		"oidc_discovery_url":     text("Issuer URL of an OpenID provider, without /.well-known/openid-configuration. The provider's own issuer must be the same, byte for byte."),
		"oidc_discovery_ca_pem":  text("PEM certificates that vouch for the provider's server, in place of the system's."),
		"oidc_client_id":         text("Client ID of the browser login."),
		"oidc_client_secret":     secret,
		"oidc_response_mode":     text("How the provider answers a browser login: 'query' or 'form_post'. Empty means query."),
		"oidc_response_types":    list("What the provider answers a browser login with: 'code' or 'id_token'. Empty means code."),
		"jwks_url":               text("URL of the issuer's keys, a JWK Set."),
		"jwks_ca_pem":            text("PEM certificates that vouch for the server of jwks_url, in place of the system's."),
		"jwks_pairs":             {Type: framework.TypeSlice, Description: "Several JWK Sets: a list of objects with jwks_url and jwks_ca_pem. Tokens must name their key with a kid."},
		"jwt_validation_pubkeys": list("PEM public keys or certificates that verify tokens without any network: RSA of 2048 to 8192 bits, EC P-256, P-384 or P-521, Ed25519."),
		"jwt_supported_algs":     list("Signature algorithms that tokens may use: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA. Empty means all of them."),
		"bound_issuer":           text("The exact iss that tokens must have. Empty means the discovered issuer with oidc_discovery_url, and any with other key sources."),
		"default_role":           {Type: framework.TypeLowerCaseString, Description: "Role for logins that name none."},
		"provider_config": {
			Type:         framework.TypeMap,
			Description:  "Settings for one provider's peculiarities: an object with 'provider' and that provider's keys.",
			DisplayAttrs: &framework.DisplayAttributes{Name: "Provider Config"},
		},
		"namespace_in_state": {
			Type:         framework.TypeBool,
			Description:  "Carry the namespace of a browser login in the state parameter instead of the redirect URI. True for a new configuration, kept when left out later.",
			DisplayAttrs: &framework.DisplayAttributes{Name: "Namespace in OIDC state", Value: true},
		},
		"unsupported_critical_cert_extensions": list("Object identifiers of critical certificate extensions to ignore in the provider's certificates."),
		"proxy":                                text("URL of an HTTP proxy for fetching keys, or 'environment' for what HTTPS_PROXY and NO_PROXY say to the plugin. Empty means none."),
		"token_types":                          list("Further typ values that tokens may have, such as 'at+jwt'. No typ, 'JWT' and 'JOSE' are always accepted."),
		"max_token_bytes":                      {Type: framework.TypeInt, Description: fmt.Sprintf("Longest token accepted, in bytes, up to %d. 0 means %d.", jws.HardTokenBytes, jws.DefaultTokenBytes)},
		"token_cache_size":                     {Type: framework.TypeInt, Description: fmt.Sprintf("How many verified signatures are remembered, so that a token shown again is cheaper; every other check runs each time. 0 turns it off. Left out means %d.", defaultTokenCache)},
		"decision_log_size":                    {Type: framework.TypeInt, Description: fmt.Sprintf("How many refusals are kept in memory for decisions/, up to %d. 0 keeps none, and refusals have no ID then. Left out means %d.", maxDecisionLog, defaultDecisionLog)},
		"login_errors":                         text("'coarse': all refusals before a signature has verified read the same. 'detailed': they name their reason, which also tells strangers which roles exist. Empty means coarse."),
		"role_selection":                       text("How a login gets a role if it names none: 'named' takes default_role; 'match' takes, of the roles with auto_select that admit the token, the one with the highest priority; 'union' takes all of them. Empty means named."),
		"observations":                         text("What Vault is told of, for its ledger of observations and its subscribers to events: 'all', 'changes' (not logins and renewals), 'off', or 'auto', which is all on Vault Enterprise and off elsewhere. Empty means auto."),
	}
}

// readConfigFields takes a whole configuration from a request. existing is the
// one that it replaces, nil if there is none.
func readConfigFields(d *framework.FieldData, existing *configRecord) *configRecord {
	c := &configRecord{
		OIDCDiscoveryURL:                  d.Get("oidc_discovery_url").(string),
		OIDCDiscoveryCAPEM:                d.Get("oidc_discovery_ca_pem").(string),
		OIDCClientID:                      d.Get("oidc_client_id").(string),
		OIDCClientSecret:                  d.Get("oidc_client_secret").(string),
		OIDCResponseMode:                  d.Get("oidc_response_mode").(string),
		OIDCResponseTypes:                 d.Get("oidc_response_types").([]string),
		JWKSURL:                           d.Get("jwks_url").(string),
		JWKSCAPEM:                         d.Get("jwks_ca_pem").(string),
		JWKSPairs:                         d.Get("jwks_pairs").([]any),
		JWTValidationPubKeys:              d.Get("jwt_validation_pubkeys").([]string),
		JWTSupportedAlgs:                  d.Get("jwt_supported_algs").([]string),
		BoundIssuer:                       d.Get("bound_issuer").(string),
		DefaultRole:                       d.Get("default_role").(string),
		ProviderConfig:                    d.Get("provider_config").(map[string]any),
		UnsupportedCriticalCertExtensions: d.Get("unsupported_critical_cert_extensions").([]string),
		Proxy:                             d.Get("proxy").(string),
		TokenTypes:                        d.Get("token_types").([]string),
		MaxTokenBytes:                     d.Get("max_token_bytes").(int),
		LoginErrors:                       d.Get("login_errors").(string),
		RoleSelection:                     d.Get("role_selection").(string),
		Observations:                      d.Get("observations").(string),
	}
	if size, given := d.GetOk("token_cache_size"); given {
		n := size.(int)
		c.TokenCacheSize = &n
	}
	if size, given := d.GetOk("decision_log_size"); given {
		n := size.(int)
		c.DecisionLogSize = &n
	}
	inState, given := d.GetOk("namespace_in_state")
	switch {
	case given:
		c.NamespaceInState = inState.(bool)
	case existing != nil:
		c.NamespaceInState = existing.NamespaceInState
	default:
		c.NamespaceInState = true
	}
	return c
}
