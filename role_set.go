// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"iter"
	"maps"
	"slices"
)

// roleShards is how many parts a roleSet has. A write copies one of them, and
// the list of them.
const roleShards = 1024

// roleSet is the roles of a mount by name. It never changes: a write makes
// another that shares all but one part. A mount may have 100,000 roles, so that
// neither can a write copy them all, nor may each cost a tree node.
type roleSet struct {
	shards [roleShards]map[string]*roleEntry
	size   int
}

// shardOf spreads names over the parts (FNV-1a).
func shardOf[T string | []byte](name T) uint32 {
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return h % roleShards
}

// Len returns the number of roles.
func (s *roleSet) Len() int { return s.size }

// Get returns the role of that name.
func (s *roleSet) Get(name []byte) (*roleEntry, bool) {
	e, found := s.shards[shardOf(name)][string(name)]
	return e, found
}

// all ranges over the roles in no order.
func (s *roleSet) all() iter.Seq2[string, *roleEntry] {
	return func(yield func(string, *roleEntry) bool) {
		for _, shard := range s.shards {
			for name, e := range shard {
				if !yield(name, e) {
					return
				}
			}
		}
	}
}

// sorted ranges over the roles in the order of their names.
func (s *roleSet) sorted() iter.Seq2[string, *roleEntry] {
	return func(yield func(string, *roleEntry) bool) {
		names := make([]string, 0, s.size)
		for name := range s.all() {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			if e := s.shards[shardOf(name)][name]; !yield(name, e) {
				return
			}
		}
	}
}

// edit begins a change of many roles at once. It is not for concurrent use.
func (s *roleSet) edit() *roleEdit { return &roleEdit{set: *s} }

// roleEdit is a change of a roleSet that is under way.
type roleEdit struct {
	set   roleSet
	owned [roleShards]bool // parts that are copies of the edit's own
}

// done returns the changed set. The edit must not be used afterwards.
func (e *roleEdit) done() *roleSet { return &e.set }

func (e *roleEdit) get(name string) (*roleEntry, bool) {
	entry, found := e.set.shards[shardOf(name)][name]
	return entry, found
}

// put adds a role or replaces it; nil takes it out. It returns the one that was
// there, nil for none.
func (e *roleEdit) put(name string, entry *roleEntry) *roleEntry {
	n := shardOf(name)
	if !e.owned[n] {
		e.owned[n] = true
		if e.set.shards[n] = maps.Clone(e.set.shards[n]); e.set.shards[n] == nil {
			e.set.shards[n] = map[string]*roleEntry{}
		}
	}
	shard := e.set.shards[n]
	before, found := shard[name]
	if found {
		e.set.size--
	}
	if entry == nil {
		delete(shard, name)
		return before
	}
	shard[name] = entry
	e.set.size++
	return before
}
