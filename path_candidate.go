// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/trial"
)

func (b *backend) pathCandidate() *framework.Path {
	write := &framework.PathOperation{Callback: b.writeCandidate, Summary: "Put a change to the role under trial, in place of the one before."}
	return &framework.Path{
		Pattern:        "role/" + framework.GenericNameRegex("name") + "/candidate",
		DisplayAttrs:   &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "role-candidate"},
		Fields:         roleFields(),
		ExistenceCheck: b.candidateExists,
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.CreateOperation: write,
			logical.UpdateOperation: write,
			logical.ReadOperation:   &framework.PathOperation{Callback: b.readCandidate, Summary: "Read the role as it would be, and which fields the candidate changes."},
			logical.DeleteOperation: &framework.PathOperation{Callback: b.removeCandidate, Summary: "End the trial; the role stays as it is."},
		},
		HelpSynopsis:    "A change to a role that is tried on its logins before it counts.",
		HelpDescription: strings.TrimSpace(candidateHelp),
	}
}

const candidateHelp = `
The fields are those of a role. What is left out is the role's, at any time: a
later change to the role changes the candidate too. A write replaces the
candidate and begins its report anew, and is refused if the role could not be
written so, its examples included.

Each login of the role is judged by both. The role decides. "report" counts how
they differ; "promote" makes the candidate the role; "role/NAME/rollback" brings
the replaced version back.
`

// candidateNames are the keys of a read candidate that no role has.
const (
	keyCandidateFields = "candidate_fields"
	keyCandidateMade   = "candidate_made"
	keyCandidateMore   = "candidate_grants_more"
	keyCandidateFault  = "candidate_fault"
	keyRevision        = "candidate_revision"
	keyPreviousSince   = "replaced"
)

func (b *backend) candidateExists(ctx context.Context, req *logical.Request, d *framework.FieldData) (bool, error) {
	record, err := loadRole(ctx, req.Storage, roleName(d))
	return record != nil && record.Candidate != nil, err
}

// candidateOf reads a role that must have a candidate. The response is the
// refusal if it has none.
func candidateOf(ctx context.Context, req *logical.Request, d *framework.FieldData) (*roleRecord, *logical.Response, error) {
	record, err := loadRole(ctx, req.Storage, roleName(d))
	switch {
	case err != nil:
		return nil, nil, err
	case record == nil:
		return nil, logical.ErrorResponse("there is no role %q", roleName(d)), nil
	case record.Candidate == nil:
		return nil, logical.ErrorResponse("the role %q has no candidate", roleName(d)), nil
	}
	return record, nil, nil
}

// writeCandidate checks the role as it would be with the fields that were sent,
// as a write of the role itself would, and stores them beside it.
func (b *backend) writeCandidate(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
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
		return logical.ErrorResponse("there is no role %q for a candidate to be tried beside", name), nil
	}
	fields := sentFields(d)
	if len(fields) == 0 {
		return logical.ErrorResponse("a candidate needs at least one field that it changes"), nil
	}
	record.Candidate = record.newCandidate(fields, b.now())
	changed, err := record.candidateRole()
	if err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	if _, err := b.checkRole(req, s, name, changed); err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	if err := saveRole(ctx, req.Storage, name, record); err != nil {
		return nil, err
	}
	entry := b.compileStored(name, record)
	b.snapshot.Store(s.withRole(name, entry))
	resp := roleWarnings(changed, b.System().MaxLeaseTTL())
	if more := staticallyMore(&record.TokenParams, &changed.TokenParams, entry.candidate.defaults); more != "" {
		resp = warn(resp, "the candidate gives more than the role to every login: "+more)
	}
	return resp, nil
}

// sentFields are the fields of a role that a request has.
func sentFields(d *framework.FieldData) map[string]any {
	fields := map[string]any{}
	for name, value := range d.Raw {
		if _, known := d.Schema[name]; known && name != "name" {
			fields[name] = value
		}
	}
	return fields
}

func warn(resp *logical.Response, text string) *logical.Response {
	if resp == nil {
		resp = &logical.Response{}
	}
	resp.AddWarning(text)
	return resp
}

// withCandidateWarning says if a change to the role left its candidate without
// sense.
func (e *roleEntry) withCandidateWarning(resp *logical.Response) *logical.Response {
	if e.candidate == nil || e.candidate.fault == "" {
		return resp
	}
	return warn(resp, "the role's candidate does not fit it any more and is not tried: "+e.candidate.fault)
}

func (b *backend) readCandidate(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	record, err := loadRole(ctx, req.Storage, roleName(d))
	if err != nil || record == nil || record.Candidate == nil {
		return nil, err
	}
	_, changed, err := record.compileCandidate(roleName(d), b.System().MaxLeaseTTL())
	data := changed.data()
	if err != nil {
		data[keyCandidateFault] = err.Error()
	}
	mount := trial.Defaults{TTL: seconds(b.System().DefaultLeaseTTL()), MaxTTL: seconds(b.System().MaxLeaseTTL())}
	data[keyRevision] = record.revision(changed)
	data[keyCandidateFields] = record.Candidate.names()
	data[keyCandidateMade] = record.Candidate.Made
	data[keyCandidateMore] = staticallyMore(&record.TokenParams, &changed.TokenParams, mount) != ""
	return &logical.Response{Data: data}, nil
}

func (b *backend) removeCandidate(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	name := roleName(d)
	b.writing.Lock()
	defer b.writing.Unlock()
	s, err := b.loaded(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	record, err := loadRole(ctx, req.Storage, name)
	if err != nil || record == nil || record.Candidate == nil {
		return nil, err
	}
	record.Candidate = nil
	if err := saveRole(ctx, req.Storage, name, record); err != nil {
		return nil, err
	}
	b.snapshot.Store(s.withRole(name, b.compileStored(name, record)))
	return nil, nil
}

func overtakenText(names []string) string {
	return fmt.Sprintf("the role has other values by now in fields that the candidate changes: %s; read both, and write the candidate again if it is still meant", strings.Join(names, ", "))
}
