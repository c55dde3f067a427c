// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Verified is a token that a key of its issuer has signed. Nothing of it has
// been judged yet, neither times nor claims. [Verify] makes one; several roles
// may judge the same one, at the same time too.
type Verified struct {
	issuers *Issuers
	issuer  *Issuer
	claims  strictjson.Value
	header  jws.Header
	key     *jwk.Key // which made the signature
	payload string   // as the token carried it, in base64url
	whole   string   // the token without the white space around it
}

// Known tells whether there is a token at all: the zero value has none.
func (v Verified) Known() bool { return v.issuer != nil }

// Issuer returns the operator's name of the issuer whose key signed the token.
func (v Verified) Issuer() string { return v.issuer.Name }

// Header returns the token's header.
func (v Verified) Header() expr.Header {
	return expr.Header{Algorithm: v.header.Algorithm.String(), KeyID: v.header.KeyID, Type: v.header.Type}
}

// Key returns the RFC 7638 thumbprint of the key that signed the token, "" for
// a token that its issuer vouched for when asked.
func (v Verified) Key() string {
	if v.key == nil {
		return ""
	}
	return v.key.Thumbprint
}

// Verify is the part of a login before any role counts: form, header, issuer,
// key, signature. The reason of the decision is empty if the token is verified.
// ctx bounds the wait for keys, nothing else.
func Verify(ctx context.Context, compact string, now time.Time, issuers *Issuers) (Verified, Decision) {
	o, err := open(compact, issuers)
	if err != nil {
		return Verified{}, refuse(formReason(err))
	}
	if o.issuer == nil {
		return Verified{}, refuse(IssuerUnknown)
	}
	key, reason := o.issuer.check(ctx, o.token, o.whole, now)
	if reason != "" {
		return Verified{}, Decision{Reason: reason, Issuer: o.issuer.Name}
	}
	return o.verified(issuers, key), Decision{}
}

// opened is a token whose parts can be read. Nothing of it may be believed.
type opened struct {
	whole  string // without white space around it
	token  jws.Unverified
	claims strictjson.Value
	issuer *Issuer // that the token chose, nil if it is none of the mount's
}

// open reads a token. If the error is one of the payload, the header is there.
func open(compact string, issuers *Issuers) (o opened, err error) {
	o.whole = strings.Trim(compact, " \t\r\n")
	if o.token, err = jws.Parse(o.whole, issuers.TokenBytes); err != nil {
		return o, err
	}
	if o.claims, err = o.token.Payload(); err != nil {
		return o, err
	}
	o.issuer = issuers.choose(o.claims)
	return o, nil
}

// verified is for those who have checked the signature with the key.
func (o *opened) verified(issuers *Issuers, key *jwk.Key) Verified {
	return Verified{
		issuers: issuers, issuer: o.issuer, claims: o.claims, header: o.token.Header(), key: key, payload: o.token.EncodedPayload(), whole: o.whole,
	}
}

// check tells why the issuer does not stand for the token, or with which key
// it does. The empty reason means that it does.
func (i *Issuer) check(ctx context.Context, token jws.Unverified, whole string, now time.Time) (*jwk.Key, Reason) {
	if reason := i.checkHeader(token.Header()); reason != "" {
		return nil, reason
	}
	return i.verify(ctx, token, whole, now)
}

func (i *Issuer) checkHeader(h jws.Header) Reason {
	switch {
	case !i.Algorithms.Has(h.Algorithm):
		return TokenAlgorithm
	case !i.Types[h.Type]:
		return TokenType
	}
	return ""
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
