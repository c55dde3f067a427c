// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"

	iradix "github.com/hashicorp/go-immutable-radix/v2"
	"github.com/hashicorp/vault/sdk/helper/tokenutil"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// snapshot is the compiled form of all that is stored, as it was at one moment.
// It never changes: a write makes a new one and swaps the pointer, so that a
// login sees either all of a write or nothing of it. The roles are in a
// persistent tree because with 100,000 of them a write must not copy them all.
type snapshot struct {
	mount *mount // nil if the configuration must be read first
	roles *iradix.Tree[*roleEntry]
}

// roleEntry is a role that is stored. Until a login needs it, only its name is
// known and role is nil. The pointer's identity stands for one state of
// the stored record: whoever compiles the record puts the outcome in place of
// the very entry that it began with, or not at all.
type roleEntry struct {
	role   *auth.Role
	params tokenutil.TokenParams
}

func (s *snapshot) withRole(name string, e *roleEntry) *snapshot {
	next := *s
	next.roles, _, _ = s.roles.Insert([]byte(name), e)
	return &next
}

func (s *snapshot) withoutRole(name string) *snapshot {
	next := *s
	next.roles, _, _ = s.roles.Delete([]byte(name))
	return &next
}

func (s *snapshot) withMount(m *mount) *snapshot {
	next := *s
	next.mount = m
	return &next
}

func (s *snapshot) withoutMount() *snapshot { return s.withMount(nil) }

// current returns the snapshot, loading it if need be. Once loaded it costs one
// atomic read.
func (b *backend) current(ctx context.Context, storage logical.Storage) (*snapshot, error) {
	if s := b.snapshot.Load(); s != nil && s.mount != nil {
		return s, nil
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	return b.loaded(ctx, storage)
}

// loaded is current for those who hold the writing lock.
func (b *backend) loaded(ctx context.Context, storage logical.Storage) (*snapshot, error) {
	s := b.snapshot.Load()
	if s == nil {
		names, err := listRoles(ctx, storage)
		if err != nil {
			return nil, err
		}
		roles := iradix.New[*roleEntry]().Txn()
		for _, name := range names {
			roles.Insert([]byte(name), &roleEntry{})
		}
		s = &snapshot{roles: roles.Commit()}
	}
	if s.mount == nil {
		record, err := loadConfig(ctx, storage)
		if err != nil {
			return nil, err
		}
		s = s.withMount(b.newMount(record))
	}
	b.replace(s)
	return s, nil
}

// replace swaps the snapshot and retires the key sources of a mount that is no
// longer in it. A login that still holds the old snapshot finishes with the
// keys of that moment; nothing it does can bring them back. The writing lock
// must be held.
func (b *backend) replace(next *snapshot) {
	old := b.snapshot.Swap(next)
	if old == nil || old.mount == nil || old.mount == next.mount {
		return
	}
	b.unclosed.Go(old.mount.close)
}

// role returns the compiled role, nil if there is none of that name.
func (b *backend) role(ctx context.Context, storage logical.Storage, s *snapshot, name string) (*roleEntry, error) {
	for {
		entry, found := s.roles.Get([]byte(name))
		if !found || entry.role != nil {
			return entry, nil
		}
		record, err := loadRole(ctx, storage, name)
		if err != nil {
			return nil, err
		}
		if compiled, done := b.installRole(name, entry, record); done {
			return compiled, nil
		}
		// Somebody wrote the role meanwhile: what we read may be older.
		if s, err = b.current(ctx, storage); err != nil {
			return nil, err
		}
	}
}

// installRole puts the compiled record in place of the entry that was found
// before the record was read, and reports false if that entry is gone.
func (b *backend) installRole(name string, before *roleEntry, record *roleRecord) (*roleEntry, bool) {
	b.writing.Lock()
	defer b.writing.Unlock()
	s := b.snapshot.Load()
	if s == nil {
		return nil, false
	}
	if now, found := s.roles.Get([]byte(name)); !found || now != before {
		return nil, false
	}
	if record == nil {
		b.snapshot.Store(s.withoutRole(name))
		return nil, true
	}
	entry := b.compileStored(name, record)
	b.snapshot.Store(s.withRole(name, entry))
	return entry, true
}

// compileStored compiles a role that is already in storage. What this version
// cannot compile admits nobody, and the log says so.
func (b *backend) compileStored(name string, record *roleRecord) *roleEntry {
	role, err := auth.CompileRole(record.spec(name))
	if err != nil {
		b.Logger().Warn("a stored role has parts that admit nobody; read it and write it anew", "role", name, "error", err)
	}
	return &roleEntry{role: role, params: record.TokenParams}
}
