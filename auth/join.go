// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"maps"
	"slices"
	"strings"
)

// RoleSeparator stands between the names of roles where several were granted
// together. No name has it.
const RoleSeparator = ","

// Subjects of a [RoleConflict], as the decision's About has them.
const (
	AboutUser     = "user"
	AboutMetadata = "metadata"
)

// join makes one decision of two or more roles' that all admit the token, the
// highest priority first. They must name one user. Policies and groups are those of all
// of them: the caller could have had each by naming its role.
func join(passed []Verdict) Decision {
	first := passed[0]
	joined := first.Decision
	joined.Identity.Metadata = nil
	joined.Roles = names(passed)
	for _, v := range passed[1:] {
		if v.Decision.Identity.Alias != joined.Identity.Alias || v.Decision.Identity.User != joined.Identity.User {
			return conflict(AboutUser, first, v)
		}
		if v.Decision.Header != nil {
			joined.Header = v.Decision.Header
		}
		if joined.Use == nil {
			joined.Use = v.Decision.Use // of two it is the same: there is one proof
		}
		joined.Use = longer(joined.Use, v.Decision.Use)
		joined.Policies = JoinPolicies(joined.Policies, v.Decision.Policies)
		joined.Identity.Groups = JoinPolicies(joined.Identity.Groups, v.Decision.Identity.Groups)
	}
	metadata, refused := joinMetadata(passed)
	if refused != nil {
		return *refused
	}
	all := strings.Join(joined.Roles, RoleSeparator)
	metadata["role"] = all
	joined.Identity.Metadata = metadata
	if len(passed) > MaxJoined || len(joined.Identity.Groups) > MaxGroups || len(metadata) > MaxMetadata+1 || len(all) > MaxIdentifierBytes {
		return Decision{Reason: RoleLimit, Issuer: joined.Issuer}
	}
	return joined
}

// longer is the use that must be remembered longer. What roles of one login use
// up is the one proof that came with it.
func longer(a, b *Use) *Use {
	if a == nil || b != nil && b.Until.After(a.Until) {
		return b
	}
	return a
}

// Joined stands for several roles that were granted together: it has their names
// and the strictest life that they give, and admits nobody itself.
func Joined(roles []*Role) *Role {
	list := make([]Verdict, len(roles))
	var life Life
	for i, r := range roles {
		list[i].Role = r
		life = life.And(r.life)
	}
	return &Role{name: strings.Join(names(list), RoleSeparator), life: life, browserOnly: true}
}

// joinMetadata takes each key from the role with the highest priority that has
// it. Two roles of one priority must agree: a policy may be templated with it.
func joinMetadata(passed []Verdict) (map[string]string, *Decision) {
	joined := map[string]string{}
	owner := map[string]Verdict{}
	for _, v := range passed {
		for _, key := range slices.Sorted(maps.Keys(v.Decision.Identity.Metadata)) {
			value := v.Decision.Identity.Metadata[key]
			before, taken := owner[key]
			switch {
			case key == "role":
			case !taken:
				joined[key], owner[key] = value, v
			case joined[key] != value && before.Role.priority == v.Role.priority:
				refused := conflict(AboutMetadata, before, v)
				return nil, &refused
			}
		}
	}
	return joined, nil
}

func conflict(about string, a, b Verdict) Decision {
	return Decision{Reason: RoleConflict, About: about, Issuer: a.Decision.Issuer, Roles: names([]Verdict{a, b})}
}
