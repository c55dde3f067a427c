// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/view"
)

// DefaultIssuer is the name of the issuer that a mount's config describes. A
// role that binds no issuers takes tokens of this one alone.
const DefaultIssuer = "default"

// Issuer is one who signs tokens, and what we accept of it.
type Issuer struct {
	Name           string          // what the operator calls it
	Tenant         string          // which of the tenants that share the name, "" for an issuer without tenants
	ID             string          // exact iss; "" accepts any iss, or none
	TrustDomain    string          // of a SPIFFE issuer, whose tokens are known by sub; "" for others
	Algorithms     jws.Algorithms  // allowed alg values
	Types          map[string]bool // allowed typ values in lower case; "" stands for no typ
	MaxTokenAge    time.Duration   // longest time since iat, 0 for no limit
	Aliases        AliasForm       // how users become alias names
	Keys           KeySource
	Introspection  Introspector   // asked about tokens in place of keys; nil for an issuer with keys
	Verified       *VerifiedCache // nil for none
	GroupSeparator string         // parts the names in a groups claim that is a string; "" if it is one name
}

// DefaultTypes returns the typ values of tokens that are for whoever holds
// them: none, JWT, and JOSE, which SPIFFE allows. Tokens of a stated other
// purpose (at+jwt, logout+jwt, dpop+jwt) are not among them (RFC 8725, section 3.11).
func DefaultTypes() map[string]bool {
	return map[string]bool{"": true, "jwt": true, "application/jwt": true, "jose": true}
}

// verify checks the signature with the issuer's keys, and once more with newer
// ones if the issuer may have changed them. It returns the key that made it; the
// empty reason means verified.
func (i *Issuer) verify(ctx context.Context, token jws.Unverified, whole string, now time.Time) (*jwk.Key, Reason) {
	set := i.Keys.Keys(now)
	reason := KeysUnavailable
	if set != nil {
		var key *jwk.Key
		var final bool
		if key, reason, final = i.verifyWith(set, token, whole); final {
			return key, reason
		}
	}
	newer := i.Keys.Renew(ctx, set)
	if newer == nil {
		return nil, KeysUnavailable
	}
	if newer == set {
		return nil, reason
	}
	key, reason, _ := i.verifyWith(newer, token, whole)
	return key, reason
}

// verifyWith tries the keys of one set. final means that other keys would not
// change the outcome.
func (i *Issuer) verifyWith(set *jwk.Set, token jws.Unverified, whole string) (_ *jwk.Key, reason Reason, final bool) {
	candidates, miss := set.Candidates(token.Header())
	if miss != jwk.MissNone {
		return nil, KeyUnknown, miss == jwk.MissAmbiguous
	}
	if i.Verified == nil {
		return tryKeys(candidates, token)
	}
	sum := sha256.Sum256(view.Bytes(whole))
	if key := i.Verified.find(sum, set); key != nil {
		return key, "", true
	}
	key, reason, final := tryKeys(candidates, token)
	if reason == "" {
		i.Verified.add(sum, set, key)
	}
	return key, reason, final
}

func tryKeys(candidates []*jwk.Key, token jws.Unverified) (*jwk.Key, Reason, bool) {
	for _, k := range candidates {
		if token.VerifiedBy(k.Public) {
			return k, "", true
		}
	}
	return nil, SignatureInvalid, false
}
