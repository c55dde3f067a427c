// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package live

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/cputime"
)

// slice is what one contender did in one stretch of load.
type slice struct {
	logins                int
	elapsed               time.Duration
	plugin, vault, client time.Duration // CPU time
}

func (s slice) rate() float64 { return float64(s.logins) / s.elapsed.Seconds() }

// cpu is what the logins cost altogether, the sending of them included.
func (s slice) cpu() time.Duration { return s.plugin + s.vault + s.client }

func (s slice) perCPUSecond() float64 { return float64(s.logins) / s.cpu().Seconds() }

// load is the clients, which stay connected over all slices.
type load struct {
	clients []*client
	vault   int // process id
}

func newLoad(addr string, vault, clients int) (*load, error) {
	l := &load{vault: vault}
	for range clients {
		c, err := dial(addr)
		if err != nil {
			l.close()
			return nil, err
		}
		l.clients = append(l.clients, c)
	}
	return l, nil
}

func (l *load) close() {
	for _, c := range l.clients {
		c.close()
	}
}

// run logs in with all clients for the time d, or until the tokens are used up,
// each shown once.
func (l *load) run(c contender, role string, tokens *stock, d time.Duration) (slice, error) {
	before, err := l.cpu(c)
	if err != nil {
		return slice{}, err
	}
	start := time.Now()
	deadline := start.Add(d)
	var logins atomic.Int64
	errs := make([]error, len(l.clients))
	var wg sync.WaitGroup
	for i, client := range l.clients {
		wg.Go(func() {
			for time.Now().Before(deadline) {
				token, left := tokens.next()
				if !left {
					return
				}
				if err := client.login(c.mount, role, token); err != nil {
					errs[i] = err
					return
				}
				logins.Add(1)
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(start)
	if err := errors.Join(errs...); err != nil {
		return slice{}, fmt.Errorf("logging in to %s as %s: %w", c.name, role, err)
	}
	after, err := l.cpu(c)
	if err != nil {
		return slice{}, err
	}
	return slice{
		logins:  int(logins.Load()),
		elapsed: elapsed,
		plugin:  after.plugin - before.plugin,
		vault:   after.vault - before.vault,
		client:  after.client - before.client,
	}, nil
}

// usage is CPU time used so far.
type usage struct{ plugin, vault, client time.Duration }

func (l *load) cpu(c contender) (u usage, err error) {
	if c.pid != 0 {
		if u.plugin, err = cputime.Of(c.pid); err != nil {
			return u, fmt.Errorf("the plugin process of %s: %w", c.name, err)
		}
	}
	if u.vault, err = cputime.Of(l.vault); err != nil {
		return u, fmt.Errorf("the Vault process: %w", err)
	}
	u.client, err = cputime.Of(os.Getpid())
	return u, err
}

// stock hands out tokens to many clients.
type stock struct {
	tokens []string
	used   atomic.Int64
}

func (s *stock) next() (string, bool) {
	i := int(s.used.Add(1)) - 1
	if i >= len(s.tokens) {
		return "", false
	}
	return s.tokens[i], true
}

// again lets the next contender, which has not seen the tokens, start over.
func (s *stock) again() *stock { return &stock{tokens: s.tokens} }
