// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/helper/tokenutil"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// renew prolongs a token if its role and issuer are still there and the claims
// kept at login satisfy the role as it is now, its condition included. The
// limits come from the role as it is now; policies stay those of the login, but
// the role must still allow what it computes. A token that the other plugin
// issued has no claims with it, and is renewed as that plugin would: if its
// role exists.
func (b *backend) renew(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	if req.Auth == nil {
		return logical.ErrorResponse("renewal refused: the request carries no token to renew"), nil
	}
	name, ok := req.Auth.InternalData[internalRole].(string)
	if !ok || name == "" {
		return logical.ErrorResponse("renewal refused: the token does not say which role it was issued for; log in again"), nil
	}
	s, err := b.current(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	// A union kept the names of all its roles, and each has to stand.
	var entries []*roleEntry
	for one := range strings.SplitSeq(name, auth.RoleSeparator) {
		entry, err := b.role(ctx, req.Storage, s, one)
		if err != nil {
			return nil, err
		}
		if d := recheck(req, s, entry, b.now()); !d.Allowed() {
			b.denials.count(d.Reason, b.now())
			b.countRenewal(d.Reason)
			return logical.ErrorResponse("renewal refused: " + renewalText(d, one) + "; log in again"), nil
		}
		entries = append(entries, entry)
	}
	params := entries[0].params
	if len(entries) > 1 {
		params = tokenutil.TokenParams{}
		b.joinLifetimes(&params, entries)
	}
	resp := &logical.Response{Auth: req.Auth}
	resp.Auth.TTL = params.TokenTTL
	resp.Auth.MaxTTL = params.TokenMaxTTL
	resp.Auth.Period = params.TokenPeriod
	b.countRenewal(auth.Allowed)
	return resp, nil
}

func recheck(req *logical.Request, s *snapshot, entry *roleEntry, now time.Time) auth.Decision {
	in := auth.Renewal{Peer: peer(req), Mount: req.MountPoint, Header: keptHeader(req.Auth.InternalData), Now: now}
	if req.Auth.Alias != nil {
		in.Alias = req.Auth.Alias.Name
	}
	role := entry.judge()
	kept, found := req.Auth.InternalData[internalClaims]
	if !found {
		return auth.RecheckWithoutClaims(in, &s.issuers, role)
	}
	in.Payload, _ = kept.(string)
	in.Issuer, _ = req.Auth.InternalData[internalIssuer].(string)
	return auth.Recheck(in, &s.issuers, role)
}

func renewalText(d auth.Decision, role string) string {
	switch d.Reason {
	case auth.RoleGone:
		return "the role " + role + " does not exist any more"
	case auth.ConfigGone:
		return "the mount is not configured any more"
	case auth.IssuerUnknown:
		return "the issuer that the login came from is not accepted any more"
	case auth.PeerAddress:
		return "the role does not admit this address"
	case auth.IdentityChanged:
		return "the role names another user for these claims by now"
	case auth.ClaimsNotKept:
		return "the claims kept at login cannot be read"
	default:
		return deniedText(d)
	}
}
