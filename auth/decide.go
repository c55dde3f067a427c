// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Request is what a caller shows.
type Request struct {
	Token string // the token; white space around it is ignored
	Peer  string // IP address that Vault saw, "" if not known
	Mount string // path of the mount, "" if not known
	Now   time.Time
}

// Decide runs one login. role is nil if there is none of the name asked for;
// the token is verified all the same, so that the time taken does not tell
// which roles exist. ctx bounds the wait for keys, nothing else.
func Decide(ctx context.Context, in Request, issuers *Issuers, role *Role) Decision {
	if role != nil && !role.admits(in.Peer) {
		return refuse(PeerAddress)
	}
	whole := strings.Trim(in.Token, " \t\r\n")
	token, err := jws.Parse(whole, issuers.TokenBytes)
	if err != nil {
		return refuse(formReason(err))
	}
	claims, err := token.Payload()
	if err != nil {
		return refuse(formReason(err))
	}
	issuer := issuers.choose(claims)
	if issuer == nil {
		return refuse(IssuerUnknown)
	}
	if !issuer.Algorithms.Has(token.Header().Algorithm) {
		return Decision{Reason: TokenAlgorithm, Issuer: issuer.Name}
	}
	if !issuer.Types[token.Header().Type] {
		return Decision{Reason: TokenType, Issuer: issuer.Name}
	}
	if reason := issuer.verify(ctx, token, whole, in.Now); reason != "" {
		return Decision{Reason: reason, Issuer: issuer.Name}
	}
	if role == nil {
		return Decision{Reason: RoleUnknown, Issuer: issuer.Name}
	}
	if role.browserOnly {
		return Decision{Reason: RoleNotForLogin, Issuer: issuer.Name}
	}
	d := role.judge(facts{
		issuers: issuers, issuer: issuer, claims: claims, header: role.header(token.Header()),
		peer: in.Peer, mount: in.Mount, now: in.Now,
	})
	if d.Allowed() {
		d.Payload = token.EncodedPayload()
	}
	return d
}

// facts are what a role judges.
type facts struct {
	issuers *Issuers
	issuer  *Issuer
	claims  strictjson.Value
	header  *expr.Header // nil if not known or of no interest
	peer    string       // "" if not known
	mount   string       // "" if not known
	now     time.Time
}

// header returns what expressions may read of a token's header, nil if the
// role has none that do.
func (r *Role) header(h jws.Header) *expr.Header {
	if r.rules == nil || !r.rules.header {
		return nil
	}
	return &expr.Header{Algorithm: h.Algorithm.String(), KeyID: h.KeyID, Type: h.Type}
}

// judge checks verified claims. The signature is behind us: from here on the
// caller may know what failed.
func (r *Role) judge(f facts) Decision {
	issuer, claims, now := f.issuer, f.claims, f.now
	if refused := checkForm(claims); refused != nil {
		return refused.decision(issuer.Name)
	}
	if refused := checkNames(claims, r.relied); refused != nil {
		return refused.decision(issuer.Name)
	}
	if refused := checkTimes(claims, now, r.skew); refused != nil {
		return refused.decision(issuer.Name)
	}
	if refused := checkAge(claims, now, r.skew, issuer.MaxTokenAge); refused != nil {
		return refused.decision(issuer.Name)
	}
	return r.match(f)
}

// match checks what the role binds and reads the identity. It is the part of a
// login that a renewal repeats.
func (r *Role) match(f facts) Decision {
	issuer, claims := f.issuer, f.claims
	if !r.accepts(issuer) {
		return Decision{Reason: IssuerNotBound, Issuer: issuer.Name}
	}
	if refused := issuer.checkSPIFFE(claims); refused != nil {
		return refused.decision(issuer.Name)
	}
	if refused := checkAudience(claims, r.audiences); refused != nil {
		return refused.decision(issuer.Name)
	}
	if refused := checkSubject(claims, r.subject); refused != nil {
		return refused.decision(issuer.Name)
	}
	for _, b := range r.bindings {
		separator := ""
		if b.path.name == r.groups.name {
			separator = issuer.GroupSeparator
		}
		if refused := b.check(claims, separator); refused != nil {
			return refused.decision(issuer.Name)
		}
	}
	if r.rules != nil {
		return r.matchRules(f)
	}
	identity, refused := r.identify(f, computed{})
	if refused != nil {
		return refused.decision(issuer.Name)
	}
	return Decision{Reason: Allowed, Issuer: issuer.Name, Identity: identity}
}

// accepts tells whether the role takes tokens of the issuer.
func (r *Role) accepts(issuer *Issuer) bool {
	if len(r.issuers) == 0 {
		return issuer.Name == DefaultIssuer
	}
	return slices.Contains(r.issuers, issuer.Name)
}

// formReason maps the faults of the front door to reasons.
func formReason(err error) Reason {
	var fault jws.Fault
	if !errors.As(err, &fault) {
		return TokenForm
	}
	switch fault {
	case jws.FaultTooLong:
		return TokenTooLong
	case jws.FaultHeader, jws.FaultCritical, jws.FaultEmbedded, jws.FaultKeyID:
		return TokenHeader
	case jws.FaultType:
		return TokenType
	case jws.FaultAlgorithm:
		return TokenAlgorithm
	case jws.FaultPayload:
		return TokenPayload
	default:
		return TokenForm
	}
}
