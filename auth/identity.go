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
	Alias    string            // name of the entity alias
	Metadata map[string]string // mapped claims and the role's name
	Groups   []string          // names of group aliases, in the token's order
}

// identify reads the identity from verified claims. others tells whether the
// mount has named issuers.
func (r *Role) identify(issuer *Issuer, claims strictjson.Value, others bool) (Identity, *denial) {
	user, _ := r.user.lookup(claims)
	name, ok := identifier(user)
	if !ok {
		return Identity{}, deny(UserClaim, r.user.name)
	}
	alias, ok := issuer.aliasName(name, others)
	if !ok {
		return Identity{}, deny(UserClaim, r.user.name)
	}
	metadata, refused := r.metadata(claims)
	if refused != nil {
		return Identity{}, refused
	}
	groups, refused := r.groupNames(claims, issuer.GroupSeparator)
	if refused != nil {
		return Identity{}, refused
	}
	for n, group := range groups {
		if groups[n], ok = issuer.aliasName(group, others); !ok {
			return Identity{}, deny(GroupsClaim, r.groups.name)
		}
	}
	return Identity{Alias: alias, Metadata: metadata, Groups: groups}, nil
}

// metadata maps claims to metadata. A mapped claim that the token does not
// have is left out; one that is no string refuses the login.
func (r *Role) metadata(claims strictjson.Value) (map[string]string, *denial) {
	m := make(map[string]string, len(r.mappings)+1)
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
	m["role"] = r.name
	return m, nil
}

// groupNames reads groups_claim: a string or a list of strings. Empty names
// are passed over. A separator parts the names of a string.
func (r *Role) groupNames(claims strictjson.Value, separator string) ([]string, *denial) {
	if r.groups.name == "" {
		return nil, nil
	}
	v, found := r.groups.lookup(claims)
	if !found {
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
		return nil, deny(GroupsClaim, r.groups.name)
	}
	kept := names[:0]
	for _, s := range names {
		if s == "" {
			continue
		}
		if len(s) > MaxIdentifierBytes || hasControl(s) {
			return nil, deny(GroupsClaim, r.groups.name)
		}
		kept = append(kept, s)
	}
	return kept, nil
}
