// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"strings"
	"time"

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
	payload string // as the token carried it, in base64url
}

// Issuer returns the operator's name of the issuer whose key signed the token.
func (v Verified) Issuer() string { return v.issuer.Name }

// Verify is the part of a login before any role counts: form, header, issuer,
// key, signature. The reason of the decision is empty if the token is verified.
// ctx bounds the wait for keys, nothing else.
func Verify(ctx context.Context, compact string, now time.Time, issuers *Issuers) (Verified, Decision) {
	whole := strings.Trim(compact, " \t\r\n")
	token, err := jws.Parse(whole, issuers.TokenBytes)
	if err != nil {
		return Verified{}, refuse(formReason(err))
	}
	claims, err := token.Payload()
	if err != nil {
		return Verified{}, refuse(formReason(err))
	}
	issuer := issuers.choose(claims)
	if issuer == nil {
		return Verified{}, refuse(IssuerUnknown)
	}
	if reason := issuer.check(ctx, token, whole, now); reason != "" {
		return Verified{}, Decision{Reason: reason, Issuer: issuer.Name}
	}
	return Verified{
		issuers: issuers, issuer: issuer, claims: claims, header: token.Header(), payload: token.EncodedPayload(),
	}, Decision{}
}

// check tells why the issuer does not stand for the token, "" if it does.
func (i *Issuer) check(ctx context.Context, token jws.Unverified, whole string, now time.Time) Reason {
	switch {
	case !i.Algorithms.Has(token.Header().Algorithm):
		return TokenAlgorithm
	case !i.Types[token.Header().Type]:
		return TokenType
	}
	return i.verify(ctx, token, whole, now)
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
