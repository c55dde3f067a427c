// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"slices"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// namedUnread is how many unread roles a selector keeps by name.
const namedUnread = 256

// selector is the part of a snapshot that chooses roles. It is nil on mounts
// where each login names its role. Like the snapshot it never changes.
type selector struct {
	mode  auth.Mode
	index *auth.Index
	// unread counts the roles of which nobody knows yet whether they may be
	// chosen. As long as there are any, nothing can be chosen: one of them
	// might be the one that counts.
	unread int
	names  []string // of the unread roles, and perhaps of some that were read since
	many   bool     // names is not whole: look at all roles
}

// newSelector files the roles that are compiled already.
func (s *snapshot) newSelector(mode auth.Mode) *selector {
	next := &selector{mode: mode}
	index := next.index.Edit()
	for _, e := range s.roles.all() {
		if e.role != nil {
			index.Add(e.role)
		}
		if !e.known() {
			next.unread++
		}
	}
	next.index = index.Done()
	next.many = next.unread > 0
	return next
}

// changed is the selector after one role was put in the place of another. Nil
// stands for none, of the roles and of the selector.
func (x *selector) changed(name string, before, after *roleEntry) *selector {
	if x == nil {
		return nil
	}
	next := *x
	index := x.index.Edit()
	next.replace(index, before, after)
	next.index = index.Done()
	if after != nil && !after.known() && !next.many {
		next.names = append(slices.Clip(next.names), name)
		next.many = len(next.names) > namedUnread
	}
	next.settle()
	return &next
}

// replace counts and files one role in the place of another.
func (x *selector) replace(index *auth.Edit, before, after *roleEntry) {
	if before != nil {
		if before.role != nil {
			index.Remove(before.role)
		}
		if !before.known() {
			x.unread--
		}
	}
	if after != nil {
		if after.role != nil {
			index.Add(after.role)
		}
		if !after.known() {
			x.unread++
		}
	}
}

// settle forgets names that are of no use any more.
func (x *selector) settle() {
	if x.unread == 0 {
		x.names, x.many = nil, false
	}
	if x.many {
		x.names = nil
	}
}

// unreadRole is a role that must be read, as it was found.
type unreadRole struct {
	name  string
	entry *roleEntry
}

// unreadRoles lists the roles that must be read before one can be chosen.
func (s *snapshot) unreadRoles() []unreadRole {
	var list []unreadRole
	if s.selector.many {
		for name, e := range s.roles.all() {
			if !e.known() {
				list = append(list, unreadRole{name, e})
			}
		}
		return list
	}
	for _, name := range s.selector.names {
		if e, found := s.roles.Get([]byte(name)); found && !e.known() {
			list = append(list, unreadRole{name, e})
		}
	}
	return list
}
