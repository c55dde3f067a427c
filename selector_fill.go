// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/vault/sdk/logical"
	"golang.org/x/sync/errgroup"
)

const (
	fillReaders = 16  // records that are read at the same time
	fillBatch   = 512 // roles that become known in one step
)

// selectable returns a snapshot whose selector knows every role, or has none.
// It costs nothing unless roles were written on another node since, or the
// mount is just starting. Each role is read once, whoever needs it, and then
// only if it was written elsewhere.
func (b *backend) selectable(ctx context.Context, storage logical.Storage, s *snapshot) (*snapshot, error) {
	var err error
	for s.selector != nil && s.selector.unread > 0 {
		if err = b.fill(ctx, storage); err != nil {
			return nil, err
		}
		if s, err = b.current(ctx, storage); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// fill reads the roles that the selector does not know. One caller reads while
// the others wait; what it has read stays if it has to stop.
func (b *backend) fill(ctx context.Context, storage logical.Storage) error {
	select {
	case b.filling <- struct{}{}:
		defer func() { <-b.filling }()
	case <-ctx.Done():
		return fmt.Errorf("waiting until all roles are read: %w", ctx.Err())
	}
	s := b.snapshot.Load()
	if s == nil || s.selector == nil {
		return nil
	}
	for batch := range slices.Chunk(s.unreadRoles(), fillBatch) {
		read, err := b.readRoles(ctx, storage, batch)
		if err != nil {
			return err
		}
		b.installRead(batch, read)
	}
	return nil
}

// prefill begins to fill the selector before a login asks for it. The writing
// lock may be held: the work is done by a goroutine that clean waits for.
func (b *backend) prefill(s *snapshot) {
	if b.storage == nil || s.selector == nil || s.selector.unread == 0 {
		return
	}
	b.unclosed.Go(func() {
		err := b.fillAlone()
		if err != nil && b.life.Err() == nil {
			b.Logger().Warn("roles could not be read; logins that name no role try again", "error", err)
		}
	})
}

func (b *backend) fillAlone() (err error) {
	defer b.recoverPanic(nil, &err)
	return b.fill(b.life, b.storage)
}

// readRoles reads and compiles roles without a lock. Of a role that cannot be
// chosen only that is kept. A nil entry is one that is not stored.
func (b *backend) readRoles(ctx context.Context, storage logical.Storage, batch []unreadRole) ([]*roleEntry, error) {
	read := make([]*roleEntry, len(batch))
	var readers errgroup.Group
	readers.SetLimit(fillReaders)
	for i, r := range batch {
		readers.Go(func() (err error) {
			defer b.recoverPanic(nil, &err)
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("reading all roles: %w", err)
			}
			read[i], err = b.readUnread(ctx, storage, r.name)
			return err
		})
	}
	return read, readers.Wait()
}

func (b *backend) readUnread(ctx context.Context, storage logical.Storage, name string) (*roleEntry, error) {
	record, err := loadRole(ctx, storage, name)
	switch {
	case err != nil || record == nil:
		return nil, err
	case record.AutoSelect:
		return b.compileStored(name, record), nil
	}
	return &roleEntry{plain: true}, nil
}

// installRead puts what was read in place of the entries that were found
// before. An entry that is gone was written meanwhile, and counts instead.
func (b *backend) installRead(batch []unreadRole, read []*roleEntry) {
	b.writing.Lock()
	defer b.writing.Unlock()
	s := b.snapshot.Load()
	if s == nil || s.selector == nil {
		return
	}
	next, x := *s, *s.selector
	roles, index := s.roles.edit(), s.selector.index.Edit()
	for i, r := range batch {
		if now, found := roles.get(r.name); !found || now != r.entry {
			continue
		}
		x.replace(index, r.entry, read[i])
		roles.put(r.name, read[i])
	}
	x.index = index.Done()
	x.settle()
	next.roles, next.selector = roles.done(), &x
	b.snapshot.Store(&next)
}
