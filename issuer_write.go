// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/vault/sdk/framework"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// issuerFields describes the fields of an issuer.
func issuerFields() map[string]*framework.FieldSchema {
	field := func(kind framework.FieldType, help string) *framework.FieldSchema {
		return &framework.FieldSchema{Type: kind, Description: help}
	}
	fields := map[string]*framework.FieldSchema{
		"name":                   field(framework.TypeLowerCaseString, "Name of the issuer on this mount. Roles and alias names refer to it."),
		"issuer":                 field(framework.TypeString, "The iss that tokens must have, byte for byte. For SPIFFE spiffe://TRUST-DOMAIN. With {tenantid} in it, one issuer for each of tenants."),
		"oidc_discovery_url":     field(framework.TypeString, "Key source: issuer URL of an OpenID provider, without /.well-known/openid-configuration. It must be the same as issuer."),
		"jwks_url":               field(framework.TypeString, "Key source: URL of a JWK Set."),
		"jwt_validation_pubkeys": field(framework.TypeCommaStringSlice, "Key source: PEM public keys or certificates, without any network."),
		"spiffe_bundle_url":      field(framework.TypeString, "Key source: URL of a SPIFFE trust bundle. Tokens then must be JWT-SVIDs of the trust domain that issuer names."),
		"ca_pem":                 field(framework.TypeString, "PEM certificates that vouch for the key source's server, in place of the system's."),
		"proxy":                  field(framework.TypeString, "URL of an HTTP proxy for fetching keys, or 'environment' for what HTTPS_PROXY and NO_PROXY say to the plugin. Empty means none."),
		"bearer_token_file":      field(framework.TypeString, "File below /var/run/secrets whose token is sent to the host of the key source, for Kubernetes clusters that ask for one. 'pod' means the pod's own service account token."),
		"jwt_supported_algs":     field(framework.TypeCommaStringSlice, "Signature algorithms that tokens may use. Empty means all ten, for SPIFFE all but EdDSA."),
		"jwks_refresh_interval":  field(framework.TypeDurationSecond, "Longest time between two fetches of the keys, in seconds, from 1 to 86400. 0 means 300. Within it, a key that the issuer removes is dead."),
		"jwks_max_stale":         field(framework.TypeDurationSecond, "How long keys are used after they were last fetched, in seconds, up to 2592000. After that all tokens of the issuer are refused. 0 means 86400."),
		"key_thumbprints":        field(framework.TypeCommaStringSlice, "RFC 7638 SHA-256 thumbprints in base64url. If there are any, no other key is used."),
		"max_token_age":          field(framework.TypeDurationSecond, "Longest time since a token's iat, in seconds. 0 means no limit."),
		"token_types":            field(framework.TypeCommaStringSlice, "Further typ values that tokens may have, such as 'at+jwt'. No typ, 'JWT' and 'JOSE' are always accepted."),
		"tenants":                field(framework.TypeCommaStringSlice, "Tenants that {tenantid} in issuer stands for, exactly. Tokens of any other tenant are refused."),
		"alias_names":            field(framework.TypeString, "'prefixed' (default): alias and group names begin with issuer:NAME: and write upper case so that no two users can become one. 'plain': the claim as it is; users of several plain issuers can become one entity."),
		"preset":                 field(framework.TypeString, "Fills in what is always the same for a provider: "+strings.Join(presetNames(), ", ")+". Fields that are sent win."),
		"force":                  field(framework.TypeBool, "Write the issuer although its keys cannot be fetched now. Not stored."),
	}
	addIntrospectionFields(fields)
	return fields
}

func newIssuerRecord() *issuerRecord { return &issuerRecord{AliasNames: aliasPrefixed} }

// apply puts the fields that were sent into the record, keeps the others, fills
// in what the preset knows, and checks the whole.
func (r *issuerRecord) apply(d *framework.FieldData) error {
	before := *r
	set(d, "issuer", &r.Issuer)
	set(d, "oidc_discovery_url", &r.OIDCDiscoveryURL)
	set(d, "jwks_url", &r.JWKSURL)
	set(d, "jwt_validation_pubkeys", &r.JWTValidationPubKeys)
	set(d, "spiffe_bundle_url", &r.SPIFFEBundleURL)
	set(d, "ca_pem", &r.CAPEM)
	set(d, "proxy", &r.Proxy)
	set(d, "bearer_token_file", &r.BearerTokenFile)
	set(d, "jwt_supported_algs", &r.JWTSupportedAlgs)
	set(d, "key_thumbprints", &r.KeyThumbprints)
	set(d, "token_types", &r.TokenTypes)
	set(d, "tenants", &r.Tenants)
	set(d, "alias_names", &r.AliasNames)
	set(d, "preset", &r.Preset)
	setSeconds(d, "jwks_refresh_interval", &r.JWKSRefreshInterval)
	setSeconds(d, "jwks_max_stale", &r.JWKSMaxStale)
	setSeconds(d, "max_token_age", &r.MaxTokenAge)
	if err := r.applyIntrospection(d, before); err != nil {
		return err
	}
	if err := r.fill(); err != nil {
		return err
	}
	return r.validate()
}

