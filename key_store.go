// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// keyStore keeps the last good keys of one source in the mount's storage. It
// implements keys.Store.
//
// It writes only while its issuer is in the snapshot. An issuer is fetched
// before it is written, and a write may be refused after that: its keys must not
// take the place of those that are in use. Nor may those of an issuer that was
// replaced or deleted come late.
type keyStore struct {
	storage logical.Storage
	key     string

	phase   atomic.Int32 // changes under mu
	mu      sync.Mutex   // held while writing
	waiting *keys.Record // saved before the store was opened
}

// The phases of a keyStore.
const (
	storeWaits int32 = iota
	storeWrites
	storeShut
)

var _ keys.Store = (*keyStore)(nil)

// Load implements keys.Store.
func (k *keyStore) Load(ctx context.Context) (*keys.Record, error) {
	r := new(keys.Record)
	found, err := get(ctx, k.storage, k.key, r)
	if err != nil || !found {
		return nil, err
	}
	return r, nil
}

// Save implements keys.Store.
func (k *keyStore) Save(ctx context.Context, r keys.Record) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch k.phase.Load() {
	case storeWaits:
		k.waiting = &r
		return nil
	case storeShut:
		return nil
	}
	return k.write(ctx, r)
}

// open lets the store write, what waits for it first. It does nothing the
// second time, and then does not wait for a write that goes on.
func (k *keyStore) open(ctx context.Context) error {
	if k.phase.Load() != storeWaits {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.phase.CompareAndSwap(storeWaits, storeWrites) || k.waiting == nil {
		return nil
	}
	return k.write(ctx, *k.waiting)
}

// shut ends the writing for good.
func (k *keyStore) shut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.phase.Store(storeShut)
}

func (k *keyStore) write(ctx context.Context, r keys.Record) error {
	err := put(ctx, k.storage, k.key, r)
	// A standby leaves it to the active node. On the way to a plugin an error
	// loses its type.
	if err != nil && strings.Contains(err.Error(), logical.ErrReadOnly.Error()) {
		return nil
	}
	return err
}
