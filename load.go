// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// errEnded answers requests that come after Vault has ended the mount.
var errEnded = errors.New("the mount was unloaded; send the request again")

// current returns the snapshot, loading it if need be. Once loaded it costs one
// atomic read.
func (b *backend) current(ctx context.Context, storage logical.Storage) (*snapshot, error) {
	if s := b.snapshot.Load(); s != nil && s.ready {
		return s, nil
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	return b.loaded(ctx, storage)
}

// loaded is current for those who hold the writing lock.
func (b *backend) loaded(ctx context.Context, storage logical.Storage) (*snapshot, error) {
	old := b.snapshot.Load()
	if old != nil && old.ready {
		return old, nil
	}
	if b.life.Err() != nil {
		return nil, errEnded // what is opened now, nobody would close
	}
	next := &snapshot{ready: true}
	var err error
	if old != nil {
		next.roles, next.selector = old.roles, old.selector
	} else if next.roles, err = roleNames(ctx, storage); err != nil {
		return nil, err
	}
	if next.mount, err = b.reloadMount(ctx, storage, old); err != nil {
		return nil, err
	}
	if next.named, err = b.reloadIssuers(ctx, storage, old); err != nil {
		return nil, err
	}
	if next.revoked, err = b.reloadRevocations(ctx, storage, old); err != nil {
		return nil, err
	}
	b.reloadMirror(ctx, storage)
	b.replace(next.assemble())
	for _, o := range next.all() {
		o.start(ctx, b.Logger())
	}
	return next, nil
}

// roleNames makes the set of roles of which nothing but the name is known.
func roleNames(ctx context.Context, storage logical.Storage) (*roleSet, error) {
	names, err := listRoles(ctx, storage)
	if err != nil {
		return nil, err
	}
	roles := new(roleSet).edit()
	for _, name := range names {
		roles.put(name, &roleEntry{})
	}
	return roles.done(), nil
}

// reloadMount reads config. A record that has not changed keeps its keys.
func (b *backend) reloadMount(ctx context.Context, storage logical.Storage, old *snapshot) (*mount, error) {
	record, err := loadConfig(ctx, storage)
	if err != nil {
		return nil, err
	}
	if old != nil && reflect.DeepEqual(old.mount.record, record) {
		return old.mount, nil
	}
	return b.newMount(record), nil
}

// reloadIssuers reads the named issuers. Those that have not changed keep their
// keys.
func (b *backend) reloadIssuers(ctx context.Context, storage logical.Storage, old *snapshot) (map[string]*openIssuer, error) {
	names, err := listIssuers(ctx, storage)
	if err != nil {
		return nil, err
	}
	named := map[string]*openIssuer{}
	for _, name := range names {
		record, err := loadIssuer(ctx, storage, name)
		if errors.Is(err, errUnreadable) {
			// It stands for nobody, and the other issuers need not suffer.
			b.Logger().Error("a stored issuer cannot be read; delete it and write it anew", "issuer", name)
			named[name] = &openIssuer{fault: err}
			continue
		}
		if err != nil {
			return nil, err
		}
		if record == nil {
			continue // deleted meanwhile
		}
		if old != nil && old.named[name] != nil && reflect.DeepEqual(old.named[name].record, record) {
			named[name] = old.named[name]
			continue
		}
		o, err := b.openIssuer(name, record)
		if err != nil {
			b.Logger().Error("keys of a stored issuer cannot be used; write it anew", "issuer", name, "error", err)
		}
		named[name] = o
	}
	return named, nil
}

// replace swaps the snapshot and retires the issuers that are no longer in it. A
// login that still holds the old snapshot finishes with the keys of that
// moment; nothing it does can bring them back. The writing lock must be held.
func (b *backend) replace(next *snapshot) {
	old := b.snapshot.Swap(next)
	b.prefill(next)
	if old == nil {
		return
	}
	kept := next.all()
	for _, o := range old.all() {
		if !slices.Contains(kept, o) {
			o.retire()
			b.unclosed.Go(o.close)
		}
	}
}

// role returns the compiled role, nil if there is none of that name, and the
// snapshot that has it. That is s, unless the role had to be read: then what it
// goes with may have changed meanwhile, and to judge by the issuers and
// revocations of s would mix two states.
func (b *backend) role(ctx context.Context, storage logical.Storage, s *snapshot, name string) (*roleEntry, *snapshot, error) {
	for {
		entry, found := s.roles.Get([]byte(name))
		if !found || entry.role != nil {
			return entry, s, nil
		}
		record, err := loadRole(ctx, storage, name)
		if err != nil {
			return nil, nil, err
		}
		b.installRole(name, entry, record)
		// Found there at once, unless somebody wrote the role after it was read.
		if s, err = b.current(ctx, storage); err != nil {
			return nil, nil, err
		}
	}
}

// installRole puts the compiled record in place of the entry that was found
// before the record was read, unless that entry is gone.
func (b *backend) installRole(name string, before *roleEntry, record *roleRecord) {
	b.writing.Lock()
	defer b.writing.Unlock()
	s := b.snapshot.Load()
	if s == nil {
		return
	}
	if now, found := s.roles.Get([]byte(name)); !found || now != before {
		return
	}
	if record == nil {
		b.snapshot.Store(s.withoutRole(name))
		b.metrics.ForgetRole(name)
		return
	}
	b.snapshot.Store(s.withRole(name, b.compileStored(name, record)))
}

// compileStored compiles a role that is already in storage. What this version
// cannot compile admits nobody, and the log says so.
func (b *backend) compileStored(name string, record *roleRecord) *roleEntry {
	if len(record.AliasMetadata) == 0 {
		record.AliasMetadata = nil // 100,000 empty maps are 5 MiB
	}
	role, err := auth.CompileRole(record.spec(name))
	if err != nil {
		b.Logger().Warn("a stored role has parts that admit nobody; read it and write it anew", "role", name, "error", err)
	}
	return b.newEntry(name, role, record)
}
