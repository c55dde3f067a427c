// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"maps"
	"slices"

	"github.com/hashicorp/vault/sdk/helper/tokenutil"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// snapshot is the compiled form of all that is stored, as it was at one moment.
// It never changes: a write makes a new one and swaps the pointer, so that a
// login sees either all of a write or nothing of it.
type snapshot struct {
	ready   bool // false if another node wrote something that must be read first
	mount   *mount
	named   map[string]*openIssuer
	issuers auth.Issuers // of mount and named together, for logins
	revoked *revocations
	roles   *roleSet

	selector *selector // nil if each login names its role
}

// roleEntry is a role that is stored. Until a login needs it, only its name is
// known and role is nil. The pointer's identity stands for one state of
// the stored record: whoever compiles the record puts the outcome in place of
// the very entry that it began with, or not at all.
type roleEntry struct {
	plain     bool // the record was looked at, and the role cannot be chosen
	role      *auth.Role
	params    tokenutil.TokenParams
	candidate *candidate // nil if the role has none
}

// judge returns the compiled role. A nil entry, of a role that does not exist,
// has a nil role, which refuses everybody.
func (e *roleEntry) judge() *auth.Role {
	if e == nil {
		return nil
	}
	return e.role
}

// known tells whether it is known if the role can be chosen.
func (e *roleEntry) known() bool { return e.plain || e.role != nil }

func (s *snapshot) withRole(name string, e *roleEntry) *snapshot {
	next, edit := *s, s.roles.edit()
	before := edit.put(name, e)
	next.roles = edit.done()
	next.selector = s.selector.changed(name, before, e)
	return &next
}

func (s *snapshot) withoutRole(name string) *snapshot {
	next, edit := *s, s.roles.edit()
	before := edit.put(name, nil)
	next.roles = edit.done()
	next.selector = s.selector.changed(name, before, nil)
	return &next
}

func (s *snapshot) withMount(m *mount) *snapshot {
	next := *s
	next.mount = m
	return next.assemble()
}

// withIssuer adds or replaces a named issuer, or takes it out if o is nil.
func (s *snapshot) withIssuer(name string, o *openIssuer) *snapshot {
	next := *s
	next.named = maps.Clone(s.named)
	if o == nil {
		delete(next.named, name)
	} else {
		next.named[name] = o
	}
	return next.assemble()
}

// outdated says that config and issuers must be read again before a login.
func (s *snapshot) outdated() *snapshot {
	next := *s
	next.ready = false
	return &next
}

// assemble puts the issuers together that logins choose from.
func (s *snapshot) assemble() *snapshot {
	var def *auth.Issuer
	if s.mount.issuer != nil {
		def = s.mount.issuer.compiled[0]
	}
	s.issuers = auth.NewIssuers(s.mount.tokenBytes, def, s.namedForLogins())
	s.issuers.Revoked = s.revoked.index
	s.chooseBy(s.mount)
	return s
}

// chooseBy sees to it that there is a selector if the mount asks for one.
func (s *snapshot) chooseBy(m *mount) {
	switch {
	case !m.selects:
		s.selector = nil
	case s.selector == nil:
		s.selector = s.newSelector(m.mode)
	default:
		next := *s.selector
		next.mode = m.mode
		s.selector = &next
	}
}

// namedForLogins returns the named issuers with the mount's cache of verified
// tokens. They share it, since 64 of their own would be 64 times the memory
// that the operator granted; an entry counts with the keys of one issuer alone.
func (s *snapshot) namedForLogins() []*auth.Issuer {
	var list []*auth.Issuer
	for _, name := range slices.Sorted(maps.Keys(s.named)) {
		for _, i := range s.named[name].compiled {
			one := *i
			one.Verified = s.mount.verified
			list = append(list, &one)
		}
	}
	return list
}

// open returns the issuer of that name, nil if there is none.
func (s *snapshot) open(name string) *openIssuer {
	if name == auth.DefaultIssuer {
		return s.mount.issuer
	}
	return s.named[name]
}

// all returns every open issuer.
func (s *snapshot) all() []*openIssuer { return slices.Collect(maps.Values(s.byName())) }

// byName returns every open issuer with its name.
func (s *snapshot) byName() map[string]*openIssuer {
	issuers := maps.Clone(s.named)
	if issuers == nil {
		issuers = map[string]*openIssuer{}
	}
	if s.mount != nil && s.mount.issuer != nil {
		issuers[auth.DefaultIssuer] = s.mount.issuer
	}
	return issuers
}
