// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
)

func nameField() map[string]*framework.FieldSchema {
	return map[string]*framework.FieldSchema{
		"name": {Type: framework.TypeLowerCaseString, Description: "Name of the issuer; default for the one that config describes."},
	}
}

func (b *backend) pathIssuerStatus() *framework.Path {
	return &framework.Path{
		Pattern:      "issuer/" + framework.GenericNameRegex("name") + "/status",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "issuer-status"},
		Fields:       nameField(),
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation: &framework.PathOperation{Callback: b.readIssuerStatus, Summary: "Read how the issuer's keys are."},
		},
		HelpSynopsis:    "How the issuer's keys are: which, since when, the last error in words, and what happens next.",
		HelpDescription: strings.TrimSpace(statusHelp),
	}
}

const statusHelp = `
"summary" says it in words, "state" in one:

  healthy   The last fetch brought keys.
  failing   The last fetch failed. Logins go on with the keys at hand until
            "stale_until". Read "last_error", repair what it names, then write
            issuer/NAME/refresh.
  cold      No keys yet, and tokens of the issuer are refused. As failing, but
            now. If the issuer stays away, jwt_validation_pubkeys or another
            source can stand in.
  stale     The keys at hand are older than jwks_max_stale, and tokens of the
            issuer are refused. As cold; or raise jwks_max_stale with force=true.
  static    The keys were written down, and nothing is fetched.
  unusable  What is stored cannot be used by this version. "last_error" says
            why. Write the issuer anew.

"held_back" counts logins that would have caused a fetch when the budget of
three, and one more every 30 seconds, was spent: many mean that somebody sends
bad tokens.

An issuer with introspection_url has no keys: "requests" counts what it was
asked, "active" and "inactive" what it answered, "from_cache" the logins that an
earlier answer served, "held_back" those beyond introspection_rate.
`

func (b *backend) pathIssuerRefresh() *framework.Path {
	return &framework.Path{
		Pattern:      "issuer/" + framework.GenericNameRegex("name") + "/refresh",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationVerb: "refresh", OperationSuffix: "issuer"},
		Fields:       nameField(),
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.UpdateOperation: &framework.PathOperation{Callback: b.refreshIssuer, Summary: "Fetch the issuer's keys now."},
		},
		HelpSynopsis:    "Fetch the issuer's keys now, and answer how they are.",
		HelpDescription: strings.TrimSpace(refreshHelp),
	}
}

const refreshHelp = `
Asks the issuer at once, whatever the budget says, and answers as "status" does.
A key that the issuer removed is refused from then on, and one that it added is
accepted. If the fetch fails the answer is an error, and the keys at hand stay.
Each node of a cluster has keys of its own; this reaches the one that answers.
`

func (b *backend) readIssuerStatus(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	s, err := b.current(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	o := s.open(issuerName(d))
	if o == nil {
		return nil, nil
	}
	return &logical.Response{Data: o.status(b.now())}, nil
}

func (b *backend) refreshIssuer(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	s, err := b.current(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	name := issuerName(d)
	o := s.open(name)
	if o == nil {
		return logical.ErrorResponse("there is no issuer %q on this mount", name), nil
	}
	if err := o.fetch(ctx); err != nil {
		return logical.ErrorResponse("the keys of issuer %q were not fetched, and those at hand stay: %s; see issuer/%s/status", name, err, name), nil
	}
	return &logical.Response{Data: o.status(b.now())}, nil
}
