// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package shadow

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/trial"
)

// workers ask at the same time. Each waits for one answer.
const workers = 4

// Login is a login that the live mount has decided.
type Login struct {
	Role        string // "" if the login named none
	Token       string
	DPoP        string
	Certificate []byte // DER, nil for none
	Peer        string
	At          time.Time
	Took        time.Duration
	Stranger    bool                // nobody vouches for it: its signature has not verified
	Live        func() auth.Outcome // called by a worker, not on the way of the login
}

// Mirror shows logins to a staged mount. Its methods may be called by any number
// of goroutines. Close ends it.
type Mirror struct {
	config  Config
	client  *client
	queue   chan Login
	waiting atomic.Int64 // strangers' logins in the queue
	mount   trial.Defaults
	now     func() time.Time
	ledger  atomic.Pointer[ledger]
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// Open starts a mirror. mount tells what limits mean that a role leaves to its
// mount. The error names the field that is wrong.
func Open(c Config, mount trial.Defaults, now func() time.Time) (*Mirror, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	asker, err := newClient(c)
	if err != nil {
		return nil, err
	}
	m := &Mirror{config: c, client: asker, queue: make(chan Login, c.QueueSize), mount: mount, now: now}
	m.Reset()
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel = cancel
	for range workers {
		m.running.Go(func() { m.work(ctx) })
	}
	return m, nil
}

// Offer puts a login into the queue if there is room and it is its turn. It
// does not wait. Strangers, who send as much as they like, find less room.
func (m *Mirror) Offer(l Login) {
	if m.config.SampleRate < 1 && rand.Float64() >= m.config.SampleRate { //nolint:gosec // which logins are compared is no secret
		return
	}
	book := m.ledger.Load()
	if !m.enter(l) {
		book.dropped.Add(1)
		return
	}
	book.mirrored.Add(1)
}

// enter puts a login into the queue, or tells that it does not fit.
func (m *Mirror) enter(l Login) bool {
	if l.Stranger && m.waiting.Add(1) > m.config.strangersShare() {
		m.waiting.Add(-1)
		return false
	}
	select {
	case m.queue <- l:
		return true
	default:
		m.leave(l)
		return false
	}
}

// leave is told of a login that is not in the queue, or no longer.
func (m *Mirror) leave(l Login) {
	if l.Stranger {
		m.waiting.Add(-1)
	}
}

// Close ends the mirror and waits for its workers. What is in the queue is
// forgotten.
func (m *Mirror) Close() {
	m.cancel()
	m.running.Wait()
	m.client.close()
}

// Reset begins the report anew.
func (m *Mirror) Reset() { m.ledger.Store(newLedger(m.now(), m.mount)) }

// Report returns what was found so far.
func (m *Mirror) Report() Report { return m.ledger.Load().report() }

func (m *Mirror) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case l := <-m.queue:
			m.leave(l)
			m.compare(ctx, l)
		}
	}
}

// compare asks about one login and counts the difference. A panic counts as an
// error: a mirror must not end the process that serves logins.
func (m *Mirror) compare(ctx context.Context, l Login) {
	book := m.ledger.Load()
	defer func() {
		if recover() != nil {
			book.fail(errInternal)
		}
	}()
	begun := time.Now()
	staged, kind := m.client.ask(ctx, l)
	if ctx.Err() != nil {
		return
	}
	if kind != "" {
		book.fail(kind)
		return
	}
	book.live.add(l.Took)
	book.staged.add(time.Since(begun))
	book.recorder.Record(l.At, l.Live().Public(), staged)
}
