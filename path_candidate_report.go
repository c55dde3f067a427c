// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
)

func (b *backend) pathCandidateReport() *framework.Path {
	return &framework.Path{
		Pattern:      "role/" + framework.GenericNameRegex("name") + "/candidate/report",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "role-candidate-report"},
		Fields:       roleNameField(),
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation:   &framework.PathOperation{Callback: b.readReport, Summary: "Read how the candidate's decisions differ from the role's."},
			logical.DeleteOperation: &framework.PathOperation{Callback: b.resetReport, Summary: "Begin the report anew."},
		},
		HelpSynopsis:    "How the candidate's decisions differ from the role's.",
		HelpDescription: strings.TrimSpace(reportHelp),
	}
}

const reportHelp = `
Counts, since the time in "since", the logins that role and candidate both have
judged, those on which they agree, and those on which they differ, by kind of
difference. A login may differ in several kinds. "samples" are the latest few of
each kind, without the token's values. "grants_more" counts the logins to which
the candidate gives, or may give, more.

The report is in the memory of the node that answers. A restart, and a write to
role or candidate, begin it anew.
`

// reportOf returns the role's candidate as the logins of this node see it. The
// response is the refusal if there is none.
func (b *backend) reportOf(ctx context.Context, req *logical.Request, d *framework.FieldData) (*candidate, *logical.Response, error) {
	_, refused, err := candidateOf(ctx, req, d)
	if refused != nil || err != nil {
		return nil, refused, err
	}
	s, err := b.current(ctx, req.Storage)
	if err != nil {
		return nil, nil, err
	}
	entry, _, err := b.role(ctx, req.Storage, s, roleName(d))
	if err != nil {
		return nil, nil, err
	}
	if entry == nil || entry.candidate == nil {
		return nil, logical.ErrorResponse("the role %q has no candidate", roleName(d)), nil
	}
	return entry.candidate, nil, nil
}

func (b *backend) readReport(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	c, refused, err := b.reportOf(ctx, req, d)
	if refused != nil || err != nil {
		return refused, err
	}
	data, err := asData(c.report.Load().Report())
	if err != nil {
		return nil, err
	}
	if c.fault != "" {
		data[keyCandidateFault] = c.fault
	}
	return &logical.Response{Data: data}, nil
}

func (b *backend) resetReport(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	c, refused, err := b.reportOf(ctx, req, d)
	if refused != nil || err != nil {
		return refused, err
	}
	c.reset(b)
	return nil, nil
}