func setSeconds(d *framework.FieldData, name string, into *time.Duration) {
	if seconds, sent := d.GetOk(name); sent {
		*into = time.Duration(seconds.(int)) * time.Second
	}
}

// validate checks the record as a whole. What the key source itself checks,
// URLs and intervals, is left to it.
func (r *issuerRecord) validate() error {
	if err := r.validateSource(); err != nil {
		return err
	}
	if err := r.validateIntrospection(); err != nil {
		return err
	}
	if err := r.validateID(); err != nil {
		return err
	}
	for _, name := range r.JWTSupportedAlgs {
		if _, known := jws.ParseAlgorithm(name); !known {
			return fmt.Errorf("invalid jwt_supported_algs: unsupported signing algorithm %q", name)
		}
	}
	if err := checkTokenTypes(r.TokenTypes); err != nil {
		return err
	}
	for _, t := range r.KeyThumbprints {
		if !jwk.ValidThumbprint(t) {
			return errors.New("invalid key_thumbprints: each must be an RFC 7638 SHA-256 thumbprint, 43 characters of base64url; issuer/NAME/status shows those of the keys")
		}
	}
	switch {
	case r.MaxTokenAge < 0:
		return errors.New("invalid max_token_age: it cannot be negative")
	case r.AliasNames != aliasPrefixed && r.AliasNames != aliasPlain:
		return fmt.Errorf("invalid alias_names: %q; it must be 'prefixed' or 'plain'", r.AliasNames)
	}
	return nil
}

func (r *issuerRecord) validateSource() error {
	count := 0
	for _, set := range []bool{r.OIDCDiscoveryURL != "", r.JWKSURL != "", len(r.JWTValidationPubKeys) > 0, r.SPIFFEBundleURL != "", r.Introspection.URL != ""} {
		if set {
			count++
		}
	}
	if count != 1 {
		return errors.New("exactly one of 'oidc_discovery_url', 'jwks_url', 'jwt_validation_pubkeys', 'spiffe_bundle_url' or 'introspection_url' must be set")
	}
	if r.OIDCDiscoveryURL != "" && r.OIDCDiscoveryURL != r.Issuer {
		return errors.New("oidc_discovery_url and issuer must be the same, byte for byte: a provider vouches only for itself. If tokens carry another iss, use jwks_url")
	}
	return nil
}

// validateID checks what tokens will be known by.
func (r *issuerRecord) validateID() error {
	if r.SPIFFEBundleURL != "" {
		domain, found := strings.CutPrefix(r.Issuer, "spiffe://")
		if !found || !auth.ValidTrustDomain(domain) {
			return errors.New("invalid issuer: with spiffe_bundle_url it must be spiffe:// and a trust domain in lower case, such as spiffe://example.org")
		}
	}
	switch {
	case r.Issuer == "":
		return errors.New("missing issuer: the exact iss of the tokens")
	case len(r.Issuer) > auth.MaxIdentifierBytes:
		return fmt.Errorf("invalid issuer: it is longer than %d bytes", auth.MaxIdentifierBytes)
	case r.isTemplate() != (len(r.Tenants) > 0):
		return errors.New("tenants and " + tenantMark + " in issuer go together: list the tenants whose tokens may come in")
	case len(r.Tenants) > maxIssuers:
		return fmt.Errorf("invalid tenants: at most %d", maxIssuers)
	}
	seen := map[string]bool{}
	for _, t := range r.Tenants {
		if t == "" || strings.Trim(t, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") != "" || seen[t] {
			return errors.New("invalid tenants: each must stand once and consist of letters, digits, dots and dashes; patterns are not possible")
		}
		seen[t] = true
	}
	for _, one := range r.concrete() {
		if err := checkIssuerURL(one.Issuer); err != nil {
			return err
		}
	}
	return nil
}

// checkIssuerURL refuses an issuer that is a URL and could be written in another
// way (RFC 8414, section 2): the comparison with iss is byte for byte, and a
// mistake here would look like tokens of the wrong issuer. An issuer that is no
// URL may be any text.
func checkIssuerURL(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil
	}
	switch {
	case u.User != nil || u.RawQuery != "" || strings.ContainsAny(issuer, "#?"):
		return errors.New("invalid issuer: a URL with a user name, a query or a fragment is not an issuer")
	case u.Host == "" || u.Host != strings.ToLower(u.Host):
		return errors.New("invalid issuer: the host of the URL must be there, in lower case")
	case strings.Contains(u.Path+"/", "/../") || strings.Contains(u.Path+"/", "/./"):
		return errors.New("invalid issuer: the path of the URL has dot segments")
	}
	return nil
}
