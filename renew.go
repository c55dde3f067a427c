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
// kept at login satisfy the role as it is now, its condition included, and are
// not revoked. A role may ask for more than that, or allow no renewal. The
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
	in, whole := renewal(req, b.now())
	// A union kept the names of all its roles, and each has to stand.
	names := strings.Split(name, auth.RoleSeparator)
	entries, s, err := b.together(ctx, req.Storage, s, names)
	if err != nil {
		return nil, err
	}
	var life auth.Life
	var last auth.Decision
	for n, entry := range entries {
		if last = recheck(ctx, in, whole, s, entry); !last.Allowed() {
			return b.refuseRenewal(req, s, entry, in, last, names[n]), nil
		}
		life = life.And(entry.role.Life())
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
	if life.FollowsToken && !endWith(resp.Auth, last.Expires, begun(req.Auth, in.Now), in.Now, b.System().DefaultLeaseTTL) {
		return b.refuseRenewal(req, s, entries[0], in, last.Ended(), name), nil
	}
	b.countRenewal(auth.Allowed)
	b.noticeGrant(s, noticeRenewal, req, name, last.Issuer)
	return resp, nil
}

// together returns roles as they are in one and the same snapshot, nil for those
// that there are none of.
func (b *backend) together(ctx context.Context, storage logical.Storage, s *snapshot, names []string) ([]*roleEntry, *snapshot, error) {
	entries := make([]*roleEntry, len(names))
	for at := s; ; s = at {
		for n, name := range names {
			var err error
			if entries[n], at, err = b.role(ctx, storage, at, name); err != nil {
				return nil, nil, err
			}
		}
		if at == s {
			return entries, s, nil
		}
	}
}

// begun is when the token was issued that is renewed.
func begun(a *logical.Auth, now time.Time) time.Time {
	if a.IssueTime.IsZero() || a.IssueTime.After(now) {
		return now
	}
	return a.IssueTime
}

// refuseRenewal counts and records a refusal, and makes its answer.
func (b *backend) refuseRenewal(req *logical.Request, s *snapshot, entry *roleEntry, in auth.Renewal, d auth.Decision, role string) *logical.Response {
	b.denials.count(d.Reason, in.Now)
	b.countRenewal(d.Reason)
	id := b.recordRefusal(s, kindRenewal, req, d, entry, func() []auth.Check {
		return entry.judge().AccountRenewal(in, &s.issuers, d)
	})
	return logical.ErrorResponse(withDecision("renewal refused: "+renewalText(d, role)+"; log in again", id))
}

// renewal reads what is known of the login whose token is to be renewed. whole
// is false if nothing was kept with it but the role. What is there and is not of
// the type that a login kept makes the claims unreadable, even if the role has
// no use for it: nobody knows how it came there.
func renewal(req *logical.Request, now time.Time) (in auth.Renewal, whole bool) {
	in = auth.Renewal{Peer: peer(req), Mount: req.MountPoint, Header: keptHeader(req.Auth.InternalData), Now: now}
	if req.Auth.Alias != nil {
		in.Alias = req.Auth.Alias.Name
	}
	sound := true
	for name, into := range map[string]*string{internalClaims: &in.Payload, internalIssuer: &in.Issuer, internalKey: &in.Key} {
		if kept, found := req.Auth.InternalData[name]; found {
			text, isText := kept.(string)
			*into, sound, whole = text, sound && isText, true
		}
	}
	if _, found := req.Auth.InternalData[internalHeader]; found {
		sound, whole = sound && in.Header != nil, true
	}
	if few, found := req.Auth.InternalData[internalFew]; found {
		in.Few, whole = true, true
		sound = sound && few == true
	}
	if !sound {
		in.Payload = ""
	}
	return in, whole
}

func recheck(ctx context.Context, in auth.Renewal, whole bool, s *snapshot, entry *roleEntry) auth.Decision {
	if !whole {
		return auth.RecheckWithoutClaims(in, &s.issuers, entry.judge())
	}
	return auth.Recheck(ctx, in, &s.issuers, entry.judge())
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
	case auth.RenewalNever:
		return "the role does not allow renewals"
	case auth.KeyUnknown:
		return "the issuer has withdrawn the key that signed the token of the login"
	case auth.KeysUnavailable:
		return "the issuer's keys cannot be had at the moment"
	case auth.TokenAlgorithm, auth.TokenType:
		return "the issuer's tokens are not accepted any more in the form that the one of the login has"
	case auth.ClaimsNotKept:
		return "the claims kept at login cannot be read"
	default:
		return deniedText(d)
	}
}
