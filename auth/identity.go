// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Limits of an identity.
const (
	MaxMetadata = 32  // pairs, the role's name not counted
	MaxGroups   = 500 // each is a look-up in Vault
)

// Identity is whom a token names under a role.
type Identity struct {
	User     string            // the user as the token names it
	Alias    string            // name of the entity alias, made of the user
	Metadata map[string]string // mapped claims and the role's name
	Groups   []string          // names of group aliases, in the token's order
}

// identify reads the identity from verified claims, and from what the role's
// expressions made of them.
func (r *Role) identify(f *facts, own computed) (Identity, *denial) {
	others := f.issuers.hasNamed()
	user, refused := r.userName(f.claims, own)
	if refused != nil {
		return Identity{}, refused
	}
	alias, ok := f.issuer.aliasName(user, others)
	if !ok {
		return Identity{}, deny(UserClaim, r.userSource())
	}
	metadata, refused := r.metadata(f.claims, own)
	if refused != nil {
		return Identity{}, refused
	}
	groups, refused := r.groupNames(f.claims, own, f.issuer.GroupSeparator)
	if refused != nil {
		return Identity{}, refused
	}
	for n, group := range groups {
		if groups[n], ok = f.issuer.aliasName(group, others); !ok {
			return Identity{}, deny(GroupsClaim, r.groupsSource())
		}
	}
	return Identity{User: user, Alias: alias, Metadata: metadata, Groups: groups}, nil
}

// userName reads user_claim, or takes what user_expression gave.
func (r *Role) userName(claims strictjson.Value, own computed) (string, *denial) {
	if r.rules != nil && r.rules.user != nil {
		if own.user == "" || len(own.user) > MaxIdentifierBytes || hasControl(own.user) {
			return "", deny(UserClaim, FieldUser)
		}
		return own.user, nil
	}
	v, _ := r.user.lookup(claims)
	name, ok := identifier(v)
	if !ok {
		return "", deny(UserClaim, r.user.name)
	}
	return name, nil
}

// userSource names the field or claim that the user comes from.
func (r *Role) userSource() string {
	if r.rules != nil && r.rules.user != nil {
		return FieldUser
	}
	return r.user.name
}

func (r *Role) groupsSource() string {
	if r.rules != nil && r.rules.groups != nil {
		return FieldGroups
	}
	return r.groups.name
}

// metadata maps claims to metadata. A mapped claim that the token does not
// have is left out; one that is no string refuses the login. Computed metadata
// is added.
func (r *Role) metadata(claims strictjson.Value, own computed) (map[string]string, *denial) {
	m := make(map[string]string, len(r.mappings)+len(own.metadata)+1)
	for _, mapping := range r.mappings {
		v, found := mapping.path.lookup(claims)
		if !found {
			continue
		}
		s, ok := v.Text()
		if !ok || len(s) > MaxIdentifierBytes || hasControl(s) {
			return nil, deny(MetadataClaim, mapping.path.name)
		}
		m[mapping.key] = s
	}
	if own.metadata != nil && !addComputed(m, own.metadata, r.rules.unsafe) {
		return nil, deny(MetadataClaim, FieldMetadata)
	}
	m["role"] = r.name
	return m, nil
}

// groupNames reads groups_claim, a string or a list of strings, or takes what
// groups_expression gave. Empty names are passed over. A separator parts the
// names of a string.
func (r *Role) groupNames(claims strictjson.Value, own computed, separator string) ([]string, *denial) {
	if r.rules != nil && r.rules.groups != nil {
		return r.groupList(own.groups)
	}
	if r.groups.name == "" {
		return nil, nil
	}
	v, found := r.groups.lookup(claims)
	switch {
	case !found && r.optional:
		return nil, nil
	case !found:
		return nil, deny(GroupsClaim, r.groups.name)
	}
	if s, ok := v.Text(); ok {
		if separator != "" {
			return r.groupList(strings.Split(s, separator))
		}
		return r.groupList([]string{s})
	}
	if v.Kind() != strictjson.Array {
		return nil, deny(GroupsClaim, r.groups.name)
	}
	names := make([]string, 0, v.Len())
	for e := range v.Elements() {
		s, ok := e.Text()
		if !ok {
			return nil, deny(GroupsClaim, r.groups.name)
		}
		names = append(names, s)
	}
	return r.groupList(names)
}

func (r *Role) groupList(names []string) ([]string, *denial) {
	if len(names) > MaxGroups {
		return nil, deny(GroupsClaim, r.groupsSource())
	}
	kept := names[:0]
	for _, s := range names {
		if s == "" {
			continue
		}
		if len(s) > MaxIdentifierBytes || hasControl(s) {
			return nil, deny(GroupsClaim, r.groupsSource())
		}
		kept = append(kept, s)
	}
	return kept, nil
}
