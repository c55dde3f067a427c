// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
)

func (b *backend) pathDecisionList() *framework.Path {
	return &framework.Path{
		Pattern:      "decisions/?$",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationVerb: "list", OperationSuffix: "decisions"},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ListOperation: &framework.PathOperation{Callback: b.listDecisions, Summary: "List the last refusals on this node, the newest first."},
		},
		HelpSynopsis:    "List the last refusals on this node, the newest first.",
		HelpDescription: strings.TrimSpace(decisionsHelp),
	}
}

func (b *backend) pathDecision() *framework.Path {
	return &framework.Path{
		Pattern:      "decisions/" + framework.GenericNameRegex("id"),
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "decision"},
		Fields: map[string]*framework.FieldSchema{
			"id": {Type: framework.TypeLowerCaseString, Description: "ID of the refusal, as the caller read it."},
		},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation: &framework.PathOperation{Callback: b.readDecision, Summary: "Read why a login or renewal was refused."},
		},
		HelpSynopsis:    "Why a login or a renewal was refused, without its token.",
		HelpDescription: strings.TrimSpace(decisionsHelp),
	}
}

const decisionsHelp = `
Each refusal ends with "(decision ID)", and "decisions/ID" tells what the caller
was not told: the reason, and for tokens whose signature has verified every check
with what the role wanted and what it found, as "explain" does.

The last refusals are kept in the memory of the node that answered, 1,000 unless
config says otherwise in decision_log_size; a quarter of them are for logins
whose signature has not verified, which push out none of the others. They do not outlive the process, and
other nodes do not have them. With decision_log_size=0 nothing is kept, and
refusals have no ID.
`

// recordRefusal keeps a refusal, and returns its ID, "" if none are kept.
func (b *backend) recordRefusal(s *snapshot, kind string, req *logical.Request, d auth.Decision, entry *roleEntry, account func() []auth.Check) string {
	// What is kept must not keep the rest of its request in memory: its texts are copies.
	r := refused{
		at: b.now(), kind: kind, reason: d.Reason, about: strings.Clone(expr.Shorten(d.About)), issuer: strings.Clone(d.Issuer),
		roles: slices.Clone(d.Roles[:min(len(d.Roles), decisionRoles)]), peer: strings.Clone(peer(req)), request: strings.Clone(req.ID),
	}
	if role := entry.judge(); role != nil {
		r.role = role.Name()
	}
	if d.Reason.BeforeSignature() {
		account = nil
	}
	r.id = b.decisions.add(s.mount.decisions, r, account)
	b.noticeRefusal(s, req, &r)
	return r.id
}

// withDecision puts the ID of a refusal behind its text.
func withDecision(text, id string) string {
	if id == "" {
		return text
	}
	return text + " (decision " + id + ")"
}

func (b *backend) listDecisions(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	s, err := b.current(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	kept := b.decisions.last(s.mount.decisions)
	ids, info := make([]string, len(kept)), make(map[string]any, len(kept))
	for n, d := range kept {
		ids[n], info[d.id] = d.id, d.data()
	}
	return logical.ListResponseWithInfo(ids, info), nil
}

func (b *backend) readDecision(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	s, err := b.current(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	for _, kept := range b.decisions.last(s.mount.decisions) {
		if kept.id != d.Get("id").(string) {
			continue
		}
		data := kept.data()
		data["allowed"] = false
		data["checks"] = checksData(kept.checks)
		data["summary"] = kept.summary()
		return &logical.Response{Data: data}, nil
	}
	return nil, nil
}

// data is the part of a refusal that a list shows as well.
func (d *refused) data() map[string]any {
	data := map[string]any{
		"time": d.at.UTC().Format(time.RFC3339Nano), "kind": d.kind, "reason": string(d.reason), "role": d.role, "issuer": d.issuer,
		"remote_addr": d.peer, "request_id": d.request,
	}
	if d.about != "" {
		data["about"] = d.about
	}
	if len(d.roles) > 0 {
		data["roles"] = d.roles
	}
	return data
}

func (d *refused) summary() string {
	text := verdictLine(auth.Decision{Reason: d.reason, About: d.about})
	switch {
	case len(d.checks) > 0:
		return text + "\n" + summary(d.checks)
	case d.reason.BeforeSignature():
		return text + "\nNothing is kept of a token that is refused before its signature has verified. See explain."
	}
	return text
}
