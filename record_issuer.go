// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// issuerRecord is a named issuer in storage. Durations are in nanoseconds. What
// a preset fills in is stored, so that an issuer does not change with the
// plugin's version.
type issuerRecord struct {
	Issuer               string        `json:"issuer"`
	OIDCDiscoveryURL     string        `json:"oidc_discovery_url"`
	JWKSURL              string        `json:"jwks_url"`
	JWTValidationPubKeys []string      `json:"jwt_validation_pubkeys"`
	SPIFFEBundleURL      string        `json:"spiffe_bundle_url"`
	CAPEM                string        `json:"ca_pem"`
	Proxy                string        `json:"proxy,omitempty"`
	BearerTokenFile      string        `json:"bearer_token_file,omitempty"`
	JWTSupportedAlgs     []string      `json:"jwt_supported_algs"`
	JWKSRefreshInterval  time.Duration `json:"jwks_refresh_interval"`
	JWKSMaxStale         time.Duration `json:"jwks_max_stale"`
	KeyThumbprints       []string      `json:"key_thumbprints"`
	MaxTokenAge          time.Duration `json:"max_token_age"`
	TokenTypes           []string      `json:"token_types"`
	Tenants              []string      `json:"tenants,omitempty"`
	AliasNames           string        `json:"alias_names"`
	Preset               string        `json:"preset"`

	Introspection introspectionRecord `json:"introspection,omitzero"`

	tenant string // of a record that concrete made for one tenant
}

// Values of alias_names.
const (
	aliasPrefixed = "prefixed"
	aliasPlain    = "plain"
)

// tenantMark stands for a tenant in the issuer of a multi-tenant provider.
const tenantMark = "{tenantid}"

// isTemplate tells whether the record stands for one issuer a tenant.
func (r *issuerRecord) isTemplate() bool { return strings.Contains(r.Issuer, tenantMark) }

// concrete returns the records that this one stands for: itself, or one for
// each tenant. Each has keys of its own.
func (r *issuerRecord) concrete() []*issuerRecord {
	if !r.isTemplate() {
		return []*issuerRecord{r}
	}
	list := make([]*issuerRecord, len(r.Tenants))
	for i, tenant := range r.Tenants {
		one := *r
		one.tenant = tenant
		one.Issuer = strings.ReplaceAll(r.Issuer, tenantMark, tenant)
		one.OIDCDiscoveryURL = strings.ReplaceAll(r.OIDCDiscoveryURL, tenantMark, tenant)
		one.JWKSURL = strings.ReplaceAll(r.JWKSURL, tenantMark, tenant)
		list[i] = &one
	}
	return list
}

// trustDomain returns the SPIFFE trust domain, "" for issuers of other kinds.
func (r *issuerRecord) trustDomain() string {
	if r.SPIFFEBundleURL == "" {
		return ""
	}
	return strings.TrimPrefix(r.Issuer, "spiffe://")
}

// compile makes the issuer that logins use, all but its share of the mount's
// cache.
func (r *issuerRecord) compile(name string, source auth.KeySource) *auth.Issuer {
	i := &auth.Issuer{
		Name:        name,
		Tenant:      r.tenant,
		ID:          r.Issuer,
		TrustDomain: r.trustDomain(),
		Algorithms:  algorithmSet(r.JWTSupportedAlgs),
		Types:       tokenTypes(r.TokenTypes),
		MaxTokenAge: r.MaxTokenAge,
		Aliases:     auth.AliasPrefixed,
		Keys:        source,
	}
	if r.AliasNames == aliasPlain {
		i.Aliases = auth.AliasPlain
	}
	if i.TrustDomain != "" {
		i.Algorithms &= auth.SPIFFEAlgorithms()
	}
	return i
}

// algorithmSet reads jwt_supported_algs. None means all.
func algorithmSet(names []string) jws.Algorithms {
	if len(names) == 0 {
		return jws.AllAlgorithms()
	}
	var set jws.Algorithms
	for _, name := range names {
		if a, known := jws.ParseAlgorithm(name); known {
			set |= jws.AlgorithmSet(a)
		}
	}
	return set
}

// tokenTypes are the typ values accepted: the usual ones and those configured.
func tokenTypes(further []string) map[string]bool {
	types := auth.DefaultTypes()
	for _, t := range further {
		types[strings.ToLower(t)] = true
	}
	return types
}

// keyPlan says where the keys are.
func (r *issuerRecord) keyPlan() (keyPlan, error) {
	if len(r.JWTValidationPubKeys) > 0 {
		return keyPlan{pems: r.JWTValidationPubKeys, pins: r.KeyThumbprints}, nil
	}
	c := keys.Config{
		DiscoveryURL:    r.OIDCDiscoveryURL,
		JWKSURL:         r.JWKSURL,
		CAPEM:           r.CAPEM,
		Proxy:           r.Proxy,
		BearerTokenFile: r.BearerTokenFile,
		Pins:            r.KeyThumbprints,
		RefreshInterval: r.JWKSRefreshInterval,
		MaxStale:        r.JWKSMaxStale,
	}
	if r.SPIFFEBundleURL != "" {
		c.JWKSURL, c.Bundle = r.SPIFFEBundleURL, true
	}
	return keyPlan{remote: []keys.Config{c}}, nil
}
