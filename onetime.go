// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/replay"
)

// spending is one attempt to use a JWT up.
type spending struct {
	key        replay.Key
	request    string // Vault's ID of the login, the same if Vault sends it twice
	until, now time.Time
}

// spendToken uses up a JWT that may log in once. An error leaves it unspent, as
// far as is known.
func (b *backend) spendToken(ctx context.Context, req *logical.Request, a *attempt, where auth.Replay) (replay.Outcome, error) {
	s := spending{
		key: a.decision.Verified.OneTimeKey(), request: req.ID, until: auth.OneTimeUntil(a.decision.Expires), now: a.at.Now,
	}
	outcome := b.spent.SpendFor(a.decision.Identity.Alias, s.key, s.request, s.until, s.now)
	if outcome != replay.First || where != auth.ReplayStorage {
		return outcome, nil
	}
	outcome, err := b.record(ctx, req.Storage, s)
	if err != nil {
		b.spent.Forget(s.key)
	}
	return outcome, err
}

// record writes down that a JWT was used, if storage does not know it already:
// then memory learns by which request. Memory has let nobody else of this node come as far with the same JWT, so
// reading and then writing is one step.
func (b *backend) record(ctx context.Context, storage logical.Storage, s spending) (replay.Outcome, error) {
	known, err := loadSpent(ctx, storage, s.key)
	switch {
	case err != nil:
		return replay.Full, err
	case known == nil || !s.now.Before(known.until()):
	case known.Request != "" && known.Request == s.request:
		return replay.Again, nil
	default:
		// Sent once more, this request would pass for the one that spent it.
		b.spent.Attribute(s.key, known.Request)
		return replay.Replayed, nil
	}
	b.tidying.idle.Store(false)
	err = saveSpent(ctx, storage, s.key, &spentRecord{Request: s.request, Until: secondsUp(s.until)})
	if err != nil && strings.Contains(err.Error(), logical.ErrReadOnly.Error()) {
		// A standby of Vault Enterprise knows by this very error that the
		// active node must serve the request. On its way from storage into the
		// plugin it has become text.
		return replay.Full, logical.ErrReadOnly
	}
	return replay.First, err
}

// spentRecord says that a JWT has logged in. Its storage key is a hash.
type spentRecord struct {
	Request string `json:"request"`
	Until   int64  `json:"until"` // Unix time in seconds at which the JWT is of no use to anybody
}

// secondsUp is a time in whole seconds, never earlier than it is: exp may have a
// fraction (RFC 7519, section 2).
func secondsUp(t time.Time) int64 { return t.Add(time.Second - 1).Unix() }

func (r *spentRecord) until() time.Time { return time.Unix(r.Until, 0) }

// spentError is a fault of storage. It names no key, which would be a hash of
// something of the token.
func spentError(err error) error {
	if errors.Is(err, errUnreadable) {
		return errors.New("the record in storage that says whether the token has logged in is not readable by this version")
	}
	return fmt.Errorf("the storage that remembers which tokens have logged in failed: %w", err)
}
