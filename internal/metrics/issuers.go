// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package metrics

import (
	"errors"
	"maps"
	"sync"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// issuers has the counts of each issuer by name.
type issuers struct {
	mu     sync.Mutex
	byName map[string]*IssuerCounts
}

func (i *issuers) of(name string) *IssuerCounts {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.byName == nil {
		i.byName = map[string]*IssuerCounts{}
	}
	c := i.byName[name]
	if c == nil {
		c = &IssuerCounts{fetches: map[string]uint64{ResultOK: 0}}
		i.byName[name] = c
	}
	return c
}

func (i *issuers) forget(name string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.byName, name)
}

// ResultOK is the result of a fetch that brought keys; the others are the
// kinds of [keys.Failure].
const ResultOK = "ok"

// IssuerCounts counts what is done to have the keys of one issuer.
type IssuerCounts struct {
	mu       sync.Mutex
	fetches  map[string]uint64 // by result
	heldBack uint64
}

var _ keys.Watcher = (*IssuerCounts)(nil)

// Fetched implements [keys.Watcher].
func (c *IssuerCounts) Fetched(err error) {
	result := ResultOK
	if err != nil {
		result = string(keys.KindInternal)
		var f *keys.Failure
		if errors.As(err, &f) {
			result = string(f.Kind)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fetches[result]++
}

// HeldBack implements [keys.Watcher].
func (c *IssuerCounts) HeldBack() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heldBack++
}

// Read returns the fetches by result and how often one was held back.
func (c *IssuerCounts) Read() (fetches map[string]uint64, heldBack uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.fetches), c.heldBack
}
