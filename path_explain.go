// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

func (b *backend) pathExplain() *framework.Path {
	return &framework.Path{
		Pattern:      "explain$",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationVerb: "explain"},
		Fields: map[string]*framework.FieldSchema{
			"jwt":         {Type: framework.TypeString, Description: "The token to explain; an expired one does as well. White space around it is ignored."},
			"claims":      {Type: framework.TypeSlice, Description: "In place of jwt: an object of claims, to be judged as if a token of the issuer had them. No signature is checked."},
			"issuer":      {Type: framework.TypeLowerCaseString, Description: "With claims: the name of the issuer that they are taken to come from. Left out it is 'default'."},
			"role":        {Type: framework.TypeLowerCaseString, Description: "The role to explain the login for. Left out, every role's verdict is told."},
			"dpop":        {Type: framework.TypeString, Description: "The DPoP proof that the login shows with jwt, for roles that ask for one. It is not used up."},
			"remote_addr": {Type: framework.TypeString, Description: "The IP address that the login is taken to come from. Left out it is that of the caller."},
		},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.UpdateOperation: &framework.PathOperation{Callback: b.explain, Summary: "Tell what a login would come to, and why."},
		},
		HelpSynopsis:    "Tell what a login would come to, and why: every check, what it wanted and what it found.",
		HelpDescription: strings.TrimSpace(explainHelp),
	}
}

const explainHelp = `
Runs a login without logging in. The answer is the decision, every check in order
with what was wanted and what was found, and what the login would be granted. It
goes on after the first check that fails, so that one answer shows all that is
wrong. No token is issued, and nothing is spent or stored.

  vault write -field=summary auth/PATH/explain role=ci jwt=@token.txt

"summary" is for people and "checks" for programs; the first check with a
"reason" is the one that decided. Values of claims are shown as far as the role
or a standard names them, 512 bytes of each. Without "role" the answer has the
verdict of every role, the nearest first. Whoever may call this can try tokens
and learns what roles demand, so grant it as you grant reading roles.
`

// question is what explain is asked.
type question struct {
	jwt, claims, issuer, role string
	at                        auth.Circumstances
}

func (b *backend) readQuestion(req *logical.Request, d *framework.FieldData) (question, error) {
	q := question{
		jwt: d.Get("jwt").(string), role: d.Get("role").(string), issuer: d.Get("issuer").(string), at: b.circumstances(req),
	}
	q.at.DPoP = d.Get("dpop").(string)
	if address := d.Get("remote_addr").(string); address != "" {
		if _, err := netip.ParseAddr(address); err != nil {
			return q, errors.New(`field "remote_addr": must be an IP address`)
		}
		q.at.Peer = address
	}
	switch raw := d.Get("claims").([]any); len(raw) {
	case 0:
	case 1:
		text, isText := raw[0].(string)
		if !isText {
			encoded, err := json.Marshal(raw[0])
			if err != nil {
				return q, errors.New(`field "claims": must be an object`)
			}
			text = string(encoded)
		}
		q.claims = text
	default:
		return q, errors.New(`field "claims": must be one object`)
	}
	switch {
	case (q.jwt == "") == (q.claims == ""):
		return q, errors.New(`exactly one of the fields "jwt" and "claims" must be set`)
	case q.jwt != "" && q.issuer != "":
		return q, errors.New(`field "issuer": goes with claims; a token tells its issuer itself`)
	}
	return q, nil
}

func (b *backend) explain(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	q, err := b.readQuestion(req, d)
	if err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	s, err := b.current(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	if s.issuers.Empty() {
		return logical.ErrorResponse("could not load configuration"), nil
	}
	var entry *roleEntry
	if q.role == "" {
		s, err = b.selectable(ctx, req.Storage, s)
	} else {
		entry, s, err = b.role(ctx, req.Storage, s, q.role)
	}
	if err != nil {
		return nil, err
	}
	inspection, err := q.inspect(ctx, s)
	if err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	if q.role == "" {
		return b.explainRoles(ctx, req.Storage, s, inspection)
	}
	e := inspection.Explain(entry.judge())
	data := explanationData(e, q.role, inspection)
	if e.Allowed() {
		if data["grant"], err = b.grantData(e.Decision, entry); err != nil {
			return nil, err
		}
	}
	return &logical.Response{Data: data}, nil
}

func (q question) inspect(ctx context.Context, s *snapshot) (*auth.Inspection, error) {
	if q.jwt != "" {
		return auth.Inspect(ctx, auth.Request{Token: q.jwt, Circumstances: q.at}, &s.issuers), nil
	}
	i, err := auth.Suppose(json.RawMessage(q.claims), cmp.Or(q.issuer, auth.DefaultIssuer), q.at, &s.issuers)
	if err != nil {
		return nil, err
	}
	return i, nil
}

// grantData is what a login would be given, as data. A TTL that the role leaves
// to the mount is that of the mount.
func (b *backend) grantData(d auth.Decision, entry *roleEntry) (map[string]any, error) {
	g := *d.Outcome(terms(entry.role.Name(), &entry.params)).Grant
	g.MaxTTL = lesser(g.MaxTTL, seconds(b.System().MaxLeaseTTL()))
	g.TTL = lesser(cmp.Or(g.Period, g.TTL, seconds(b.System().DefaultLeaseTTL())), g.MaxTTL)
	return asData(g)
}

// lesser is the lesser of a limit and one that always holds; 0 is no limit.
func lesser(limit, always int64) int64 {
	if limit == 0 {
		return always
	}
	return min(limit, always)
}

// asData is a value as its JSON reads.
func asData(v any) (map[string]any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	var data map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&data); err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	return data, nil
}
