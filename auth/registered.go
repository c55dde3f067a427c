// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"slices"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// MaxIdentifierBytes bounds iss, sub, and what becomes an alias, a group or a
// metadata value. Vault stores no longer metadata.
const MaxIdentifierBytes = 512

// identifier reads a claim that names somebody: a string of 1 to 512 bytes
// without control characters.
func identifier(v strictjson.Value) (string, bool) {
	s, ok := v.Text()
	return s, ok && s != "" && len(s) <= MaxIdentifierBytes && !hasControl(s)
}

// checkForm judges the registered claims that every login relies on (RFC 7519,
// section 4.1). iss may be missing only where the mount binds no issuer, and
// then [Issuers.choose] has seen to it.
func checkForm(claims strictjson.Value) *denial {
	if sub, _ := claims.Get("sub"); !isIdentifier(sub) {
		return deny(ClaimForm, "sub")
	}
	if iss, found := claims.Get("iss"); found && !isIdentifier(iss) {
		return deny(ClaimForm, "iss")
	}
	if jti, found := claims.Get("jti"); found && !isIdentifier(jti) {
		return deny(ClaimForm, "jti")
	}
	// The mark of a security event or logout token (RFC 8417, OpenID Connect
	// Back-Channel Logout, section 2.4): never meant for logging in.
	if _, found := claims.Get("events"); found {
		return deny(ClaimForm, "events")
	}
	return nil
}

func isIdentifier(v strictjson.Value) bool {
	_, ok := identifier(v)
	return ok
}

// checkAudience judges aud (RFC 7519, section 4.1.3): a string, or a list of
// strings, of which one must be an audience of the role, byte for byte. A token
// with an audience needs a role that names one.
func checkAudience(claims strictjson.Value, bound []string) *denial {
	aud, found := claims.Get("aud")
	if !found {
		if len(bound) > 0 {
			return deny(Audience, "aud")
		}
		return nil
	}
	match, empty := false, false
	switch aud.Kind() {
	case strictjson.String:
		name, ok := identifier(aud)
		if !ok {
			return deny(ClaimForm, "aud")
		}
		match = slices.Contains(bound, name)
	case strictjson.Array:
		empty = aud.Len() == 0
		for e := range aud.Elements() {
			name, ok := identifier(e)
			if !ok {
				return deny(ClaimForm, "aud")
			}
			match = match || slices.Contains(bound, name)
		}
	default:
		return deny(ClaimForm, "aud")
	}
	if len(bound) == 0 && !empty {
		return deny(AudienceNone, "aud")
	}
	if len(bound) > 0 && !match {
		return deny(Audience, "aud")
	}
	return nil
}

// checkSubject compares sub with bound_subject, if there is one.
func checkSubject(claims strictjson.Value, bound string) *denial {
	if bound == "" {
		return nil
	}
	sub, _ := claims.Get("sub")
	if s, _ := sub.Text(); s != bound {
		return deny(Subject, "sub")
	}
	return nil
}

// checkNames refuses a top-level name that differs only by letter case from
// one that the checks or the role rely on. A reader that folds names would take
// it for the real one.
func checkNames(claims strictjson.Value, relied reliance) *denial {
	for name := range claims.Members() {
		if exact, found := relied.twin(name); found {
			return deny(ClaimName, exact)
		}
	}
	return nil
}
