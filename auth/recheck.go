// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"cmp"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// Renewal is what is known of a login when its token is renewed.
type Renewal struct {
	Payload string       // what [Decision.Payload] was
	Alias   string       // the alias that the token was issued to, "" if not known
	Issuer  string       // name of the issuer that signed the token, "" for the default one
	Peer    string       // IP address that Vault saw, "" if not known
	Mount   string       // path of the mount, "" if not known
	Header  *expr.Header // what [Decision.Header] was
	Now     time.Time
}

// Recheck judges the claims kept at login by the role and the issuers as they
// are now. The signature was checked at login and Vault's storage keeps what it
// was given; exp, nbf and iat spoke of that moment, so neither is looked at
// again. A role or issuer that is no longer there, or admits other claims by
// now, refuses. Expressions see the claims and the header of the login, and the
// time and the address of the renewal.
func Recheck(in Renewal, issuers *Issuers, role *Role) Decision {
	if d := RecheckWithoutClaims(in, issuers, role); !d.Allowed() {
		return d
	}
	f, refused := in.facts(issuers)
	if refused != nil {
		return refused.decision("")
	}
	if refused := checkNames(f.claims, role.relied); refused != nil {
		return refused.decision(f.issuer.Name)
	}
	d := role.match(f)
	if d.Allowed() && in.Alias != "" && d.Identity.Alias != in.Alias {
		return Decision{Reason: IdentityChanged, Issuer: f.issuer.Name}
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
		issuers: issuers, issuer: issuer, claims: claims, header: in.Header,
		peer: in.Peer, mount: in.Mount, now: in.Now,
	}, nil
}

// RecheckWithoutClaims judges the renewal of a token with which no claims were
// kept, as the method that we replace issues them: role and issuer must still
// be there and the role must admit the address.
func RecheckWithoutClaims(in Renewal, issuers *Issuers, role *Role) Decision {
	switch {
	case role == nil:
		return refuse(RoleGone)
	case issuers.Empty():
		return refuse(ConfigGone)
	case in.Peer != "" && !role.admits(in.Peer):
		return refuse(PeerAddress)
	}
	return Decision{Reason: Allowed}
}
