// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package notices sends what happens on a mount to the two services of Vault
// that pass such things on: observations, which go to the ledger of a server,
// and events, which go to whoever has subscribed to them. Nobody waits for it:
// what does not fit into a queue is dropped and counted.
//
// There are two queues, so that what happens often keeps out nothing that
// matters: urgent notices go before the others. Each queue keeps its order.
package notices

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Limits of a sender.
const (
	// Room is how many notices may wait in each queue.
	Room = 1000
	// PlentifulPerSecond is how many plentiful notices are taken a second, and
	// at once.
	PlentifulPerSecond = 100
	// patience is how long Vault may take to accept one.
	patience = 5 * time.Second
)

// Kind is a service of Vault that takes notices.
type Kind string

// The kinds.
const (
	Observation Kind = "observation"
	Event       Kind = "event"
)

// Result is what became of a notice.
type Result string

// The results.
const (
	Sent    Result = "sent"
	Failed  Result = "failed"  // Vault did not take it
	Dropped Result = "dropped" // its queue was full, or there were too many of its sort
)

// ErrUnsupported is what a [Service] returns if the server does not have it.
var ErrUnsupported = errors.New("the server has no such service")

// Service hands one notice to Vault. The values of data are strings.
type Service func(ctx context.Context, name string, data map[string]any) error

// Sort says how much depends on a notice.
type Sort int

const (
	// Usual notices wait for the urgent ones.
	Usual Sort = iota
	// Urgent notices have a queue of their own.
	Urgent
	// Plentiful are usual notices that somebody can cause as fast as they like.
	Plentiful
)

// Notice is one thing that happened.
type Notice struct {
	Sort Sort
	Kind Kind
	Name string // what happened, such as "claims/role-write"
	Data map[string]any
}

// Options are what a [Sender] works with.
type Options struct {
	Life     context.Context // the sender ends with it
	Services map[Kind]Service
	Count    func(Kind, Result)
	// Trouble is told when a service begins to fail, with nil when it works
	// again, and of ErrUnsupported once.
	Trouble func(Kind, error)
}

// Sender sends the notices of each queue in the order in which they come. It
// does nothing until the first. It is safe for concurrent use.
type Sender struct {
	options   Options
	urgent    chan Notice
	usual     chan Notice
	plentiful *rate.Limiter
	begin     sync.Once
	begun     atomic.Bool
	done      chan struct{}
	absent    map[Kind]*atomic.Bool // services that the server does not have
	failing   map[Kind]bool         // of the worker alone
}

// New makes a sender.
func New(o Options) *Sender {
	s := &Sender{
		options: o, urgent: make(chan Notice, Room), usual: make(chan Notice, Room), plentiful: rate.NewLimiter(PlentifulPerSecond, PlentifulPerSecond),
		done: make(chan struct{}), absent: map[Kind]*atomic.Bool{}, failing: map[Kind]bool{},
	}
	for kind := range o.Services {
		s.absent[kind] = new(atomic.Bool)
	}
	return s
}

// Send queues a notice and returns at once. Notices of a service that the server
// does not have are forgotten.
func (s *Sender) Send(n Notice) {
	if absent, known := s.absent[n.Kind]; !known || absent.Load() || s.options.Life.Err() != nil {
		return
	}
	s.begin.Do(func() {
		s.begun.Store(true)
		go s.work()
	})
	queue := s.usual
	switch {
	case n.Sort == Urgent:
		queue = s.urgent
	case n.Sort == Plentiful && !s.plentiful.Allow():
		queue = nil // which takes nothing
	}
	select {
	case queue <- n:
	default:
		s.options.Count(n.Kind, Dropped)
	}
}

// Wait returns when the sender has ended, which its life decides.
func (s *Sender) Wait() {
	s.begin.Do(func() {}) // from here on nothing begins
	if s.begun.Load() {
		<-s.done
	}
}

func (s *Sender) work() {
	defer close(s.done)
	for {
		select {
		case n := <-s.urgent:
			s.deliver(n)
		case n := <-s.usual:
			s.deliverUrgent() // which may have come at the same time
			s.deliver(n)
		case <-s.options.Life.Done():
			return
		}
	}
}

func (s *Sender) deliverUrgent() {
	for {
		select {
		case n := <-s.urgent:
			s.deliver(n)
		default:
			return
		}
	}
}

func (s *Sender) deliver(n Notice) {
	if s.absent[n.Kind].Load() {
		return
	}
	ctx, cancel := context.WithTimeout(s.options.Life, patience)
	defer cancel()
	err := s.call(ctx, n)
	switch {
	case s.options.Life.Err() != nil:
		return
	case err == nil:
		s.options.Count(n.Kind, Sent)
		if s.failing[n.Kind] {
			s.options.Trouble(n.Kind, nil)
		}
	case errors.Is(err, ErrUnsupported) || status.Code(err) == codes.Unimplemented:
		s.absent[n.Kind].Store(true)
		s.options.Trouble(n.Kind, ErrUnsupported)
	default:
		s.options.Count(n.Kind, Failed)
		if !s.failing[n.Kind] {
			s.options.Trouble(n.Kind, err)
		}
	}
	s.failing[n.Kind] = err != nil
}

// call hands a notice over. A panic on the way costs the notice and not the
// process, which other mounts may share.
func (s *Sender) call(ctx context.Context, n Notice) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("sending it panicked")
		}
	}()
	return s.options.Services[n.Kind](ctx, n.Name, n.Data)
}
