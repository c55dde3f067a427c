// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// claimValues are what each claim is set to, one after the other.
func claimValues() []json.RawMessage {
	texts := []string{
		`null`, `""`, `" "`, `"alice"`, `"Alice"`, `"alice "`, `"x"`, `"core"`, `"vault"`, `"true"`, `"3"`, `"/"`, `"a/b"`, `"*"`, `"a\nb"`, `"a\u0000b"`, `"\u202e"`, `"\u200b"`, `"ü"`, `"u\u0308"`, `"\u212a"`, `"{{x}}"`, `"a,b"`,
		`0`, `1`, `3`, `3.0`, `3.5`, `-1`, `1e0`, `30e-1`, `1e300`, `-1e300`, `9007199254740993`, `9223372036854775807`, `true`, `false`,
		`[]`, `[""]`, `["alice"]`, `["core"]`, `["x","core"]`, `["vault"]`, `["x","vault"]`, `["vault",1]`, `[3]`, `[1,3]`, `[true]`, `[null]`, `[["core"]]`, `[{}]`, `["dev","dev"]`, `{}`, `{"a":"b"}`, `{"b":"deep"}`,
	}
	out := make([]json.RawMessage, 0, len(texts)+2)
	for _, text := range texts {
		out = append(out, json.RawMessage(text))
	}
	return append(out, json.RawMessage(`"`+strings.Repeat("s", 512)+`"`), json.RawMessage(`"`+strings.Repeat("s", 513)+`"`))
}

// mutation is a change to the claims of a good token.
type mutation struct {
	name   string
	change object
}

// claimMutations removes each claim and gives it each value.
func claimMutations() []mutation {
	out := []mutation{{"nothing", nil}}
	for _, claim := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "email", "team", "level", "admin", "groups", "nested", "events", "azp", "extra"} {
		out = append(out, mutation{"no " + claim, object{claim: nil}})
		for _, value := range claimValues() {
			out = append(out, mutation{claim + "=" + shorten(string(value)), object{claim: value}})
		}
	}
	return out
}

// compareClaims changes one claim at a time, for roles that use more and less
// of them.
func compareClaims(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	unbound := b.newPair(t, "unbound", with(b.issuer.static(), object{"bound_issuer": nil}))
	b.roles(t, p, loginRoles())
	b.roles(t, unbound, loginRoles())
	for _, m := range claimMutations() {
		token := b.issuer.token(m.change)
		for _, role := range []string{"plain", "rich", "noaud", "twoaud", "email"} {
			b.run(t, p, script{role + ": " + m.name, []step{login(role, token)}})
		}
		b.run(t, unbound, script{"unbound: " + m.name, []step{login("plain", token)}})
	}
}

// compareClaimPairs makes every two of a set of changes at once.
func compareClaimPairs(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	b.roles(t, p, loginRoles())
	past, future := time.Now().Add(-time.Hour).Unix(), time.Now().Add(time.Hour).Unix()
	changes := []mutation{
		{"no iss", object{"iss": nil}}, {"other iss", object{"iss": "https://evil.example"}}, {"no sub", object{"sub": nil}}, {"other sub", object{"sub": "mallory"}}, {"sub is a number", object{"sub": 5}},
		{"no aud", object{"aud": nil}}, {"other aud", object{"aud": "other"}}, {"list aud", object{"aud": []string{"x", "vault"}}}, {"empty aud", object{"aud": []string{}}},
		{"no exp", object{"exp": nil}}, {"expired", object{"exp": past}}, {"no nbf", object{"nbf": nil}}, {"nbf ahead", object{"nbf": future}}, {"no iat", object{"iat": nil}}, {"iat ahead", object{"iat": future}}, {"no jti", object{"jti": nil}},
		{"no email", object{"email": nil}}, {"email is a number", object{"email": 5}}, {"no team", object{"team": nil}}, {"other team", object{"team": "x"}}, {"team list", object{"team": []string{"x", "core"}}},
		{"no level", object{"level": nil}}, {"other level", object{"level": 4}}, {"level text", object{"level": "3"}}, {"no admin", object{"admin": nil}}, {"admin text", object{"admin": "true"}}, {"admin false", object{"admin": false}},
		{"no groups", object{"groups": nil}}, {"no group", object{"groups": []string{}}}, {"one group", object{"groups": "dev"}}, {"odd groups", object{"groups": []any{"dev", 1}}}, {"no nested", object{"nested": nil}}, {"other nested", object{"nested": object{"a": object{"b": "other"}}}},
		{"more", object{"more": "x"}}, {"azp", object{"azp": "x"}}, {"events", object{"events": object{}}},
	}
	for i, first := range changes {
		for _, second := range changes[i+1:] {
			token := b.issuer.token(with(first.change, second.change))
			b.run(t, p, script{"rich: " + first.name + " and " + second.name, []step{login("rich", token)}})
		}
	}
}

// compareTimes moves exp, nbf and iat around the moment of login, for roles
// with all kinds of leeways.
func compareTimes(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	roles := map[string]object{
		"none": plainRole(), "skew10": with(plainRole(), object{"clock_skew_leeway": 10}), "skew300": with(plainRole(), object{"clock_skew_leeway": 300}), "skewoff": with(plainRole(), object{"clock_skew_leeway": -1}),
		"exp300": with(plainRole(), object{"expiration_leeway": 300}), "expoff": with(plainRole(), object{"expiration_leeway": -1}), "nbf300": with(plainRole(), object{"not_before_leeway": 300}), "nbfoff": with(plainRole(), object{"not_before_leeway": -1}),
		"alloff": with(plainRole(), object{"clock_skew_leeway": -1, "expiration_leeway": -1, "not_before_leeway": -1}),
	}
	b.roles(t, p, roles)
	// Seconds from now; none is within 3 s of a limit that any role has.
	offsets := []int64{-100000, -500, -355, -305, -295, -155, -145, -65, -55, -15, -5, 5, 15, 55, 65, 145, 155, 205, 215, 295, 305, 100000}
	for _, role := range sortedNames(roles) {
		at := func(claims ...any) {
			change := object{"exp": nil, "nbf": nil, "iat": nil}
			now := time.Now().Unix()
			for i := 0; i < len(claims); i += 2 {
				change[claims[i].(string)] = now + claims[i+1].(int64)
			}
			b.run(t, p, script{role + ": " + shown(claims), []step{login(role, b.issuer.token(change))}})
		}
		at()
		for _, o := range offsets {
			at("exp", o)
			at("nbf", o)
			at("iat", o)
			at("exp", o, "nbf", int64(-10))
			at("exp", o, "iat", int64(-10))
			at("exp", int64(600), "nbf", o)
			at("exp", int64(600), "iat", o)
			at("nbf", o, "iat", int64(-10))
			at("exp", o, "nbf", int64(-1000), "iat", int64(-1000))
			at("exp", int64(600), "nbf", o, "iat", o)
		}
	}
}
