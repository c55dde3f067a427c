// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"slices"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// reliance is the names of top-level claims that a role relies on, besides the
// registered ones, which every role does. A mount has many roles, so it is
// small: nearly always folding changes no name, and both lists are one.
type reliance struct {
	names  []string // exact
	folded []string // the same after folding
}

func (r *Role) reliedNames() reliance {
	var names []string
	add := func(name string) {
		if name != "" && !isRegistered(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, p := range r.paths() {
		add(p.top())
	}
	if r.rules != nil {
		for _, name := range r.rules.claims {
			add(name)
		}
	}
	if r.email {
		add(claimEmailVerified)
	}
	names = slices.Clip(slices.Clone(names))
	folded := names
	for i, name := range names {
		f := strictjson.Fold(name)
		if f == name {
			continue
		}
		if &folded[0] == &names[0] {
			folded = slices.Clone(names)
		}
		folded[i] = f
	}
	return reliance{names, folded}
}

// twin returns the name relied on that another differs from by letter case
// alone, and false if there is none.
func (l reliance) twin(name string) (string, bool) {
	f := strictjson.Fold(name)
	if isRegistered(f) && f != name {
		return f, true
	}
	for i, other := range l.folded {
		if other == f && l.names[i] != name {
			return l.names[i], true
		}
	}
	return "", false
}

// isRegistered tells whether a name is one that the checks of every login rely
// on. They are the same after folding.
func isRegistered(name string) bool {
	switch name {
	case "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf":
		return true
	}
	return false
}
