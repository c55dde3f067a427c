// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

// data is the issuer as it is read back. Durations are whole seconds.
func (r *issuerRecord) data() map[string]any {
	data := map[string]any{
		"issuer":                 r.Issuer,
		"oidc_discovery_url":     r.OIDCDiscoveryURL,
		"jwks_url":               r.JWKSURL,
		"jwt_validation_pubkeys": r.JWTValidationPubKeys,
		"spiffe_bundle_url":      r.SPIFFEBundleURL,
		"ca_pem":                 r.CAPEM,
		"proxy":                  r.Proxy,
		"bearer_token_file":      r.BearerTokenFile,
		"jwt_supported_algs":     r.JWTSupportedAlgs,
		"jwks_refresh_interval":  int64(r.JWKSRefreshInterval.Seconds()),
		"jwks_max_stale":         int64(r.JWKSMaxStale.Seconds()),
		"key_thumbprints":        r.KeyThumbprints,
		"max_token_age":          int64(r.MaxTokenAge.Seconds()),
		"token_types":            r.TokenTypes,
		"tenants":                r.Tenants,
		"alias_names":            r.AliasNames,
		"preset":                 r.Preset,
	}
	r.introspectionData(data)
	if advice := presetAdvice(r.Preset); advice != "" {
		data["advice"] = advice
	}
	return data
}

// issuerData is the default issuer as it is read back here. It is written
// through config alone.
func (c *configRecord) issuerData() map[string]any {
	return map[string]any{
		"issuer":                 c.issuerID(),
		"oidc_discovery_url":     c.OIDCDiscoveryURL,
		"jwks_url":               c.JWKSURL,
		"jwks_pairs":             c.JWKSPairs,
		"jwt_validation_pubkeys": c.JWTValidationPubKeys,
		"ca_pem":                 c.OIDCDiscoveryCAPEM + c.JWKSCAPEM,
		"proxy":                  c.Proxy,
		"jwt_supported_algs":     c.JWTSupportedAlgs,
		"token_types":            c.TokenTypes,
		"alias_names":            aliasPlain,
		"written_through":        "config",
	}
}
