// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"errors"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// operationPrefix and browserPrefix begin the OpenAPI operation names, which
// generated clients and Vault's UI call by.
const (
	operationPrefix = "jwt"
	browserPrefix   = "jwt-oidc"
)

func (b *backend) pathConfig() *framework.Path {
	return &framework.Path{
		Pattern:      "config",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix},
		Fields:       configFields(),
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation: &framework.PathOperation{
				Callback:     b.readConfig,
				Summary:      "Read the configuration. Secrets are left out.",
				DisplayAttrs: &framework.DisplayAttributes{OperationSuffix: "configuration"},
			},
			logical.UpdateOperation: &framework.PathOperation{
				Callback:     b.writeConfig,
				Summary:      "Replace the configuration.",
				DisplayAttrs: &framework.DisplayAttributes{OperationVerb: "configure"},
			},
		},
		HelpSynopsis:    "Where the keys of the mount's issuer are, and what its tokens may look like.",
		HelpDescription: strings.TrimSpace(configHelp),
	}
}

const configHelp = `
Names exactly one source of keys: oidc_discovery_url, jwks_url, jwks_pairs or
jwt_validation_pubkeys. The source is contacted while the configuration is
written, and if it does not answer nothing is changed.

A write replaces all fields: what is left out goes back to its default. The one
exception is namespace_in_state, which is kept.
`

// writeConfig replaces the configuration: it checks everything, contacts the
// key source, and only then writes once and swaps the snapshot.
func (b *backend) writeConfig(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	existing, err := loadConfig(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	record := readConfigFields(d, existing)
	if err := record.validateSource(); err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	if err := record.validateRest(); err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	next, err := b.openMount(ctx, record)
	if err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	if err := b.installConfig(ctx, req.Storage, record, next); err != nil {
		next.issuer.close()
		var taken issuerTaken
		if errors.As(err, &taken) {
			return logical.ErrorResponse(taken.Error()), nil
		}
		return nil, err
	}
	return configWarnings(record), nil
}

// openMount compiles the record and contacts its key source.
func (b *backend) openMount(ctx context.Context, record *configRecord) (*mount, error) {
	source, remote, err := b.openKeys(record.keyPlan, auth.DefaultIssuer, 0)
	if err != nil {
		return nil, record.sourceError(err)
	}
	next := b.compileMount(record, source, remote)
	if err := next.issuer.fetch(ctx); err != nil {
		next.issuer.close()
		return nil, record.sourceError(err)
	}
	return next, nil
}

// installConfig stores the record and swaps the snapshot as one step.
func (b *backend) installConfig(ctx context.Context, storage logical.Storage, record *configRecord, next *mount) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	// The roles must be in the snapshot before it counts as loaded.
	s, err := b.loaded(ctx, storage)
	if err != nil {
		return err
	}
	if err := s.checkFree(auth.DefaultIssuer, next.issuer.compiled); err != nil {
		return err
	}
	if err := saveConfig(ctx, storage, record); err != nil {
		return err
	}
	b.replace(s.withMount(next))
	next.issuer.start(ctx, b.Logger())
	return nil
}

func (b *backend) readConfig(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	record, err := loadConfig(ctx, req.Storage)
	if err != nil || record == nil {
		return nil, err
	}
	return &logical.Response{Data: record.data()}, nil
}

// data is the configuration as it is read back: all but secrets. Our own fields
// appear when they are set.
func (c *configRecord) data() map[string]any {
	data := map[string]any{
		"oidc_discovery_url":                   c.OIDCDiscoveryURL,
		"oidc_discovery_ca_pem":                c.OIDCDiscoveryCAPEM,
		"oidc_client_id":                       c.OIDCClientID,
		"oidc_response_mode":                   c.OIDCResponseMode,
		"oidc_response_types":                  c.OIDCResponseTypes,
		"jwks_url":                             c.JWKSURL,
		"jwks_ca_pem":                          c.JWKSCAPEM,
		"jwks_pairs":                           c.JWKSPairs,
		"jwt_validation_pubkeys":               c.JWTValidationPubKeys,
		"jwt_supported_algs":                   c.JWTSupportedAlgs,
		"bound_issuer":                         c.BoundIssuer,
		"default_role":                         c.DefaultRole,
		"provider_config":                      publicProviderConfig(c.ProviderConfig),
		"namespace_in_state":                   c.NamespaceInState,
		"unsupported_critical_cert_extensions": c.UnsupportedCriticalCertExtensions,
	}
	if c.Proxy != "" {
		data["proxy"] = c.Proxy
	}
	if len(c.TokenTypes) > 0 {
		data["token_types"] = c.TokenTypes
	}
	if c.MaxTokenBytes != 0 {
		data["max_token_bytes"] = c.MaxTokenBytes
	}
	if c.TokenCacheSize != nil {
		data["token_cache_size"] = *c.TokenCacheSize
	}
	if c.DecisionLogSize != nil {
		data["decision_log_size"] = *c.DecisionLogSize
	}
	if c.LoginErrors != "" {
		data["login_errors"] = c.LoginErrors
	}
	if c.RoleSelection != "" {
		data["role_selection"] = c.RoleSelection
	}
	if c.Observations != "" {
		data["observations"] = c.Observations
	}
	return data
}

// configWarnings tells of what is stored but not acted upon.
func configWarnings(c *configRecord) *logical.Response {
	lookup := providerLookup(c.ProviderConfig)
	if lookup == "" {
		return nil
	}
	resp := &logical.Response{}
	resp.AddWarning(lookup)
	return resp
}
