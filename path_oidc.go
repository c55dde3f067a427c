// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
)

// Vault's UI and `vault login -method=oidc` ask these paths first, and show the
// form for a token when they read the first text. The browser login itself is not
// part of this version.
const (
	noBrowserLogin       = "OIDC login is not configured for this mount"
	browserLoginNotBuilt = "browser login is not available in this version of the plugin; log in with a token at the path login"
)

func (b *backend) pathAuthURL() *framework.Path {
	return &framework.Path{
		Pattern:      "oidc/auth_url",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: browserPrefix, OperationVerb: "request", OperationSuffix: "authorization-url"},
		Fields: map[string]*framework.FieldSchema{
			"role":         {Type: framework.TypeLowerCaseString, Description: "Role to log in to."},
			"redirect_uri": {Type: framework.TypeString, Description: "Where the provider sends the browser back to."},
			"client_nonce": {Type: framework.TypeString, Description: "A secret of the client that must be shown again at the callback."},
		},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.UpdateOperation: &framework.PathOperation{Callback: b.refuseBrowserLogin, Summary: "Ask for the URL that begins a browser login."},
		},
		HelpSynopsis: "Answers whether this mount offers browser logins. This version offers none.",
	}
}

func (b *backend) pathCallback() *framework.Path {
	return &framework.Path{
		Pattern:      "oidc/callback",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: browserPrefix, OperationVerb: "callback"},
		Fields: map[string]*framework.FieldSchema{
			"state":        {Type: framework.TypeString, Query: true, Description: "State of the browser login."},
			"code":         {Type: framework.TypeString, Query: true, Description: "Authorization code of the provider."},
			"id_token":     {Type: framework.TypeString, Description: "ID token of the provider."},
			"client_nonce": {Type: framework.TypeString, Query: true, Description: "The client's secret of the auth_url request."},
		},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation: &framework.PathOperation{Callback: b.refuseBrowserLogin, Summary: "End a browser login."},
			logical.UpdateOperation: &framework.PathOperation{
				Callback:     b.refuseBrowserLogin,
				Summary:      "End a browser login whose provider answers with a form.",
				DisplayAttrs: &framework.DisplayAttributes{OperationSuffix: "form-post"},
			},
		},
		HelpSynopsis: "The end of a browser login. This version offers none.",
	}
}

func (b *backend) refuseBrowserLogin(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	s, err := b.current(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	switch {
	case !s.mount.configured():
		return logical.ErrorResponse("could not load configuration"), nil
	case !s.mount.record.browserFlow():
		return logical.ErrorResponse(noBrowserLogin), nil
	}
	return logical.ErrorResponse(browserLoginNotBuilt), nil
}
