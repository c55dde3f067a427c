// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// claimValues are what each claim is set to, one after the other.
func claimValues() []string {
	return append([]string{
		`null`, `""`, `" "`, `"alice"`, `"Alice"`, `"alice "`, `"x"`, `"core"`, `"vault"`, `"true"`, `"3"`, `"/"`, `"*"`, `"a\nb"`, `"a\u0000b"`, `"\u0085"`, `"\u202e"`, `"\u200b"`, `"ü"`, `"u\u0308"`, `"\u212a"`, `"a,b"`,
		`0`, `1`, `3`, `3.0`, `3.5`, `-1`, `1e0`, `30e-1`, `1e300`, `-1e300`, `9007199254740993`, `9223372036854775807`, `true`, `false`,
		`[]`, `[""]`, `["alice"]`, `["core"]`, `["x","core"]`, `["vault"]`, `["x","vault"]`, `["vault",1]`, `["vault","a\nb"]`, `[3]`, `[1,3]`, `[true]`, `[null]`, `[["core"]]`, `[{}]`, `["dev","dev"]`, `{}`, `{"a":"b"}`, `{"b":"deep"}`,
	}, `"`+strings.Repeat("s", 512)+`"`, `"`+strings.Repeat("s", 513)+`"`)
}

// isIdentifier tells of a JSON value whether it is fit for iss, sub, jti, an
// alias or metadata: a string of 1 to 512 bytes without control characters.
func isIdentifier(raw string) bool {
	var s string
	if json.Unmarshal([]byte(raw), &s) != nil || raw == "null" {
		return false
	}
	control := func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }
	return s != "" && len(s) <= 512 && !strings.ContainsFunc(s, control)
}

// claimDifferences are those that a claim may show if it has the value, "" for
// none at all. What is no reason for ours to refuse must not show as one.
func claimDifferences(claim, raw string) []string {
	when := func(bad bool, ids ...string) []string {
		if bad {
			return ids
		}
		return nil
	}
	var number float64
	isNumber := json.Unmarshal([]byte(raw), &number) == nil && raw != "null"
	date := isNumber && number >= 0 && number <= 253402300799
	switch claim {
	case "iss":
		return when(raw != "" && !isIdentifier(raw), "iss-form")
	case "sub":
		return append(when(raw == "", "sub-required"), when(raw != "" && !isIdentifier(raw), "sub-form")...)
	case "aud":
		var names []json.RawMessage
		if json.Unmarshal([]byte(raw), &names) == nil {
			return when(slices.ContainsFunc(names, func(n json.RawMessage) bool { return !isIdentifier(string(n)) }), "aud-form")
		}
		return when(!isIdentifier(raw), "aud-form")
	case "exp":
		return append(when(raw == "", "exp-required"), when(raw != "" && (!date || number == 0), "exp-form")...)
	case "nbf", "iat":
		return when(raw != "" && !date, "date-form")
	case "jti":
		return when(raw != "" && !isIdentifier(raw), "jti-form")
	case "events":
		return when(raw != "", "events-claim")
	case "email", "groups":
		return when(!isIdentifier(raw) && strings.Contains(raw, `"`), "alias-form")
	case "level":
		return when(isNumber || strings.HasPrefix(raw, "["), "number-exact")
	}
	return nil
}

// compareClaims changes one claim at a time, for roles that use more and less
// of them.
func compareClaims(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	unbound := b.newPair(t, "unbound", with(b.issuer.static(), object{"bound_issuer": nil}))
	b.roles(t, p, loginRoles())
	b.roles(t, unbound, loginRoles())
	roles := map[string][]string{"sub": {"noaud", "email"}, "aud": {"noaud", "twoaud"}, "email": {"email"}, "exp": {"twoaud"}}
	for _, claim := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "email", "team", "level", "admin", "groups", "nested", "events", "azp", "extra"} {
		for _, raw := range append(claimValues(), "") {
			may := claimDifferences(claim, raw)
			at := func(p pair, role string) {
				claims := object{}
				if role == "noaud" {
					claims["aud"] = nil
				}
				claims[claim] = nil
				if raw != "" {
					claims[claim] = json.RawMessage(raw)
				}
				b.run(t, p, script{role + ": " + claim + "=" + shorten(raw), []step{login(role, b.issuer.token(claims)).allowing(may...)}})
			}
			for _, role := range append([]string{"plain", "rich"}, roles[claim]...) {
				at(p, role)
			}
			if claim == "iss" {
				at(unbound, "plain")
			}
		}
	}
	far := time.Now().Add(101 * 365 * 24 * time.Hour).Unix()
	b.run(t, p, script{"exp in 101 years", []step{login("plain", b.issuer.token(object{"exp": far}), "exp-far")}})
	near := time.Now().Add(99 * 365 * 24 * time.Hour).Unix()
	b.run(t, p, script{"exp in 99 years", []step{login("plain", b.issuer.token(object{"exp": near}))}})
	b.run(t, p, script{"no exp", []step{login("plain", b.issuer.token(object{"exp": nil}), "exp-required")}})
	b.run(t, p, script{"no sub", []step{login("email", b.issuer.token(object{"sub": nil}), "sub-required")}})
}
