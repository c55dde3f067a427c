// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// checkPath is where a staged mount answers what a login would come to.
const checkPath = "check"

// stagedOption is the option of a mount that makes it a staged one.
const stagedOption = "shadow"

// stagedRefusal is what a login to a staged mount is told.
const stagedRefusal = "login refused: this mount is a staged one (option shadow=true), which answers \"check\" and issues no tokens"

// isStaged reads the option. A value that is not understood makes a mount staged:
// it was meant to be something else than one that issues tokens.
func isStaged(config map[string]string) bool {
	value, found := config[stagedOption]
	if !found {
		return false
	}
	staged, err := strconv.ParseBool(strings.TrimSpace(value))
	return err != nil || staged
}

// stage makes the mount a staged one. It must be called before Setup, as the paths
// that need no token are asked for once.
func (b *backend) stage() {
	b.staged = true
	b.PathsSpecial.Unauthenticated = append(b.PathsSpecial.Unauthenticated, checkPath)
	b.Paths = slices.DeleteFunc(b.Paths, func(p *framework.Path) bool { return strings.HasPrefix(p.Pattern, shadowKey) })
	b.Paths = append(b.Paths, b.pathCheck())
}

// issues tells whether a request could end with a token, or prolong one.
func issues(req *logical.Request) bool {
	switch req.Operation {
	case logical.RenewOperation:
		return true
	case logical.HelpOperation, logical.ResolveRoleOperation:
		return false
	}
	return req.Path == loginPath || strings.HasPrefix(req.Path, "oidc/")
}

// Fields of a check that a login does not have.
const (
	fieldRemoteAddr  = "remote_addr"
	fieldCertificate = "client_certificate"
)

func (b *backend) pathCheck() *framework.Path {
	fields := maps.Clone(b.pathLogin().Fields)
	fields[fieldRemoteAddr] = &framework.FieldSchema{Type: framework.TypeString, Description: "IP address that the login came from. Left out it is that of this request."}
	fields[fieldCertificate] = &framework.FieldSchema{Type: framework.TypeString, Description: "Certificate that the login's client showed in its TLS handshake, DER in base64."}
	return &framework.Path{
		Pattern:      checkPath + "$",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationVerb: "check"},
		Fields:       fields,
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.UpdateOperation: &framework.PathOperation{Callback: b.check, Summary: "Say what a login would come to."},
		},
		HelpSynopsis:    "Say what a login would come to.",
		HelpDescription: strings.TrimSpace(checkHelp),
	}
}

const checkHelp = `
Only on a staged mount, one that was enabled with -options=shadow=true. Judges a
login as "login" would and answers the decision as data: allowed, reason and
what would be granted. It issues no token, uses nothing up, and stores nothing.
It needs no Vault token, as a login does not, and before a signature has
verified it tells as little.
`

// check answers the outcome of a login as data.
func (b *backend) check(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	login, err := shownLogin(req)
	if err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	a, resp, err := b.decide(ctx, login)
	switch {
	case err != nil:
		return nil, err
	case a.decision.Reason == "":
		return resp, nil // not a login
	}
	data, err := asData(outcome(a.decision, a.entry, a.fields.role).Public())
	if err != nil {
		return nil, err
	}
	return &logical.Response{Data: data}, nil
}

// outcome is what a login came to, as data. entry is nil where no role decided.
func outcome(decision auth.Decision, entry *roleEntry, role string) auth.Outcome {
	if entry == nil || entry.role == nil {
		return decision.Outcome(auth.Terms{Role: role})
	}
	return decision.Outcome(terms(entry.role.Name(), &entry.params))
}

// shownLogin is the login that a check is about. Errors quote nothing.
func shownLogin(req *logical.Request) (*logical.Request, error) {
	login := *req
	login.Data = maps.Clone(req.Data)
	if value, sent := login.Data[fieldRemoteAddr]; sent {
		text, ok := value.(string)
		if !ok {
			return nil, errors.New(`field "remote_addr" must be a string`)
		}
		login.Connection = &logical.Connection{RemoteAddr: text}
	}
	if value, sent := login.Data[fieldCertificate]; sent {
		certificate, err := parseShown(value)
		if err != nil {
			return nil, err
		}
		connection := logical.Connection{}
		if login.Connection != nil {
			connection.RemoteAddr = login.Connection.RemoteAddr
		}
		connection.ConnState = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{certificate}}
		login.Connection = &connection
	}
	delete(login.Data, fieldRemoteAddr)
	delete(login.Data, fieldCertificate)
	return &login, nil
}

func parseShown(value any) (*x509.Certificate, error) {
	text, _ := value.(string)
	der, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		var certificate *x509.Certificate
		if certificate, err = x509.ParseCertificate(der); err == nil {
			return certificate, nil
		}
	}
	return nil, errors.New(`field "client_certificate" must be a certificate, DER in base64`)
}
