// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
)

// Decision is the outcome of one login. What comes after Issuer is set only if
// it is allowed, and Payload and Verified by a login alone.
type Decision struct {
	Reason   Reason
	About    string // the configured claim name that the reason is about, or ""
	Issuer   string // name of the issuer that the token chose, "" if none
	Identity Identity
	Policies []string     // computed from claims, to be added to those of the role
	Payload  string       // the verified claims as the token carried them, in base64url
	Header   *expr.Header // nil unless an expression of the role reads it
	Roles    []string     // of a login that names none: those that were joined, or that stand in the way
	Use      *Use         // what the login uses up, nil for nothing
	Expires  time.Time    // exp of the token; zero at the renewal of one that says none
	Verified Verified
}

// Allowed tells whether the login is granted.
func (d Decision) Allowed() bool { return d.Reason == Allowed }

// denial is a check that failed.
type denial struct {
	reason Reason
	about  string
}

func deny(reason Reason, about string) *denial { return &denial{reason, about} }

func (d *denial) decision(issuer string) Decision {
	return Decision{Reason: d.reason, About: d.about, Issuer: issuer}
}

func refuse(reason Reason) Decision { return Decision{Reason: reason} }
