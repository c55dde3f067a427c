// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
)

// Limits of what is kept of refusals.
const (
	defaultDecisionLog = 1000
	maxDecisionLog     = 10_000
	decisionTexts      = 4096 // bytes of what one decision tells of its checks
	decisionRoles      = 30   // names of roles of one decision
	accountsPerSecond  = 50   // refusals a second that are kept with their checks
)

// refused is a refusal as the log keeps it. Of a token that nobody vouches for
// it holds nothing; of a verified one what the role's checks looked at.
type refused struct {
	id      string
	number  uint64 // the later the higher
	at      time.Time
	kind    string // login or renewal
	reason  auth.Reason
	about   string
	role    string   // "" if there is none of the name asked for
	roles   []string // of a login that names none: those that stand in the way
	issuer  string
	peer    string
	request string // Vault's ID of the request, as its audit log has it
	checks  []auth.Check
}

// Kinds of refusals.
const (
	kindLogin   = "login"
	kindRenewal = "renewal"
)

// decisionLog holds the last refusals of a mount on this node, in memory. Those
// before a verified signature, which anybody can cause as fast as they like,
// have a part of their own, so that they push out none of the others. It is
// safe for concurrent use; the lock is held for a few assignments, and only
// refusals and those who read the log take it.
type decisionLog struct {
	accounts *rate.Limiter

	mu        sync.Mutex
	added     uint64
	vouched   refusals
	strangers refusals
}

func newDecisionLog() *decisionLog {
	return &decisionLog{accounts: rate.NewLimiter(accountsPerSecond, accountsPerSecond)}
}

// strangersShare is how many of size refusals may be those of tokens that nobody
// vouches for: a quarter, rounded up, but never all.
func strangersShare(size int) int { return max(0, min((size+3)/4, size-1)) }

// add keeps a refusal among the last ones, of which there are size in all, and
// gives it an ID, which is random so that it tells nobody how many others there
// were. If none of its kind are kept, the ID is "". account tells of the checks;
// it is not called more often than the budget allows, since it costs more than a
// refusal.
func (l *decisionLog) add(size int, d refused, account func() []auth.Check) string {
	ring, room := &l.vouched, size-strangersShare(size)
	if d.byStranger() {
		ring, room = &l.strangers, strangersShare(size)
	}
	if room == 0 {
		return ""
	}
	var id [6]byte
	rand.Read(id[:])
	d.id = hex.EncodeToString(id[:])
	if account != nil && l.accounts.AllowN(d.at, 1) {
		d.checks = bounded(account())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.added++
	d.number = l.added
	ring.add(room, &d)
	return d.id
}

// last returns the last refusals of each part, at most size of them in all, the
// newest first.
func (l *decisionLog) last(size int) []*refused {
	share := strangersShare(size)
	l.mu.Lock()
	defer l.mu.Unlock()
	list := append(l.vouched.newest(size-share), l.strangers.newest(share)...)
	slices.SortFunc(list, func(a, b *refused) int { return cmp.Compare(b.number, a.number) })
	return list
}

// byStranger tells whether anybody could have caused the refusal. A renewal
// needs the Vault token of a login.
func (d *refused) byStranger() bool { return d.kind == kindLogin && d.reason.BeforeSignature() }

// refusals is a ring of the last few. It is not safe for concurrent use.
type refusals struct {
	ring []*refused
	next int
}

// add keeps a refusal among the last size ones.
func (r *refusals) add(size int, d *refused) {
	if len(r.ring) != size {
		r.resize(size)
	}
	r.ring[r.next] = d
	r.next = (r.next + 1) % size
}

// resize keeps the newest.
func (r *refusals) resize(size int) {
	kept := r.newest(size)
	slices.Reverse(kept)
	r.ring = append(kept, make([]*refused, size-len(kept))...)
	r.next = len(kept) % size
}

// newest returns at most size of what is kept, the newest first.
func (r *refusals) newest(size int) []*refused {
	var list []*refused
	for i := range r.ring {
		if d := r.ring[(r.next-1-i+2*len(r.ring))%len(r.ring)]; d != nil && len(list) < size {
			list = append(list, d)
		}
	}
	return list
}

// bounded cuts the texts of checks, those of the checks that passed first. What
// is left are copies, which keep nothing of the token in memory.
func bounded(checks []auth.Check) []auth.Check {
	left := decisionTexts
	for _, failed := range []bool{true, false} {
		for n := range checks {
			c := &checks[n]
			if (c.Reason != "") != failed {
				continue
			}
			c.About = strings.Clone(expr.Shorten(c.About))
			if size := len(c.Wanted) + len(c.Found); size <= left {
				left -= size
				c.Wanted, c.Found = strings.Clone(c.Wanted), strings.Clone(c.Found)
				continue
			}
			c.Wanted, c.Found = "(too much to keep)", "(too much to keep)"
		}
	}
	return checks
}
