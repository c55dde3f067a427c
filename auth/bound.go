// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// binding is one entry of bound_claims: a claim and the values it may have.
type binding struct {
	path   Path
	values []matcher
}

// matcher is one allowed value. Types are never converted: the string "true"
// is not the boolean, and "1" is not the number.
type matcher struct {
	kind  strictjson.Kind
	truth bool
	text  string // of a string, or the canonical form of a number
	glob  *glob  // nil for an exact string
}

// compileBinding reads the values that a claim may have: a string, a boolean,
// a number or a list of these, strings only if globs are asked for.
func compileBinding(claim string, raw any, globs bool) (binding, error) {
	b := binding{path: ParsePath(claim)}
	list, isList := raw.([]any)
	if !isList {
		list = []any{raw}
	}
	for _, item := range list {
		m, err := compileMatcher(item, globs)
		if err != nil {
			return b, fmt.Errorf("bound_claims: claim %q: %w", claim, err)
		}
		b.values = append(b.values, m)
	}
	return b, nil
}

func compileMatcher(raw any, globs bool) (matcher, error) {
	switch v := raw.(type) {
	case string:
		if globs {
			pattern := compileGlob(v)
			return matcher{kind: strictjson.String, glob: &pattern}, nil
		}
		return matcher{kind: strictjson.String, text: v}, nil
	case bool:
		if !globs {
			return matcher{kind: strictjson.Bool, truth: v}, nil
		}
	case json.Number:
		if !globs {
			return numberMatcher(v.String())
		}
	case float64:
		// Vault hands numbers to an external plugin as float64: from here on,
		// which integer the operator wrote can no longer be told.
		if !globs && math.Abs(v) >= 1<<53 {
			return matcher{}, fmt.Errorf("a number of 2^53 or more loses digits on its way to the plugin; bind a claim that is a string")
		}
		if !globs {
			return numberMatcher(strconv.FormatFloat(v, 'g', -1, 64))
		}
	case int:
		if !globs {
			return numberMatcher(strconv.Itoa(v))
		}
	}
	if globs {
		return matcher{}, fmt.Errorf("with bound_claims_type \"glob\" each value must be a string, not %s", jsonType(raw))
	}
	return matcher{}, fmt.Errorf("each value must be a string, a boolean or a number, not %s", jsonType(raw))
}

func numberMatcher(literal string) (matcher, error) {
	doc, err := strictjson.Parse(literal, strictjson.Limits{Bytes: 64})
	if err != nil || doc.Root().Kind() != strictjson.Number {
		return matcher{}, fmt.Errorf("a number is out of range")
	}
	return matcher{kind: strictjson.Number, text: canonicalNumber(literal)}, nil
}

func jsonType(raw any) string {
	switch raw.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	default:
		return "a number"
	}
}

// check tells whether the claim has one of the allowed values or, if it is a
// list, contains one. A separator makes a list of a string.
func (b binding) check(claims strictjson.Value, separator string) *denial {
	v, found := b.path.lookup(claims)
	if !found {
		return deny(ClaimMissing, b.path.name)
	}
	if s, isText := v.Text(); isText && separator != "" {
		for part := range strings.SplitSeq(s, separator) {
			if b.allowsText(part) {
				return nil
			}
		}
		return deny(ClaimMismatch, b.path.name)
	}
	if v.Kind() != strictjson.Array {
		if b.allows(v) {
			return nil
		}
		return deny(ClaimMismatch, b.path.name)
	}
	for e := range v.Elements() {
		if b.allows(e) {
			return nil
		}
	}
	return deny(ClaimMismatch, b.path.name)
}

func (b binding) allows(v strictjson.Value) bool {
	for _, m := range b.values {
		if m.matches(v) {
			return true
		}
	}
	return false
}

func (b binding) allowsText(s string) bool {
	for _, m := range b.values {
		if m.matchesText(s) {
			return true
		}
	}
	return false
}

func (m matcher) matchesText(s string) bool {
	if m.glob != nil {
		return m.glob.match(s)
	}
	return m.kind == strictjson.String && s == m.text
}

func (m matcher) matches(v strictjson.Value) bool {
	if v.Kind() != m.kind {
		return false
	}
	switch m.kind {
	case strictjson.String:
		s, _ := v.Text()
		return m.matchesText(s)
	case strictjson.Bool:
		truth, _ := v.Bool()
		return truth == m.truth
	case strictjson.Number:
		literal, _ := v.Literal()
		return canonicalNumber(literal) == m.text
	}
	return false
}
