// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
)

func (b *backend) pathRevocationList() *framework.Path {
	return &framework.Path{
		Pattern:      "revocation/?",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationVerb: "list", OperationSuffix: "revocations"},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ListOperation: &framework.PathOperation{Callback: b.listRevocations, Summary: "List the revocations."},
		},
		HelpSynopsis: "List the revocations.",
	}
}

func (b *backend) pathRevocation() *framework.Path {
	write := &framework.PathOperation{Callback: b.writeRevocation, Summary: "Refuse tokens that match, at logins and renewals from now on."}
	return &framework.Path{
		Pattern:        "revocation/" + framework.GenericNameRegex("id"),
		DisplayAttrs:   &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "revocation"},
		Fields:         revocationFields(),
		ExistenceCheck: b.revocationExists,
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.CreateOperation: write,
			logical.UpdateOperation: write,
			logical.ReadOperation:   &framework.PathOperation{Callback: b.readRevocation, Summary: "Read a revocation."},
			logical.DeleteOperation: &framework.PathOperation{Callback: b.removeRevocation, Summary: "Delete a revocation. What it refused is accepted again."},
		},
		HelpSynopsis:    "Refuse tokens of an issuer by jti, sub or time.",
		HelpDescription: strings.TrimSpace(revocationHelp),
	}
}

const revocationHelp = `
A revocation names an issuer and at least one of jti, sub and issued_before.
Those that are given must all match. A token that matches is refused right after
its signature has verified, and no Vault token that was issued for it is renewed.
Vault tokens that are about live on until their TTL ends.

A write replaces the whole revocation. It stays until it is deleted.
`

func revocationFields() map[string]*framework.FieldSchema {
	field := func(help string) *framework.FieldSchema {
		return &framework.FieldSchema{Type: framework.TypeString, Description: help}
	}
	fields := map[string]*framework.FieldSchema{
		"id":            field("Name of the revocation, of your choice."),
		"issuer":        field("Name of the issuer whose tokens are meant. The one that config describes is called default."),
		"jti":           field("The jti of the token, byte for byte."),
		"sub":           field("The sub of the tokens, byte for byte."),
		"issued_before": field("Time before which the tokens were issued, in RFC 3339 form or as Unix time in seconds. A token without iat matches any."),
		"note":          field("Why, for those who read it later."),
	}
	fields["id"].Type = framework.TypeLowerCaseString
	fields["issuer"].Type = framework.TypeLowerCaseString
	return fields
}

func revocationID(d *framework.FieldData) string { return d.Get("id").(string) }

func (b *backend) listRevocations(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	ids, err := listRevocations(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	return logical.ListResponse(ids), nil
}

func (b *backend) revocationExists(ctx context.Context, req *logical.Request, d *framework.FieldData) (bool, error) {
	r, err := loadRevocation(ctx, req.Storage, revocationID(d))
	return r != nil, err
}

func (b *backend) readRevocation(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	r, err := loadRevocation(ctx, req.Storage, revocationID(d))
	if err != nil || r == nil {
		return nil, err
	}
	return &logical.Response{Data: r.data()}, nil
}

// writeRevocation stores the revocation and swaps the snapshot as one step:
// when it answers, this node lets nobody in who matches.
func (b *backend) writeRevocation(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	id := revocationID(d)
	record, err := readRevocation(d)
	if err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	s, err := b.loaded(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	if s.open(record.Issuer) == nil {
		return logical.ErrorResponse("field \"issuer\": there is no issuer %q on this mount; the one that config describes is called default", record.Issuer), nil
	}
	if s.revoked.records[id] == nil && len(s.revoked.records) >= maxRevocations {
		return logical.ErrorResponse("a mount can have at most %d revocations; delete those whose tokens have expired, or revoke all that were issued before a time", maxRevocations), nil
	}
	if err := saveRevocation(ctx, req.Storage, id, record); err != nil {
		return nil, err
	}
	b.snapshot.Store(s.withRevocations(s.revoked.with(id, record)))
	if record.IssuedBefore.After(b.now()) {
		resp := &logical.Response{}
		resp.AddWarning("issued_before is ahead: tokens that are issued until then are refused too")
		return resp, nil
	}
	return nil, nil
}

// removeRevocation also removes one that cannot be read, and that keeps the
// mount from being loaded.
func (b *backend) removeRevocation(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	id := revocationID(d)
	b.writing.Lock()
	defer b.writing.Unlock()
	if err := deleteRevocation(ctx, req.Storage, id); err != nil {
		return nil, err
	}
	s := b.snapshot.Load()
	switch {
	case s == nil:
	case !s.ready:
		b.snapshot.Store(s.withStaleRevocation(id))
	default:
		b.snapshot.Store(s.withRevocations(s.revoked.with(id, nil)))
	}
	return nil, nil
}

// keptRevocations tells who deletes an issuer that its revocations stay, so that
// they count again if an issuer of that name comes back. Nil if there are none.
func keptRevocations(n int) *logical.Response {
	if n == 0 {
		return nil
	}
	resp := &logical.Response{}
	resp.AddWarning(fmt.Sprintf("revocations of this issuer that are kept: %d. They count again if an issuer of this name is written", n))
	return resp
}
