// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"cmp"
	"context"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// Renewal is what is known of a login when its token is renewed.
type Renewal struct {
	Payload string       // what [Decision.Payload] was
	Few     bool         // that Payload is what [Verified.RegisteredClaims] was
	Alias   string       // the alias that the token was issued to, "" if not known
	Issuer  string       // name of the issuer that signed the token, "" for the default one
	Peer    string       // IP address that Vault saw, "" if not known
	Mount   string       // path of the mount, "" if not known
	Header  *expr.Header // of the token, nil if it was not kept
	Key     string       // thumbprint of the key that signed the token, "" if it was not kept
	Now     time.Time
}

// Recheck judges the claims kept at login by the role and the issuers as they
// are now. The signature was checked at login and Vault's storage keeps what it
// was given; exp, nbf and iat spoke of that moment, so neither is looked at
// again, unless the role revalidates. A role or issuer that is no longer there,
// or admits other claims by now, refuses, and so does a revocation. Expressions
// see the claims and the header of the login, and the time and the address of
// the renewal. ctx bounds the wait for keys, which only a role that revalidates
// asks for.
func Recheck(ctx context.Context, in Renewal, issuers *Issuers, role *Role) Decision {
	if d := standing(in, issuers, role, true); !d.Allowed() {
		return d
	}
	f, refused := in.facts(issuers)
	if refused != nil {
		return refused.decision("")
	}
	d := role.rematch(ctx, in, f)
	switch {
	case !d.Allowed():
		return d
	case in.Alias != "" && d.Identity.Alias != in.Alias:
		return Decision{Reason: IdentityChanged, Issuer: f.issuer.Name}
	}
	if d.Expires = expiry(f.claims); d.Expires.IsZero() && role.life.FollowsToken {
		return Decision{Reason: ClaimsNotKept, Issuer: f.issuer.Name}
	}
	return d
}

// facts reads what was kept at login.
func (in Renewal) facts(issuers *Issuers) (*facts, *denial) {
	claims, err := jws.DecodePayload(in.Payload)
	if err != nil {
		return nil, deny(ClaimsNotKept, "")
	}
	issuer := issuers.choose(claims)
	if issuer == nil || issuer.Name != cmp.Or(in.Issuer, DefaultIssuer) {
		// Gone, or the claims would now choose another: whose key signed them
		// was settled at login.
		return nil, deny(IssuerUnknown, "")
	}
	return &facts{
		issuers: issuers, issuer: issuer, claims: claims, header: in.Header, revoked: issuers.Revoked,
		peer: in.Peer, mount: in.Mount, now: in.Now,
	}, nil
}

// rematch repeats what of a login a renewal repeats.
func (r *Role) rematch(ctx context.Context, in Renewal, f *facts) Decision {
	if refused := f.revoked.check(f.issuer.Name, f.claims); refused != nil {
		return refused.decision(f.issuer.Name)
	}
	if r.life.Renew == RenewRevalidated {
		if d := r.revalidate(ctx, in, f); d.Reason != "" {
			return d
		}
	}
	if refused := checkNames(f.claims, r.relied); refused != nil {
		return refused.decision(f.issuer.Name)
	}
	if in.Few && r.rules != nil {
		// An expression may admit whom a claim is missing that was not kept.
		return Decision{Reason: ClaimsNotKept, Issuer: f.issuer.Name}
	}
	return r.match(f)
}

// RecheckWithoutClaims judges the renewal of a token with which no claims were
// kept, as the method that we replace issues them: role and issuer must still
// be there and the role must admit the address. A role that needs to know more
// refuses it, and so does a revocation of all that the default issuer signed
// before some time, as it does for any token that does not say when, or of a
// subject of it that has the name of the alias.
func RecheckWithoutClaims(in Renewal, issuers *Issuers, role *Role) Decision {
	d := standing(in, issuers, role, false)
	if d.Allowed() && issuers.Revoked.withoutClaims(DefaultIssuer, in.Alias) {
		return refuse(Revoked)
	}
	return d
}

// standing judges what does not depend on claims; kept tells whether there are any.
func standing(in Renewal, issuers *Issuers, role *Role, kept bool) Decision {
	switch {
	case role == nil:
		return refuse(RoleGone)
	case issuers.Empty():
		return refuse(ConfigGone)
	case in.Peer != "" && !role.admits(in.Peer):
		return refuse(PeerAddress)
	}
	if reason := role.life.permits(kept); reason != "" {
		return refuse(reason)
	}
	return Decision{Reason: Allowed}
}
