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

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// loginPath is the path that HandleRequest serves without the framework.
const loginPath = "login"

// pathLogin describes the path to help, OpenAPI and the UI. HandleRequest
// answers its operations before the framework would.
func (b *backend) pathLogin() *framework.Path {
	viaFramework := func(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
		return b.login(ctx, req)
	}
	return &framework.Path{
		Pattern:      loginPath + "$",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationVerb: "login"},
		Fields: map[string]*framework.FieldSchema{
			"role": {
				Type:        framework.TypeLowerCaseString,
				Description: "Name of the role to log in to. May be left out if config has a default_role, or chooses roles by role_selection.",
			},
			"jwt": {
				Type:        framework.TypeString,
				Description: "The signed token, a compact JWS. White space around it is ignored.",
			},
			"dpop": {
				Type:        framework.TypeString,
				Description: "DPoP proof (RFC 9449), a compact JWS made for this login, if the role asks for one.",
			},
			"token_policies": {
				Type:        framework.TypeCommaStringSlice,
				Description: "Policies to be given, of those that the login grants. Left out, all of them.",
			},
			"no_default_policy": {
				Type:        framework.TypeBool,
				Description: "Leave out the policy 'default'.",
			},
			"distributed_claim_access_token": {
				Type:        framework.TypeString,
				Description: "Accepted for compatibility with Entra ID logins. No look-up is made with it.",
			},
		},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.UpdateOperation: &framework.PathOperation{
				Callback: viaFramework,
				Summary:  "Log in with a signed token.",
			},
		},
		HelpSynopsis:    "Log in with a signed token.",
		HelpDescription: strings.TrimSpace(loginHelp),
	}
}

const loginHelp = `
Verifies the token's signature with the keys of its issuer, checks the times,
the audience, the subject and the claims that the role binds, and issues a Vault
token with the role's policies.

A role may ask for proof that the caller has the key which the token is bound to:
a DPoP proof in dpop, good for one login, or the TLS client certificate.

The caller may ask for fewer policies than the login grants (token_policies). A
login that names no role is given what config's role_selection says.

Until the signature has verified, every refusal reads the same. After that it
names the check that failed.
`

// loginFields are the fields of a login request, and whether it asks for
// nothing unknown.
type loginFields struct {
	role, jwt, dpop string
	wish            wish
	unknown         []string
}

// readLogin takes the fields from a request. A value of a wrong type is refused
// without being quoted.
func readLogin(data map[string]any) (loginFields, error) {
	var f loginFields
	for name, value := range data {
		text, ok := value.(string)
		switch name {
		case "role":
			f.role = strings.ToLower(text)
		case "jwt":
			f.jwt = text
		case "dpop":
			f.dpop = text
		case "distributed_claim_access_token":
		case "token_policies":
			if err := f.wish.readPolicies(value); err != nil {
				return f, err
			}
			continue
		case "no_default_policy":
			if err := f.wish.readNoDefault(value); err != nil {
				return f, err
			}
			continue
		default:
			f.unknown = append(f.unknown, name)
			continue
		}
		if !ok && value != nil {
			return f, fmt.Errorf("field %q must be a string", name)
		}
	}
	return f, f.wish.check()
}

// attempt is one login on its way through.
type attempt struct {
	fields   loginFields
	snapshot *snapshot
	entry    *roleEntry   // nil if there is no role of the name asked for
	joined   []*roleEntry // the roles that entry is made of, if there are several
	at       auth.Circumstances
	verified auth.Verified // unknown if the token was refused before its signature had verified
	judged   auth.Decision // before what the caller wished was looked at
	decision auth.Decision
}

// login is the whole of a login. A refusal is an error response and no error;
// an error is a fault, and never comes with an Auth.
func (b *backend) login(ctx context.Context, req *logical.Request) (*logical.Response, error) {
	begun := b.now()
	a, resp, err := b.decide(ctx, req)
	b.tryCandidates(&a)
	var granted *logical.Auth
	if resp == nil && err == nil {
		granted, resp, err = b.conclude(ctx, req, &a)
	}
	took := b.now().Sub(begun)
	b.countLogin(&a, err, took)
	b.mirrorLogin(&a, took)
	if resp != nil || err != nil {
		return resp, err
	}
	b.noticeGrant(a.snapshot, noticeLogin, req, a.entry.role.Name(), a.decision.Issuer)
	resp = &logical.Response{Auth: granted}
	if len(a.fields.unknown) > 0 {
		slices.Sort(a.fields.unknown)
		resp.AddWarning(fmt.Sprintf("Endpoint ignored these unrecognized parameters: %v", a.fields.unknown))
	}
	return resp, nil
}

