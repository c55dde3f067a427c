// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// maxTokenCache bounds token_cache_size: 64 bytes for each remembered signature.
const maxTokenCache = 1 << 20

// validateSource checks that exactly one key source is named, and the fields
// that go with it. The order of the checks is that of Vault's own method, since
// clients see the first that fails.
func (c *configRecord) validateSource() error {
	count := 0
	for _, set := range []bool{c.OIDCDiscoveryURL != "", len(c.JWTValidationPubKeys) > 0, c.JWKSURL != "", len(c.JWKSPairs) > 0} {
		if set {
			count++
		}
	}
	switch {
	case count != 1:
		return errors.New("exactly one of 'jwt_validation_pubkeys', 'jwks_url', 'jwks_pairs' or 'oidc_discovery_url' must be set")
	case (c.OIDCClientID == "") != (c.OIDCClientSecret == ""):
		return errors.New("both 'oidc_client_id' and 'oidc_client_secret' must be set for OIDC")
	case c.OIDCDiscoveryURL == "" && c.OIDCClientID != "":
		return errors.New("'oidc_discovery_url' must be set for OIDC")
	case c.JWKSCAPEM != "" && len(c.JWKSPairs) > 0:
		return errors.New("CA PEMs must be provided as part of the 'jwks_pairs' when using multiple JWKS URLs")
	case c.BoundIssuer != "" && len(c.JWKSPairs) > 0:
		//lint:ignore ST1005 clients match the text
		return errors.New("Bound issuer is not supported for use with 'jwks_pairs'")
	}
	return nil
}

// validateRest checks the fields that have nothing to do with where keys are.
func (c *configRecord) validateRest() error {
	for _, name := range c.JWTSupportedAlgs {
		if _, known := jws.ParseAlgorithm(name); !known {
			return fmt.Errorf("invalid jwt_supported_algs: unsupported signing algorithm %q", name)
		}
	}
	for _, t := range c.OIDCResponseTypes {
		if t != "code" && t != "id_token" {
			return fmt.Errorf("invalid response_types %v. 'code' and 'id_token' are allowed", c.OIDCResponseTypes)
		}
	}
	switch c.OIDCResponseMode {
	case "", "query":
		if slices.Contains(c.OIDCResponseTypes, "id_token") {
			return errors.New("query response_mode may not be used with an id_token response_type")
		}
	case "form_post":
	default:
		return fmt.Errorf("invalid response_mode: %q", c.OIDCResponseMode)
	}
	if err := checkProviderConfig(c.ProviderConfig); err != nil {
		return fmt.Errorf("invalid provider_config: %w", err)
	}
	for _, oid := range c.UnsupportedCriticalCertExtensions {
		if !isOID(oid) {
			return fmt.Errorf("error parsing extension OID: unsupported_critical_cert_extensions has %q, which is not an object identifier such as 2.5.29.30", oid)
		}
	}
	return c.validateOwn()
}

// validateOwn checks the fields that Vault's own method does not have.
func (c *configRecord) validateOwn() error {
	if err := checkTokenTypes(c.TokenTypes); err != nil {
		return err
	}
	if c.MaxTokenBytes < 0 || c.MaxTokenBytes > jws.HardTokenBytes {
		return fmt.Errorf("invalid max_token_bytes: it must be from 0 to %d", jws.HardTokenBytes)
	}
	if size := c.tokenCacheSize(); size < 0 || size > maxTokenCache {
		return fmt.Errorf("invalid token_cache_size: it must be from 0 to %d", maxTokenCache)
	}
	switch c.RoleSelection {
	case "", selectNamed, selectMatch, selectUnion:
	default:
		return fmt.Errorf("invalid role_selection: %q; it must be 'named', 'match' or 'union'", c.RoleSelection)
	}
	switch c.Observations {
	case "", observeAuto, observeAll, observeChanges, observeNothing:
	default:
		return fmt.Errorf("invalid observations: %q; it must be 'auto', 'all', 'changes' or 'off'", c.Observations)
	}
	if size := c.decisionLogSize(); size < 0 || size > maxDecisionLog {
		return fmt.Errorf("invalid decision_log_size: it must be from 0 to %d", maxDecisionLog)
	}
	switch c.LoginErrors {
	case "", errorsCoarse, errorsDetailed:
		return nil
	}
	return fmt.Errorf("invalid login_errors: %q; it must be 'coarse' or 'detailed'", c.LoginErrors)
}

// isOID tells whether text is a dotted object identifier of at least two arcs.
func isOID(text string) bool {
	var oid asn1.ObjectIdentifier
	for arc := range strings.SplitSeq(text, ".") {
		n, err := strconv.Atoi(arc)
		if err != nil || n < 0 {
			return false
		}
		oid = append(oid, n)
	}
	return len(oid) >= 2
}

// sourceError puts the name of the field that holds the key source before what
// went wrong with it.
func (c *configRecord) sourceError(err error) error {
	switch {
	case len(c.JWTValidationPubKeys) > 0:
		return fmt.Errorf("error parsing public key: jwt_validation_pubkeys: %w", err)
	case c.OIDCDiscoveryURL != "":
		return fmt.Errorf("error checking oidc discovery URL: %w", err)
	case c.JWKSURL != "":
		return fmt.Errorf("error checking jwks URL: %w", err)
	}
	return fmt.Errorf("invalid jwks_pairs: %w", err)
}

// checkTokenTypes refuses typ values that no login may have.
func checkTokenTypes(types []string) error {
	for _, t := range types {
		switch plain := strings.TrimPrefix(strings.ToLower(t), "application/"); plain {
		case "":
			return errors.New("invalid token_types: an empty type; a token without typ is always accepted")
		case "logout+jwt", "secevent+jwt", "dpop+jwt":
			return fmt.Errorf("invalid token_types: %q marks tokens that are never for logging in", t)
		}
	}
	return nil
}
