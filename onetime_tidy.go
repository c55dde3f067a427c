// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/replay"
)

// Bounds of one run of tidySpent, which Vault starts once a minute.
const (
	tidyRecords = 10_000
	tidyTime    = 20 * time.Second
)

// tidying is where tidySpent has got to. One run begins where the last one ended.
type tidying struct {
	idle atomic.Bool // storage was empty, and nothing was written since

	running sync.Mutex
	shard   string // the last one that was looked at
}

// tidySpent deletes records of JWTs that have expired, and takes into memory
// which others there are, so that it reads each once. Vault calls it on every
// node; only the active one may write.
func (b *backend) tidySpent(ctx context.Context, req *logical.Request) error {
	const readOnly = consts.ReplicationPerformanceStandby | consts.ReplicationDRSecondary
	if b.tidying.idle.Load() || b.System().ReplicationState().HasState(readOnly) {
		return nil
	}
	if !b.tidying.running.TryLock() {
		return nil // the last run is slow
	}
	defer b.tidying.running.Unlock()
	ctx, cancel := context.WithTimeout(ctx, tidyTime)
	defer cancel()
	b.tidying.idle.Store(true) // a login that writes after this says otherwise
	shards, err := listSpent(ctx, req.Storage, "")
	if err != nil || len(shards) > 0 {
		b.tidying.idle.Store(false)
	}
	if err != nil {
		return err
	}
	budget := tidyRecords
	for _, shard := range after(shards, b.tidying.shard) {
		if budget <= 0 {
			return nil
		}
		b.tidying.shard = shard
		if budget, err = b.tidyShard(ctx, req.Storage, shard, budget); err != nil {
			return err
		}
	}
	return nil
}

// after returns the shards in turn, beginning after the given one.
func after(shards []string, last string) []string {
	for i, s := range shards {
		if s > last {
			return append(shards[i:len(shards):len(shards)], shards[:i]...)
		}
	}
	return shards
}

// tidyShard looks at the records of one shard that memory does not know. It
// returns what is left of the budget.
func (b *backend) tidyShard(ctx context.Context, storage logical.Storage, shard string, budget int) (int, error) {
	names, err := listSpent(ctx, storage, shard)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		key, ok := spentKeyOf(name)
		if !ok || b.spent.Knows(key, b.now()) {
			continue
		}
		if budget--; budget < 0 {
			return 0, nil
		}
		if err := b.tidyRecord(ctx, storage, key); err != nil {
			return 0, err
		}
	}
	return budget, nil
}

// tidyRecord deletes a record that has expired, and remembers one that has not.
func (b *backend) tidyRecord(ctx context.Context, storage logical.Storage, key replay.Key) error {
	record, err := loadSpent(ctx, storage, key)
	if err != nil || record == nil {
		return err
	}
	if b.now().Before(record.until()) {
		b.spent.Spend(key, record.Request, record.until(), b.now())
		return nil
	}
	return deleteSpent(ctx, storage, key)
}