// aliasLookahead tells core which alias a login would have. It verifies as a
// login does, grants nothing and uses nothing up.
func (b *backend) aliasLookahead(ctx context.Context, req *logical.Request) (*logical.Response, error) {
	a, resp, err := b.decide(ctx, req)
	if resp != nil || err != nil {
		return resp, err
	}
	return &logical.Response{Auth: &logical.Auth{Alias: &logical.Alias{Name: a.decision.Identity.Alias}}}, nil
}

// resolveRole tells core which role a login is for. Core asks before any check
// and after each login, so nothing is verified or loaded here.
func (b *backend) resolveRole(ctx context.Context, req *logical.Request) (*logical.Response, error) {
	fields, err := readLogin(req.Data)
	if err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	s, err := b.current(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	name := fields.role
	if name == "" {
		if s.selector != nil {
			// Which one it will be, the signature decides. No role is an answer
			// that core has a meaning for: quotas of roles do not apply.
			return logical.ResolveRoleResponse("")
		}
		name = s.mount.defaultRole
	}
	if _, found := s.roles.Get([]byte(name)); !found {
		return logical.ErrorResponse("there is no such role"), nil
	}
	return logical.ResolveRoleResponse(name)
}

// decide runs a login up to its decision. The response is the refusal, if there
// is one.
func (b *backend) decide(ctx context.Context, req *logical.Request) (a attempt, _ *logical.Response, err error) {
	if a.fields, err = readLogin(req.Data); err != nil {
		return a, logical.ErrorResponse(err.Error()), nil
	}
	if a.snapshot, err = b.current(ctx, req.Storage); err != nil {
		return a, nil, err
	}
	choosing := a.fields.role == "" && a.snapshot.selector != nil
	if a.fields.role == "" && !choosing {
		a.fields.role = a.snapshot.mount.defaultRole
	}
	switch {
	case a.snapshot.issuers.Empty():
		return a, logical.ErrorResponse("could not load configuration"), nil
	case a.fields.role == "" && !choosing:
		return a, logical.ErrorResponse("missing role"), nil
	case a.fields.jwt == "":
		return a, logical.ErrorResponse("missing token"), nil
	}
	a.at = b.circumstances(req)
	a.at.DPoP = a.fields.dpop
	// Called by name: through a function value, each attempt would be on the heap.
	if choosing {
		err = b.choose(ctx, req.Storage, &a)
	} else {
		err = b.decideNamed(ctx, req.Storage, &a)
	}
	if err != nil {
		return a, nil, err
	}
	a.judged = a.decision
	a.decision = a.fields.wish.judge(a.decision, a.entry)
	if !a.decision.Allowed() {
		return a, b.refuse(&a, req), nil
	}
	return a, nil, nil
}

// decideNamed decides a login to the role that it names.
func (b *backend) decideNamed(ctx context.Context, storage logical.Storage, a *attempt) error {
	entry, s, err := b.role(ctx, storage, a.snapshot, a.fields.role)
	if err != nil {
		return err
	}
	a.entry, a.snapshot = entry, s
	a.decision, a.verified = auth.DecideVerified(ctx, auth.Request{Token: a.fields.jwt, Circumstances: a.at}, &a.snapshot.issuers, a.entry.judge())
	return nil
}

// refuse counts and records a refusal, and makes its answer.
func (b *backend) refuse(a *attempt, req *logical.Request) *logical.Response {
	b.denials.count(a.decision.Reason, a.at.Now)
	if req.Operation == logical.AliasLookaheadOperation {
		return refusal(a.decision, a.snapshot.mount.detailed, "") // the login itself follows
	}
	// Copies, so that the attempt of a granted login need not be on the heap.
	role, token, at, decision := a.entry.judge(), a.verified, a.at, a.decision
	if a.joined != nil {
		role = nil // it only stands for several, and has no checks of its own
	}
	id := b.recordRefusal(a.snapshot, kindLogin, req, decision, a.entry, func() []auth.Check {
		return role.Account(token, at, decision)
	})
	return refusal(a.decision, a.snapshot.mount.detailed, id)
}

// circumstances are what a login is judged by besides its token.
func (b *backend) circumstances(req *logical.Request) auth.Circumstances {
	return auth.Circumstances{Peer: peer(req), Mount: req.MountPoint, Certificate: clientCertificate(req), Now: b.now()}
}

// clientCertificate returns the leaf that the client showed in the TLS handshake with
// Vault, and proved to have the key of; nil if it showed none.
func clientCertificate(req *logical.Request) []byte {
	if req.Connection == nil || req.Connection.ConnState == nil || len(req.Connection.ConnState.PeerCertificates) == 0 {
		return nil
	}
	return req.Connection.ConnState.PeerCertificates[0].Raw
}

func peer(req *logical.Request) string {
	if req.Connection == nil {
		return ""
	}
	return req.Connection.RemoteAddr
}
