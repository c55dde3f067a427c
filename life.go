// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"time"

	"github.com/hashicorp/vault/sdk/logical"
)

// lifeMargin is how much earlier than its JWT a Vault token ends that must not
// outlive it. Vault counts in whole seconds, from a moment shortly after ours.
const lifeMargin = time.Second

// endWith ends what is granted no later than expires, the end of the JWT. Vault
// counts MaxTTL and ExplicitMaxTTL from the moment of the login, begun; that is
// now for a login, and for a renewal what Vault says. ExplicitMaxTTL stays with
// the token, so that it ends then even if the role changes. defaultTTL is asked
// for the mount's TTL if the role sets none. It returns false, and has changed
// nothing, if no whole second is left.
//
// A TTL of 0 would not be an end: Vault takes it for the mount's.
func endWith(a *logical.Auth, expires, begun, now time.Time, defaultTTL func() time.Duration) bool {
	left := expires.Sub(now) - lifeMargin
	whole := (expires.Sub(begun) - lifeMargin).Truncate(time.Second)
	left = left.Truncate(time.Second)
	if left < time.Second || whole < time.Second {
		return false
	}
	if a.TTL == 0 {
		a.TTL = defaultTTL()
	}
	a.TTL = shorter(a.TTL, left)
	a.Period = min(a.Period, left)
	a.MaxTTL = shorter(a.MaxTTL, whole)
	a.ExplicitMaxTTL = shorter(a.ExplicitMaxTTL, whole)
	return true
}

// shorter is the smaller of a duration, 0 for none, and a limit.
func shorter(d, limit time.Duration) time.Duration {
	if d <= 0 {
		return limit
	}
	return min(d, limit)
}
