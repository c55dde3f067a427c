// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"
)

// OneTimeKey is what a token is known by that may log in once: a hash of its
// issuer and its jti (RFC 7519, section 4.1.7). A token without jti is known by
// what was signed. The signature is no part of either, since every ECDSA
// signature has a twin that verifies too. An opaque token counts as a whole.
func (v Verified) OneTimeKey() [32]byte {
	issuer := cmp.Or(v.issuer.ID, textOf(v.claims, "iss"), v.issuer.Name)
	if jti := textOf(v.claims, "jti"); jti != "" {
		return hashed("jti", issuer, jti)
	}
	whole := v.whole
	if strings.Count(whole, ".") == 2 {
		whole = whole[:strings.LastIndexByte(whole, '.')]
	}
	return hashed("signed", issuer, whole)
}

// hashed joins the parts so that no two lists of parts are alike: each is
// preceded by its length.
func hashed(parts ...string) [32]byte {
	var joined []byte
	for _, p := range parts {
		joined = binary.BigEndian.AppendUint64(joined, uint64(len(p)))
		joined = append(joined, p...)
	}
	return sha256.Sum256(joined)
}

// OneTimeUntil is how long a role that lets tokens log in once must remember
// one that it let in: until no role of the mount would take it any more. A role
// whose tokens are used once has no longer leeway than [MaxLeeway], which
// [CompileRole] sees to.
func OneTimeUntil(expires time.Time) time.Time { return expires.Add(MaxLeeway) }

// Replayed is the refusal of a login that passed every check, but whose token
// has logged in before; or cannot be remembered, because memory is full.
func (d Decision) Replayed(full bool) Decision {
	switch {
	case !d.Allowed():
		return d
	case full:
		return Decision{Reason: ReplayFull, Issuer: d.Issuer}
	}
	return Decision{Reason: TokenReplayed, Issuer: d.Issuer}
}

// Ended is the refusal of a login, or renewal, that passed every check, but
// whose token has no time left that what is granted could last.
func (d Decision) Ended() Decision {
	return Decision{Reason: Expired, About: "exp", Issuer: d.Issuer}
}
