// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
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

// decisionLog holds the last refusals of a mount on this node, in memory. It is
// safe for concurrent use; the lock is held for a few assignments, and only
// refusals and those who read the log take it.
type decisionLog struct {
	accounts *rate.Limiter

	mu   sync.Mutex
	ring []*refused
	next int
}

func newDecisionLog() *decisionLog {
	return &decisionLog{accounts: rate.NewLimiter(accountsPerSecond, accountsPerSecond)}
}

// add keeps a refusal among the last size ones and gives it an ID, which is
// random so that it tells nobody how many others there were. With size 0
// nothing is kept, and the ID is "". account tells of the checks; it is not
// called more often than the budget allows, since it costs more than a refusal.
func (l *decisionLog) add(size int, d refused, account func() []auth.Check) string {
	if size == 0 {
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
	if len(l.ring) != size {
		l.resize(size)
	}
	l.ring[l.next] = &d
	l.next = (l.next + 1) % size
	return d.id
}

// resize keeps the newest.
func (l *decisionLog) resize(size int) {
	kept := l.newest()
	if len(kept) > size {
		kept = kept[:size]
	}
	slices.Reverse(kept)
	l.ring = append(kept, make([]*refused, size-len(kept))...)
	l.next = len(kept) % size
}

// newest returns what is kept, the newest first. The lock must be held.
func (l *decisionLog) newest() []*refused {
	var list []*refused
	for i := range l.ring {
		if d := l.ring[(l.next-1-i+2*len(l.ring))%len(l.ring)]; d != nil {
			list = append(list, d)
		}
	}
	return list
}

// last returns the last refusals, at most size of them, the newest first.
func (l *decisionLog) last(size int) []*refused {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.newest()
	return list[:min(len(list), size)]
}

// bounded cuts the texts of checks, those of the checks that passed first.
func bounded(checks []auth.Check) []auth.Check {
	left := decisionTexts
	for _, failed := range []bool{true, false} {
		for n := range checks {
			c := &checks[n]
			if (c.Reason != "") != failed {
				continue
			}
			if size := len(c.Wanted) + len(c.Found); size <= left {
				left -= size
				continue
			}
			c.Wanted, c.Found = "(too much to keep)", "(too much to keep)"
		}
	}
	return checks
}
