// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// Limits of a login that names no role.
const (
	MaxJudged = 1000 // roles that could match and are judged; see [Index]
	MaxJoined = 32   // roles that a union joins
)

// Mode says what becomes of the roles that admit a token.
type Mode uint8

const (
	Match Mode = iota // the one with the highest priority counts
	Union             // all of them count
)

// Select runs one login that names no role: among the roles of the index it
// grants those that admit the token, whatever their names and their age. It
// returns them with the decision, in the order of priority and then of name. No
// role is looked at before the signature has verified. ctx is that of [Decide].
//
// Match refuses a tie of priorities, since nothing but chance could break it.
// Where a role could not be judged that might have counted, the login is
// refused as well: without it another role would have won.
func Select(ctx context.Context, in Request, issuers *Issuers, index *Index, mode Mode) (Decision, []*Role) {
	v, refused := Verify(ctx, in.Token, in.Now, issuers)
	if refused.Reason != "" {
		return refused, nil
	}
	return SelectVerified(v, in.Circumstances, index, mode)
}

// SelectVerified is [Select] for a token that is verified already.
func SelectVerified(v Verified, at Circumstances, index *Index, mode Mode) (Decision, []*Role) {
	candidates, whole := index.candidates(v)
	if !whole {
		return Decision{Reason: RoleLimit, Issuer: v.issuer.Name}, nil
	}
	return choose(v, at, candidates, mode)
}

// choose judges the candidates. It sorts them in place.
func choose(v Verified, at Circumstances, candidates []*Role, mode Mode) (Decision, []*Role) {
	slices.SortFunc(candidates, byRank)
	candidates = slices.Compact(candidates)
	if len(candidates) > MaxJudged {
		return Decision{Reason: RoleLimit, Issuer: v.issuer.Name}, nil
	}
	p := newPanel(v, at)
	defer p.close()
	var passed []Verdict
	for _, r := range candidates {
		if mode == Match && len(passed) > 0 && r.priority < passed[0].Role.priority {
			break // the rest cannot change the outcome
		}
		d := p.judge(r)
		switch {
		case p.exhausted():
			return Decision{Reason: RoleLimit, Issuer: v.issuer.Name}, nil
		case d.Allowed():
			passed = append(passed, Verdict{r, d})
		case r.broken && !d.Reason.certain():
			return Decision{Reason: RoleUnusable, Issuer: v.issuer.Name, Roles: []string{r.name}}, nil
		}
	}
	switch {
	case len(passed) == 0:
		return p.nobody(), nil
	case len(passed) == 1:
		return passed[0].Decision, roles(passed)
	case mode == Match:
		return Decision{Reason: RoleAmbiguous, Issuer: v.issuer.Name, Roles: names(passed)}, nil
	}
	d := join(passed)
	if !d.Allowed() {
		return d, nil
	}
	return d, roles(passed)
}

// certain tells whether a role with a part that cannot be read would have denied
// the token whatever that part says. Those parts are never issuers, subject or
// audiences.
func (r Reason) certain() bool {
	switch r {
	case ClaimForm, ClaimName, Expired, ExpiryTooFar, NotYetValid, IssuedInFuture, TokenTooOld, IssuerNotBound, SPIFFEID, Audience, AudienceNone, Subject:
		return true
	}
	return false
}

// byRank puts the highest priority first. Names only make the order the same
// each time; they decide nothing.
func byRank(a, b *Role) int {
	return cmp.Or(cmp.Compare(b.priority, a.priority), strings.Compare(a.name, b.name))
}

func roles(verdicts []Verdict) []*Role {
	list := make([]*Role, len(verdicts))
	for i, v := range verdicts {
		list[i] = v.Role
	}
	return list
}

// names returns the roles' names in alphabetical order.
func names(verdicts []Verdict) []string {
	list := make([]string, len(verdicts))
	for i, v := range verdicts {
		list[i] = v.Role.name
	}
	slices.Sort(list)
	return list
}
