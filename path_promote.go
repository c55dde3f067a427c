// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
)

// roleNameField is the field of paths that a role's name alone leads to.
func roleNameField() map[string]*framework.FieldSchema {
	return map[string]*framework.FieldSchema{"name": {Type: framework.TypeLowerCaseString, Description: "Name of the role."}}
}

func (b *backend) pathCandidatePromote() *framework.Path {
	fields := roleNameField()
	fields["revision"] = &framework.FieldSchema{Type: framework.TypeString, Description: "The candidate_revision that was read and is meant. Another one is not promoted. Left out, whichever there is."}
	return &framework.Path{
		Pattern:      "role/" + framework.GenericNameRegex("name") + "/candidate/promote",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationVerb: "promote", OperationSuffix: "role-candidate"},
		Fields:       fields,
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.UpdateOperation: &framework.PathOperation{Callback: b.promote, Summary: "Make the candidate the role."},
		},
		HelpSynopsis:    "Make the candidate the role.",
		HelpDescription: strings.TrimSpace(promoteHelp),
	}
}

const promoteHelp = `
The role becomes what the candidate is, with one write. The version before is
"role/NAME/previous", and "role/NAME/rollback" brings it back. It is refused if
the role was changed, after the candidate was made, in a field that the
candidate changes. With revision, that which a read of the candidate showed, it
is refused as well if what would be promoted is not what was read.
`

func (b *backend) pathPrevious() *framework.Path {
	return &framework.Path{
		Pattern:      "role/" + framework.GenericNameRegex("name") + "/previous",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "role-previous"},
		Fields:       roleNameField(),
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation: &framework.PathOperation{Callback: b.readPrevious, Summary: "Read the version of the role before the last promotion or rollback."},
		},
		HelpSynopsis: "The version of the role before the last promotion or rollback.",
	}
}

func (b *backend) pathRollback() *framework.Path {
	return &framework.Path{
		Pattern:      "role/" + framework.GenericNameRegex("name") + "/rollback",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationVerb: "roll-back", OperationSuffix: "role"},
		Fields:       roleNameField(),
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.UpdateOperation: &framework.PathOperation{Callback: b.rollBack, Summary: "Bring the previous version of the role back."},
		},
		HelpSynopsis:    "Bring the previous version of the role back.",
		HelpDescription: "The two versions change places with one write, so that a second rollback undoes the first.",
	}
}

// promote makes the candidate the role. All three versions are in one record,
// so that whoever reads it sees the state before or the one after.
func (b *backend) promote(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	name := roleName(d)
	b.writing.Lock()
	defer b.writing.Unlock()
	s, err := b.loaded(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	record, refused, err := candidateOf(ctx, req, d)
	if refused != nil || err != nil {
		return refused, err
	}
	if names := record.overtaken(); len(names) > 0 {
		return logical.ErrorResponse(overtakenText(names)), nil
	}
	changed, err := record.candidateRole()
	if err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	if meant := d.Get("revision").(string); meant != "" && meant != record.revision(changed) {
		return logical.ErrorResponse("the candidate is not the one with revision %q, which somebody has changed since it was read; read it again", meant), nil
	}
	compiled, err := b.checkRole(req, s, name, changed)
	if err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	changed.Previous = &previousRecord{Role: record.alone(), Replaced: b.now().UTC()}
	resp := b.promoteWarnings(s, name, record, changed)
	if err := saveRole(ctx, req.Storage, name, changed); err != nil {
		return nil, err
	}
	b.snapshot.Store(s.withRole(name, b.newEntry(name, compiled, changed)))
	return resp, nil
}

// promoteWarnings says what the new version gives that the old one did not,
// as far as the fields or the report of this node tell.
func (b *backend) promoteWarnings(s *snapshot, name string, record, changed *roleRecord) *logical.Response {
	resp := roleWarnings(changed, b.System().MaxLeaseTTL())
	if changed.PoliciesExpression != "" && (changed.PoliciesExpression != record.PoliciesExpression || !slices.Equal(changed.AllowedPolicies, record.AllowedPolicies)) {
		resp = warn(resp, "the role now computes policies otherwise than before: see policies_expression and allowed_policies")
	}
	entry, found := s.roles.Get([]byte(name))
	if !found || entry.candidate == nil {
		return resp
	}
	if more := staticallyMore(&record.TokenParams, &changed.TokenParams, entry.candidate.defaults); more != "" {
		resp = warn(resp, "the role now gives more than before to every login: "+more)
	}
	if report := entry.candidate.report.Load().Report(); report.GrantsMore > 0 {
		resp = warn(resp, fmt.Sprintf("of the %d logins that the candidate was tried on, it gave more than the role to %d", report.Seen, report.GrantsMore))
	}
	return resp
}

func (b *backend) readPrevious(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	record, err := loadRole(ctx, req.Storage, roleName(d))
	if err != nil || record == nil || record.Previous == nil || record.Previous.Role == nil {
		return nil, err
	}
	data := record.Previous.Role.data()
	data[keyPreviousSince] = record.Previous.Replaced
	return &logical.Response{Data: data}, nil
}

// rollBack lets the role and its previous version change places. It asks
// neither the issuers nor the examples, as it must also work on a day when
// either is broken; a candidate goes on beside the version that is back.
func (b *backend) rollBack(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	name := roleName(d)
	b.writing.Lock()
	defer b.writing.Unlock()
	s, err := b.loaded(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	record, err := loadRole(ctx, req.Storage, name)
	switch {
	case err != nil:
		return nil, err
	case record == nil:
		return logical.ErrorResponse("there is no role %q", name), nil
	case record.Previous == nil || record.Previous.Role == nil:
		return logical.ErrorResponse("the role %q has no previous version", name), nil
	}
	back := record.Previous.Role.alone()
	back.Candidate = record.Candidate
	back.Previous = &previousRecord{Role: record.alone(), Replaced: b.now().UTC()}
	if err := saveRole(ctx, req.Storage, name, back); err != nil {
		return nil, err
	}
	entry := b.compileStored(name, back)
	b.snapshot.Store(s.withRole(name, entry))
	return entry.withCandidateWarning(roleWarnings(back, b.System().MaxLeaseTTL())), nil
}
