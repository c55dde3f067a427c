// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

func (b *backend) pathRoleList() *framework.Path {
	return &framework.Path{
		Pattern:      "role/?",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationVerb: "list", OperationSuffix: "roles"},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ListOperation: &framework.PathOperation{Callback: b.listRoles, Summary: "List the names of the roles."},
		},
		HelpSynopsis: "List the names of the roles.",
	}
}

func (b *backend) pathRole() *framework.Path {
	write := &framework.PathOperation{Callback: b.writeRole, Summary: "Create a role, or change the fields that are sent."}
	return &framework.Path{
		Pattern:        "role/" + framework.GenericNameRegex("name"),
		DisplayAttrs:   &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "role"},
		Fields:         roleFields(),
		ExistenceCheck: b.roleExists,
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.CreateOperation: write,
			logical.UpdateOperation: write,
			logical.ReadOperation:   &framework.PathOperation{Callback: b.readRole, Summary: "Read a role."},
			logical.DeleteOperation: &framework.PathOperation{Callback: b.removeRole, Summary: "Delete a role."},
		},
		HelpSynopsis:    "What a token must prove to log in, and what its holder gets.",
		HelpDescription: strings.TrimSpace(roleHelp),
	}
}

const roleHelp = `
A role binds claims of a token (bound_audiences, bound_subject, bound_claims) and
says who its holder is to Vault (user_claim, groups_claim, claim_mappings) and
what the Vault token may do (token_policies and the other token_* fields).

What these cannot say is written as an expression (condition, user_expression,
groups_expression, metadata_expression, policies_expression with
allowed_policies); docs/expressions.md describes the language. examples are
logins with the outcome that they must have: each write runs them, and a role
with which one fails is not stored.

With proof=dpop or proof=mtls a stolen token is of no use: the caller must prove
possession of the key that the token's claim cnf names; docs/proof.md.

A write to an existing role changes the fields that are sent and keeps the others.
For logins with a token set role_type=jwt; a new role is of type oidc otherwise.

To try a change before it counts, write it to "role/NAME/candidate".
`

func roleName(d *framework.FieldData) string { return d.Get("name").(string) }

func (b *backend) listRoles(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	names, err := listRoles(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	return logical.ListResponse(names), nil
}

func (b *backend) roleExists(ctx context.Context, req *logical.Request, d *framework.FieldData) (bool, error) {
	record, err := loadRole(ctx, req.Storage, roleName(d))
	return record != nil, err
}

func (b *backend) readRole(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	record, err := loadRole(ctx, req.Storage, roleName(d))
	if err != nil || record == nil {
		return nil, err
	}
	return &logical.Response{Data: record.data()}, nil
}

// writeRole checks the whole role as it would be, then stores it once and puts
// its compiled form into the snapshot. The lock makes concurrent partial
// updates of one role follow one another.
func (b *backend) writeRole(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	name := roleName(d)
	if name == "" {
		return logical.ErrorResponse("missing role name"), nil
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	s, err := b.loaded(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	record, err := loadRole(ctx, req.Storage, name)
	if err != nil {
		return nil, err
	}
	if record == nil {
		record = newRoleRecord()
	}
	if err := record.apply(req, d); err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	compiled, err := b.checkRole(req, s, name, record)
	if err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	if err := saveRole(ctx, req.Storage, name, record); err != nil {
		return nil, err
	}
	entry := b.newEntry(name, compiled, record)
	b.snapshot.Store(s.withRole(name, entry))
	return entry.withCandidateWarning(withWarnings(roleWarnings(record, b.System().MaxLeaseTTL()), s.lintWarnings(name, record))), nil
}

// checkRole checks a role that is about to be written as a whole, its examples
// included, and compiles it.
func (b *backend) checkRole(req *logical.Request, s *snapshot, name string, record *roleRecord) (*auth.Role, error) {
	if err := s.checkBoundIssuers(record.BoundIssuers); err != nil {
		return nil, err
	}
	compiled, err := record.validate(name, b.System().MaxLeaseTTL())
	if err != nil {
		return nil, err
	}
	return compiled, compiled.CheckExamples(record.Examples, auth.ExampleScene{
		Issuers: &s.issuers, Mount: req.MountPoint, Now: b.now(), Policies: record.TokenPolicies, TTL: record.TokenTTL,
	})
}

func (b *backend) removeRole(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	name := roleName(d)
	if name == "" {
		return logical.ErrorResponse("role name required"), nil
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	s, err := b.loaded(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	if err := deleteRole(ctx, req.Storage, name); err != nil {
		return nil, err
	}
	b.snapshot.Store(s.withoutRole(name))
	b.metrics.ForgetRole(name)
	return nil, nil
}

// compileNew compiles a role that is about to be written. Here, unlike for a
// role that is already stored, whatever is wrong refuses the write.
func compileNew(name string, record *roleRecord) (*auth.Role, error) {
	role, err := auth.CompileRole(record.spec(name))
	if err != nil {
		return nil, err
	}
	return role, role.CheckLimits()
}
