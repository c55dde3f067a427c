// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

// configRecord is the mount's configuration in storage. The first block has
// the keys of Vault's JWT/OIDC method, so that either plugin reads what the
// other wrote; the second is ours, and the other ignores it.
type configRecord struct {
	OIDCDiscoveryURL                  string         `json:"oidc_discovery_url"`
	OIDCDiscoveryCAPEM                string         `json:"oidc_discovery_ca_pem"`
	OIDCClientID                      string         `json:"oidc_client_id"`
	OIDCClientSecret                  string         `json:"oidc_client_secret"`
	OIDCResponseMode                  string         `json:"oidc_response_mode"`
	OIDCResponseTypes                 []string       `json:"oidc_response_types"`
	JWKSURL                           string         `json:"jwks_url"`
	JWKSCAPEM                         string         `json:"jwks_ca_pem"`
	JWKSPairs                         []any          `json:"jwks_pairs"`
	JWTValidationPubKeys              []string       `json:"jwt_validation_pubkeys"`
	JWTSupportedAlgs                  []string       `json:"jwt_supported_algs"`
	BoundIssuer                       string         `json:"bound_issuer"`
	DefaultRole                       string         `json:"default_role"`
	ProviderConfig                    map[string]any `json:"provider_config"`
	NamespaceInState                  bool           `json:"namespace_in_state"`
	UnsupportedCriticalCertExtensions []string       `json:"unsupported_critical_cert_extensions"`

	Proxy           string   `json:"proxy,omitempty"`
	TokenTypes      []string `json:"token_types,omitempty"`
	MaxTokenBytes   int      `json:"max_token_bytes,omitempty"`
	TokenCacheSize  *int     `json:"token_cache_size,omitempty"`
	LoginErrors     string   `json:"login_errors,omitempty"`
	DecisionLogSize *int     `json:"decision_log_size,omitempty"`
	RoleSelection   string   `json:"role_selection,omitempty"`
	Observations    string   `json:"observations,omitempty"`
}

// Values of login_errors.
const (
	errorsCoarse   = "coarse"
	errorsDetailed = "detailed"
)

// defaultTokenCache is how many verified signatures a mount remembers.
const defaultTokenCache = 4096

func (c *configRecord) tokenCacheSize() int {
	if c.TokenCacheSize == nil {
		return defaultTokenCache
	}
	return *c.TokenCacheSize
}

func (c *configRecord) decisionLogSize() int {
	if c.DecisionLogSize == nil {
		return defaultDecisionLog
	}
	return *c.DecisionLogSize
}

// browserFlow tells whether the mount is set up for logins with a browser.
func (c *configRecord) browserFlow() bool {
	return c.OIDCClientID != "" && c.OIDCClientSecret != ""
}
