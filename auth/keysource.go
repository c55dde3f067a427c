// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// KeySource finds the keys of one issuer. Implementations are safe for
// concurrent use.
type KeySource interface {
	// Keys returns the keys that may be used at the time now, nil if there are
	// none. It takes no lock that a fetch holds and does no I/O.
	Keys(now time.Time) *jwk.Set

	// Renew is called when a token could not be verified with the keys of
	// used, perhaps because the issuer has changed them since. It may fetch, within a budget
	// that all callers share, and waits no longer than ctx. It returns the
	// newest keys, which are used itself if there is nothing newer, and nil if
	// there are none.
	Renew(ctx context.Context, used *jwk.Set) *jwk.Set
}

// StaticKeys is a source of keys that were written down and never change.
type StaticKeys struct{ Set *jwk.Set }

// Keys implements [KeySource].
func (s StaticKeys) Keys(time.Time) *jwk.Set { return s.Set }

// Renew implements [KeySource]: there is never anything newer.
func (s StaticKeys) Renew(context.Context, *jwk.Set) *jwk.Set { return s.Set }

var _ KeySource = StaticKeys{}
