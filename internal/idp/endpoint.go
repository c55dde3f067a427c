// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"context"
	"fmt"
	"sync"
)

// Endpoint names a document that the provider serves.
type Endpoint string

// The endpoints that count requests and take faults.
const (
	Discovery Endpoint = "discovery"
	JWKS      Endpoint = "jwks"
)

// endpoint is the run-time state of one Endpoint.
type endpoint struct {
	mu       sync.Mutex
	requests int
	arrived  chan struct{} // closed and replaced at each arrival
	fault    Fault
	replaced chan struct{} // closed and replaced when the fault is
}

func newEndpoint() *endpoint {
	return &endpoint{arrived: make(chan struct{}), replaced: make(chan struct{})}
}

// arrive counts a request and returns the fault that befalls it, with the
// channel that releases it from a hang.
func (e *endpoint) arrive() (Fault, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests++
	close(e.arrived)
	e.arrived = make(chan struct{})
	fault := e.fault
	if e.fault.Times > 0 {
		if e.fault.Times--; e.fault.Times == 0 {
			e.fault = Fault{}
		}
	}
	return fault, e.replaced
}

func (e *endpoint) setFault(f Fault) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fault = f
	close(e.replaced)
	e.replaced = make(chan struct{})
}

func (e *endpoint) count() (int, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.requests, e.arrived
}

// SetFault makes the endpoint answer as f says, in place of the fault set
// before. Requests that hang under the old fault are released. The zero Fault
// heals the endpoint. The caller must not change the maps and the body of f
// afterwards.
func (p *Provider) SetFault(name Endpoint, f Fault) { p.endpoint(name).setFault(f) }

// ClearFaults heals every endpoint and releases the requests that hang.
func (p *Provider) ClearFaults() {
	for _, e := range p.endpoints {
		e.setFault(Fault{})
	}
}

// Requests returns how many requests have reached the endpoint, failed ones
// included, since the start or the last ResetCounters.
func (p *Provider) Requests(name Endpoint) int {
	n, _ := p.endpoint(name).count()
	return n
}

// AwaitRequests returns when Requests(name) is at least n, or with an error
// when ctx ends before. A request counts when it arrives, before it hangs.
func (p *Provider) AwaitRequests(ctx context.Context, name Endpoint, n int) error {
	for {
		seen, arrived := p.endpoint(name).count()
		if seen >= n {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return fmt.Errorf("idp: %d of %d requests reached %s: %w", seen, n, name, ctx.Err())
		}
	}
}

// ResetCounters sets the request counters of all endpoints to zero.
func (p *Provider) ResetCounters() {
	for _, e := range p.endpoints {
		e.mu.Lock()
		e.requests = 0
		e.mu.Unlock()
	}
}

func (p *Provider) endpoint(name Endpoint) *endpoint {
	e, ok := p.endpoints[name]
	if !ok {
		panic(fmt.Sprintf("idp: no endpoint %q: use idp.Discovery or idp.JWKS", name))
	}
	return e
}
