// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Revocation refuses tokens of one issuer. Of JTI, Subject and IssuedBefore
// those that are set must all match.
type Revocation struct {
	Issuer       string    // the operator's name of the issuer
	JTI          string    // "" for any
	Subject      string    // "" for any
	IssuedBefore time.Time // zero for any time
}

// Revocations are those of a mount, indexed so that a login costs four look-ups
// however many there are. A nil pointer has none. It never changes.
type Revocations struct {
	limits map[target]limit
}

type target struct{ issuer, jti, subject string }

// limit is what of a target's tokens is refused: all, or those issued before.
type limit struct {
	all    bool
	before time.Time
}

// NewRevocations indexes a list. It returns nil if the list is empty, so that
// logins of a mount without revocations do not pay for them. An entry that
// would match every token of its issuer does so.
func NewRevocations(list []Revocation) *Revocations {
	if len(list) == 0 {
		return nil
	}
	r := &Revocations{limits: make(map[target]limit, len(list))}
	for _, one := range list {
		at := target{one.Issuer, one.JTI, one.Subject}
		l := r.limits[at]
		l.all = l.all || one.IssuedBefore.IsZero()
		if one.IssuedBefore.After(l.before) {
			l.before = one.IssuedBefore
		}
		r.limits[at] = l
	}
	return r
}

// check refuses a token that is revoked. One that does not say when it was
// issued was issued before any time.
func (r *Revocations) check(issuer string, claims strictjson.Value) *denial {
	if r == nil {
		return nil
	}
	jti, subject := textOf(claims, "jti"), textOf(claims, "sub")
	iat, _ := claims.Get("iat")
	issued, dated := numericDate(iat)
	for _, at := range [...]target{{issuer, jti, subject}, {issuer, jti, ""}, {issuer, "", subject}, {issuer, "", ""}} {
		if l, found := r.limits[at]; found && (l.all || !dated || issued.Before(l.before)) {
			return deny(Revoked, "")
		}
	}
	return nil
}

// withoutClaims tells whether tokens of the issuer are revoked of which nothing
// is known but the alias that they were issued to. Whoever is named like a
// revoked subject is taken for it, and when the token was issued is not known,
// so that any time refuses.
func (r *Revocations) withoutClaims(issuer, alias string) bool {
	if r == nil {
		return false
	}
	_, all := r.limits[target{issuer: issuer}]
	_, one := r.limits[target{issuer: issuer, subject: alias}]
	return all || one
}

// textOf reads a claim that is a string, "" for any other.
func textOf(claims strictjson.Value, name string) string {
	v, _ := claims.Get(name)
	s, _ := v.Text()
	return s
}
