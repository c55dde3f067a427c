// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"context"
	"sync"
	"testing"
	"time"
)

// load is a bounded number of callers that log in one after the other until
// they are told to stop.
type load struct {
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu        sync.Mutex
	outcomes  map[string]map[int]int // by name of the token and status; 0 for no answer
	successes []time.Time
}

// startLoad lets each of the callers log in with every named token in turn.
func startLoad(t *testing.T, m *mount, callers int, role string, tokens map[string]string) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{cancel: cancel, outcomes: map[string]map[int]int{}}
	for range callers {
		l.done.Go(func() {
			for ctx.Err() == nil {
				for _, name := range sortedNames(tokens) {
					l.login(ctx, m, role, name, tokens[name])
				}
			}
		})
	}
	t.Cleanup(l.stop)
	return l
}

func (l *load) login(ctx context.Context, m *mount, role, name, token string) {
	a, err := m.try(ctx, request{method: "POST", path: m.at("login"), body: object{"role": role, "jwt": token}})
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		a.status = 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.outcomes[name] == nil {
		l.outcomes[name] = map[int]int{}
	}
	l.outcomes[name][a.status]++
	if a.status == 200 {
		l.successes = append(l.successes, time.Now())
	}
}

// stop ends the load and waits for it. It may be called again.
func (l *load) stop() {
	l.cancel()
	l.done.Wait()
}

// passed returns how many logins succeeded so far.
func (l *load) passed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.successes)
}

// longestGap returns the longest time without a successful login.
func (l *load) longestGap() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var longest time.Duration
	for i := 1; i < len(l.successes); i++ {
		longest = max(longest, l.successes[i].Sub(l.successes[i-1]))
	}
	return longest
}
