// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"slices"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Request is what a caller shows.
type Request struct {
	Token string // the token; white space around it is ignored
	Circumstances
}

// Circumstances are what is known of a login besides the token.
type Circumstances struct {
	Peer        string // IP address that Vault saw, "" if not known
	Mount       string // path of the mount, "" if not known
	DPoP        string // DPoP proof that the caller sent, "" for none
	Certificate []byte // DER of the certificate that the caller's TLS connection was made with, nil for none
	Now         time.Time
}

// Decide runs one login. role is nil if there is none of the name asked for;
// the token is verified all the same, so that the time taken does not tell
// which roles exist. ctx bounds the wait for keys, nothing else.
func Decide(ctx context.Context, in Request, issuers *Issuers, role *Role) Decision {
	d, _ := DecideVerified(ctx, in, issuers, role)
	return d
}

// DecideVerified is [Decide] for those who want to judge the same token by other
// roles as well. The token is not known if it was refused before its signature
// had verified.
func DecideVerified(ctx context.Context, in Request, issuers *Issuers, role *Role) (Decision, Verified) {
	if role != nil && !role.admits(in.Peer) {
		return refuse(PeerAddress), Verified{}
	}
	v, refused := verifyFor(ctx, in, issuers, role)
	if refused.Reason != "" {
		return refused, Verified{}
	}
	return role.Judge(v, in.Circumstances), v
}

// JudgeWithAddress is [Role.Judge] for a role on whose address nobody has
// looked yet.
func (r *Role) JudgeWithAddress(v Verified, at Circumstances) Decision {
	if r != nil && !r.admits(at.Peer) {
		return Decision{Reason: PeerAddress, Issuer: v.issuer.Name}
	}
	return r.Judge(v, at)
}

// verifyFor verifies the token of a login that names a role.
func verifyFor(ctx context.Context, in Request, issuers *Issuers, role *Role) (Verified, Decision) {
	if issuer := issuers.introspected(role); issuer != nil {
		return issuers.introspect(ctx, in.Token, issuer)
	}
	return Verify(ctx, in.Token, in.Now, issuers)
}

// Judge decides what the role makes of a verified token. A nil role is one that
// does not exist. It does not look at whether the role admits the address, which
// is checked before anything costly.
func (r *Role) Judge(v Verified, at Circumstances) Decision {
	if r == nil {
		return Decision{Reason: RoleUnknown, Issuer: v.issuer.Name}
	}
	f := v.facts(at)
	return r.judgeToken(v, &f)
}

// facts are what roles judge of the token, all but the header.
func (v Verified) facts(at Circumstances) facts {
	return facts{
		issuers: v.issuers, issuer: v.issuer, claims: v.claims, revoked: v.issuers.Revoked,
		peer: at.Peer, mount: at.Mount, shown: shown{v.whole, at.DPoP, at.Certificate}, now: at.Now,
	}
}

// judgeToken is what every login goes through, whether it named the role or the
// role was chosen for it. f are the token's facts.
func (r *Role) judgeToken(v Verified, f *facts) Decision {
	if r.browserOnly {
		return Decision{Reason: RoleNotForLogin, Issuer: v.issuer.Name}
	}
	f.header = r.header(v.header)
	d := r.judge(f)
	if d.Allowed() {
		d.Payload, d.Expires, d.Verified = v.payload, expiry(v.claims), v
	}
	return d
}

// judge checks verified claims. The signature is behind us: from here on the
// caller may know what failed.
func (r *Role) judge(f *facts) Decision {
	if refused := f.pass(r, tokenChecks[:]); refused != nil {
		return refused.decision(f.issuer.Name)
	}
	return r.match(f)
}

// facts are what a role judges.
type facts struct {
	issuers *Issuers
	issuer  *Issuer
	claims  strictjson.Value
	header  *expr.Header // nil if not known or of no interest
	revoked *Revocations // nil for none, and where they are of no interest
	peer    string       // "" if not known
	mount   string       // "" if not known
	shown   shown        // at a login
	proof   *openedProof // of shown.dpop, nil until a role asks
	now     time.Time
	shared  *expr.Evaluation // of several roles that judge one login, nil for one of each role's own
}

// facts are what the role judges of a token.
func (r *Role) facts(v Verified, at Circumstances) facts {
	f := v.facts(at)
	f.header = r.header(v.header)
	return f
}

// header returns what expressions may read of a token's header, nil if the
// role has none that do, or if there is no header.
func (r *Role) header(h jws.Header) *expr.Header {
	if r.rules == nil || !r.rules.header || h.Algorithm == 0 {
		return nil
	}
	return &expr.Header{Algorithm: h.Algorithm.String(), KeyID: h.KeyID, Type: h.Type}
}

// match checks what the role binds and reads the identity. It is the part of a
// login that a renewal repeats.
func (r *Role) match(f *facts) Decision {
	if refused := f.pass(r, roleChecks[:]); refused != nil {
		return refused.decision(f.issuer.Name)
	}
	if r.rules != nil {
		return r.matchRules(f)
	}
	use, refused := r.checkPossession(f)
	if refused != nil {
		return refused.decision(f.issuer.Name)
	}
	identity, refused := r.identify(f, computed{})
	if refused != nil {
		return refused.decision(f.issuer.Name)
	}
	return Decision{Reason: Allowed, Issuer: f.issuer.Name, Identity: identity, Use: use}
}

// accepts tells whether the role takes tokens of the issuer.
func (r *Role) accepts(issuer *Issuer) bool {
	if len(r.issuers) == 0 {
		return issuer.Name == DefaultIssuer
	}
	return slices.Contains(r.issuers, issuer.Name)
}
