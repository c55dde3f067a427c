// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Renew says what a role demands of a renewal.
type Renew string

const (
	// RenewByRole judges the claims of the login by the role as it is now.
	RenewByRole Renew = "role"
	// RenewRevalidated also asks whether the token of the login could still
	// log in: that it has not expired, and that its key still stands.
	RenewRevalidated Renew = "revalidate"
	// RenewNever refuses every renewal.
	RenewNever Renew = "never"
)

// Replay says where it is remembered that a token has logged in, so that it
// does not do so twice.
type Replay string

const (
	// ReplayOff lets a token log in as often as it is shown.
	ReplayOff Replay = "off"
	// ReplayNode remembers in the memory of one node.
	ReplayNode Replay = "node"
	// ReplayStorage remembers in storage too.
	ReplayStorage Replay = "storage"
)

// Life is what a role says of how long and how often a token counts. The zero
// value sets no limits.
type Life struct {
	FollowsToken bool          // what is granted ends when the token does
	MaxTokenAge  time.Duration // longest time since iat, 0 for no limit
	Renew        Renew         // "" means RenewByRole
	Replay       Replay        // "" means ReplayOff
}

// Life returns what the role says of how long and how often a token counts.
func (r *Role) Life() Life { return r.life }

// check refuses a value that is none of those above, and puts the strictest one
// in its place.
func (l *Life) check() error {
	var errs []error
	if l.Renew != "" && l.Renew.rank() < 0 {
		errs = append(errs, fmt.Errorf("renew: %q is none of role, revalidate and never", l.Renew))
		l.Renew = RenewNever
	}
	if l.Replay != "" && l.Replay.rank() < 0 {
		errs = append(errs, fmt.Errorf("replay: %q is none of off, node and storage", l.Replay))
		l.Replay = ReplayStorage
	}
	if l.MaxTokenAge < 0 {
		errs = append(errs, errors.New("max_token_age: it cannot be negative"))
		l.MaxTokenAge = time.Nanosecond
	}
	return errors.Join(errs...)
}

// OneTime tells whether a token may log in once only.
func (l Life) OneTime() bool { return l.Replay != "" && l.Replay != ReplayOff }

// And returns the stricter of two for each limit, for a token that both grant.
func (l Life) And(other Life) Life {
	l.FollowsToken = l.FollowsToken || other.FollowsToken
	if other.MaxTokenAge > 0 && (l.MaxTokenAge == 0 || other.MaxTokenAge < l.MaxTokenAge) {
		l.MaxTokenAge = other.MaxTokenAge
	}
	if other.Renew.rank() > l.Renew.rank() {
		l.Renew = other.Renew
	}
	if other.Replay.rank() > l.Replay.rank() {
		l.Replay = other.Replay
	}
	return l
}

func (r Renew) rank() int {
	return slices.Index([]Renew{RenewByRole, RenewRevalidated, RenewNever}, r)
}

func (r Replay) rank() int {
	return slices.Index([]Replay{ReplayOff, ReplayNode, ReplayStorage}, r)
}

// maxAge is the stricter one of what issuer and role set.
func (r *Role) maxAge(issuer *Issuer) time.Duration {
	if r.life.MaxTokenAge > 0 && (issuer.MaxTokenAge == 0 || r.life.MaxTokenAge < issuer.MaxTokenAge) {
		return r.life.MaxTokenAge
	}
	return issuer.MaxTokenAge
}

// expiry reads exp, the zero time if there is none.
func expiry(claims strictjson.Value) time.Time {
	exp, _ := claims.Get("exp")
	if at, ok := numericDate(exp); ok {
		return at
	}
	return time.Time{}
}

// permits tells whether renewals are possible at all.
func (l Life) permits(kept bool) Reason {
	switch {
	case l.Renew == RenewNever:
		return RenewalNever
	case !kept && (l.Renew == RenewRevalidated || l.FollowsToken):
		return ClaimsNotKept
	}
	return ""
}

// revalidate asks what a login asks of the token, its signature apart, which
// was not kept: whether the issuer still has the key that made it, and still
// takes its algorithm and type, and whether its times are good.
func (r *Role) revalidate(ctx context.Context, in Renewal, f *facts) Decision {
	if in.Header == nil || in.Key == "" {
		return Decision{Reason: ClaimsNotKept, Issuer: f.issuer.Name}
	}
	if reason := f.issuer.stands(ctx, in); reason != "" {
		return Decision{Reason: reason, Issuer: f.issuer.Name}
	}
	if refused := f.pass(r, tokenChecks[:]); refused != nil {
		return refused.decision(f.issuer.Name)
	}
	return Decision{}
}

// stands tells why the issuer does not stand any more for a token that it
// signed, "" if it does. It looks for the key as a login does, newer ones
// included.
func (i *Issuer) stands(ctx context.Context, in Renewal) Reason {
	alg, known := jws.ParseAlgorithm(in.Header.Algorithm)
	switch {
	case !known || !i.Algorithms.Has(alg):
		return TokenAlgorithm
	case !i.Types[in.Header.Type]:
		return TokenType
	}
	h := jws.Header{Algorithm: alg, KeyID: in.Header.KeyID, Type: in.Header.Type}
	set := i.Keys.Keys(in.Now)
	if holds(set, h, in.Key) {
		return ""
	}
	newer := i.Keys.Renew(ctx, set)
	switch {
	case newer == nil:
		return KeysUnavailable
	case !holds(newer, h, in.Key):
		return KeyUnknown
	}
	return ""
}

// holds tells whether a token with that header would be tried with the key of
// that thumbprint.
func holds(set *jwk.Set, h jws.Header, thumbprint string) bool {
	if set == nil {
		return false
	}
	candidates, _ := set.Candidates(h)
	return slices.ContainsFunc(candidates, func(k *jwk.Key) bool { return k.Thumbprint == thumbprint })
}
