// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"sync"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// tallyInterval is the least time between two log lines about refused logins.
// Strangers can make any number of those, and must not fill the log with them.
const tallyInterval = 10 * time.Second

// tally counts refused logins by reason and logs the counts now and then. A
// reason is one of a closed list, so nothing that a caller sends is logged.
type tally struct {
	log func(counts []any)

	mu     sync.Mutex
	counts map[auth.Reason]int
	last   time.Time
}

// count adds one refusal, and logs what has come together if the last line is
// long enough ago. Only refusals take the lock.
func (t *tally) count(reason auth.Reason, now time.Time) {
	t.mu.Lock()
	if t.counts == nil {
		t.counts = map[auth.Reason]int{}
	}
	t.counts[reason]++
	var line []any
	if now.Sub(t.last) >= tallyInterval {
		t.last = now
		for r, n := range t.counts {
			line = append(line, string(r), n)
		}
		clear(t.counts)
	}
	t.mu.Unlock()
	if line != nil && t.log != nil {
		t.log(line)
	}
}
