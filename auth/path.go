// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"strconv"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Path names a claim: a top-level member, or a JSON pointer (RFC 6901) into
// the claims.
type Path struct {
	name   string   // as the operator wrote it
	tokens []string // reference tokens of a pointer; nil for a top-level name
}

// maxPointerDepth is how many steps a pointer may take.
const maxPointerDepth = 8

// ParsePath reads the name of a claim. A leading slash makes it a pointer.
func ParsePath(name string) Path {
	if !strings.HasPrefix(name, "/") {
		return Path{name: name}
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	tokens := strings.Split(name[1:], "/")
	for i, t := range tokens {
		tokens[i] = unescape.Replace(t)
	}
	return Path{name: name, tokens: tokens}
}

// String returns the path as it was written.
func (p Path) String() string { return p.name }

// top returns the name of the top-level claim that the path goes through.
func (p Path) top() string {
	if p.tokens == nil {
		return p.name
	}
	return p.tokens[0]
}

// lookup finds the value. JSON null counts as not there, as it does in the
// method that we are compatible with.
func (p Path) lookup(claims strictjson.Value) (strictjson.Value, bool) {
	if p.tokens == nil {
		v, found := claims.Get(p.name)
		return v, found && v.Kind() != strictjson.Null
	}
	v := claims
	for _, t := range p.tokens {
		var found bool
		if v.Kind() == strictjson.Array {
			v, found = v.At(arrayIndex(t))
		} else {
			v, found = v.Get(t)
		}
		if !found {
			return strictjson.Value{}, false
		}
	}
	return v, v.Kind() != strictjson.Null
}

// arrayIndex reads an index of RFC 6901 section 4: digits without leading
// zeros. Anything else becomes -1, which no array has.
func arrayIndex(token string) int {
	if len(token) > 1 && token[0] == '0' {
		return -1
	}
	i, err := strconv.ParseUint(token, 10, 31)
	if err != nil {
		return -1
	}
	return int(i)
}
