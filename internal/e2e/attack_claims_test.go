// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"strings"
	"time"
)

// Beginnings of what is said once the signature has verified.
const (
	sayForm     = "is missing, malformed or not allowed"
	sayExpired  = "invalid expiration time (exp) claim"
	sayAudience = "invalid audience (aud) claim"
	sayMismatch = "does not match any associated bound claim values"
	sayMissing  = "is missing"
	sayUser     = "user claim "
	sayGroups   = "groups claim "
	sayMapped   = "mapped claim "
)

// content attacks with what a genuine signature covers.
func (a *attackers) content() []attack {
	list := append(a.documents(), a.registered()...)
	list = append(list, a.times()...)
	list = append(list, a.bindings()...)
	return append(list, a.roles()...)
}

// claim changes one claim. The canary stays in the others.
func (a *attackers) claim(role, name string, value any, late string) attack {
	claims := a.claims(nil)
	claims[name] = value
	return attack{name: role + ": " + name + " " + shorten(shown(value)), role: role, token: a.Mint(claims), late: late}
}

// without removes one claim.
func (a *attackers) without(role, name, late string) attack {
	return attack{name: role + ": no " + name, role: role, token: a.Mint(a.claims(object{name: nil})), late: late}
}

// documents are claims that are no JSON object, or one that readers do not
// agree on.
func (a *attackers) documents() []attack {
	key := a.Current()
	header, claims := encode(object{"alg": key.Alg, "kid": key.KID}), encode(a.claims(nil))
	var list []attack
	raw := func(name, text string) {
		list = append(list, attack{name: "claims " + shorten(name), token: a.Sign(key, header, []byte(text))})
	}
	for _, text := range []string{`null`, `[]`, `"x"`, `5`, `{}`, `hello`, `{"sub":"x"`} {
		raw(text, text)
	}
	raw("with text after", string(claims)+"x")
	raw("twice", string(claims)+string(claims))
	raw("with BOM", "\ufeff"+string(claims))
	for _, member := range []string{
		`"iss":"https://evil.example"`, `"sub":"mallory"`, `"aud":"evil"`, `"exp":1`, `"deep":{"x":1,"x":2}`, `"deep":[{"x":1,"X":2}]`,
		`"ISS":"https://evil.example"`, `"iſs":"https://evil.example"`, `"ſub":"mallory"`, `"SUB":"mallory"`, `"Aud":"evil"`, `"EXP":1`, `"Team":"x"`, `"GROUPS":["admin"]`,
		"\"x\":\"\xff\"", `"x":"\ud800"`, `"x":"\udc00\ud800"`, "\"x\":\"a\nb\"", `"x":01`, `"x":+1`, `"x":.5`, `"x":1.`, `"x":NaN`, `"x":Infinity`, `"x":1e400`, `"x":0x1`, `"x":"\x41"`, `"x":'y'`,
	} {
		raw("with "+member, string(insert(claims, member)))
	}
	raw("17 deep", string(insert(claims, `"x":`+strings.Repeat("[", 17)+strings.Repeat("]", 17))))
	raw("with 2,000 members", string(insert(claims, manyMembers(2000))))
	raw("with 2,000 elements", string(insert(claims, `"x":[`+strings.TrimSuffix(strings.Repeat("1,", 2000), ",")+`]`)))
	raw("with 9,000 characters in one text", string(insert(claims, `"x":"`+strings.Repeat("x", 9000)+`"`)))
	return list
}

func manyMembers(n int) string {
	members := map[string]int{}
	for i := range n {
		members["m"+shown(i)] = i
	}
	text := string(encode(members))
	return text[1 : len(text)-1]
}

// registered attacks iss, sub, aud and the purpose of the token.
func (a *attackers) registered() []attack {
	var list []attack
	iss := a.Issuer()
	for _, value := range []any{
		iss + "/", strings.ToUpper(iss), strings.Replace(iss, "https", "http", 1), strings.Replace(iss, "127.0.0.1", "localhost", 1), strings.Replace(iss, "https://", "https://user@", 1), iss + "/.", iss + "#x", iss + "?x", iss + " ", " " + iss, iss + "\x00", "", 5, true, nil, []string{iss}, object{"a": iss}, "https://evil.example",
	} {
		list = append(list, a.claim("plain", "iss", value, ""))
	}
	list = append(list, a.without("plain", "iss", ""))
	for _, value := range []any{5, true, nil, []string{"alice"}, object{}, "", "a\x00b", "a\nb", "a\u0085b", strings.Repeat("s", 513)} {
		list = append(list, a.claim("plain", "sub", value, sayForm), a.claim("user", "sub", value, sayForm), a.claim("plain", "jti", value, sayForm))
	}
	list = append(list, a.without("plain", "sub", sayForm), a.without("user", "sub", sayForm))
	for _, value := range []any{"", nil, 5, true, object{"vault": true}, []any{1}, []any{"vault", 1}, []any{[]string{"vault"}}, []any{""}, []any{"vault", ""}, []any{"vault", nil}, "a\nb"} {
		list = append(list, a.claim("plain", "aud", value, sayForm))
	}
	for _, value := range []any{"evil", "Vault", "vault ", "vault/", " vault", "vault,evil", []any{"evil"}, []any{}, "*"} {
		list = append(list, a.claim("plain", "aud", value, sayAudience))
	}
	list = append(list, a.without("plain", "aud", sayAudience))
	return append(list, a.claim("plain", "events", object{"http://schemas.openid.net/event/backchannel-logout": object{}}, sayForm), a.claim("plain", "events", nil, sayForm))
}

// times attacks exp, nbf and iat: absent, of the wrong type, overflowing, and
// past.
func (a *attackers) times() []attack {
	var list []attack
	number := func(text string) json.RawMessage { return json.RawMessage(text) }
	for _, value := range []any{nil, "123", true, []int{1}, object{}, -1, number("1e300"), number("-1e300"), number("9223372036854775807"), number("1e18"), number("253402300800"), time.Now().UnixMilli()} {
		list = append(list, a.claim("plain", "exp", value, sayForm), a.claim("plain", "nbf", value, sayForm), a.claim("plain", "iat", value, sayForm))
	}
	list = append(list, a.without("plain", "exp", sayForm))
	now := time.Now().Unix()
	for _, value := range []any{0, number("0.4"), 1, now - 65, now - 3600, now + 101*365*86400} {
		list = append(list, a.claim("plain", "exp", value, sayExpired))
	}
	list = append(list, a.claim("strict", "exp", now-5, sayExpired))
	list = append(list, a.claim("plain", "nbf", now+3600, "invalid not before (nbf) claim"), a.claim("strict", "nbf", now+3600, "invalid not before (nbf) claim"))
	return append(list, a.claim("plain", "iat", now+3600, "invalid issued at (iat) claim"))
}

// bindings attacks bound claims by type, number, pattern and pointer.
func (a *attackers) bindings() []attack {
	var list []attack
	number := func(text string) json.RawMessage { return json.RawMessage(text) }
	for _, value := range []any{number("3.9"), number("2.999"), number("3.0000000001"), "3", true, -3, 4, []any{"3"}, []any{[]int{3}}, object{"a": 3}, number("1e300")} {
		list = append(list, a.claim("number", "level", value, sayMismatch))
	}
	list = append(list, a.claim("number", "level", nil, sayMissing), a.without("number", "level", sayMissing))
	for _, value := range []any{"true", 1, false, []any{"true"}, []any{object{}}, []any{[]bool{true}}, object{"true": true}} {
		list = append(list, a.claim("flag", "admin", value, sayMismatch))
	}
	with := func(c attack, twin object) attack { c.twin = a.token(twin); return c }
	branch := object{"ref": "repo:acme/tool:ref:refs/heads/main"}
	for _, value := range []any{"repo:acme/tool:environment:x:ref:refs/heads/main", "repo:acme/tool:ref:refs/heads/mainline", "repo:evil/tool:ref:refs/heads/main", "repo:acme/to\nol:ref:refs/heads/main", []any{"repo:acme/x:y:ref:refs/heads/main"}, 5, ""} {
		list = append(list, with(a.claim("glob", "ref", value, sayMismatch), branch))
	}
	mail := object{"email": "alice@corp.example"}
	for _, value := range []any{"x@evil.example,y@corp.example", "x@evil.example@corp.example", "x@corp.example.evil.example", "x@CORP.example", "@evil@corp.example", "x@corp.example\n", 5} {
		list = append(list, with(a.claim("mail", "email", value, sayMismatch), mail))
	}
	for _, value := range []any{object{"a": object{"b": "other"}}, object{"a": object{"b": []any{[]string{"deep"}}}}, object{"a": object{"b": object{}}}} {
		list = append(list, a.claim("pointer", "nested", value, sayMismatch))
	}
	for _, value := range []any{object{"a": "deep"}, object{"a": []string{"deep"}}, "deep", 5, nil, object{}} {
		list = append(list, a.claim("pointer", "nested", value, sayMissing))
	}
	literal := a.claims(object{"nested": nil, "/nested/a/b": "deep"})
	return append(list, attack{name: "pointer: a claim named as the pointer", role: "pointer", token: a.Mint(literal), late: sayMissing})
}

// roles attacks identities, and roles that admit nobody.
func (a *attackers) roles() []attack {
	var list []attack
	for _, value := range []any{5, true, nil, []string{"a@b.example"}, object{}, "", "a\nb", "a\x00b", strings.Repeat("u", 513)} {
		list = append(list, a.claim("user", "email", value, sayUser))
	}
	for _, value := range []any{5, true, object{}, []any{1}, []any{"dev", nil}, []any{"dev", []string{"ops"}}, []any{"a\nb"}, []any{strings.Repeat("g", 513)}, manyGroups(501)} {
		list = append(list, a.claim("groups", "groups", value, sayGroups))
	}
	list = append(list, a.without("groups", "groups", sayGroups), a.claim("groups", "groups", nil, sayGroups))
	for _, value := range []any{5, true, []string{"x"}, object{}, "a\nb", strings.Repeat("m", 513)} {
		list = append(list, a.claim("mapped", "email", value, sayMapped))
	}
	for _, role := range []string{"browser", "outside", "none"} {
		list = append(list, attack{name: "good token for role " + role, role: role, token: a.Mint(a.claims(nil))}, attack{name: "no token for role " + role, role: role, token: "x.y.z"})
	}
	return list
}

func manyGroups(n int) []string {
	groups := make([]string, n)
	for i := range groups {
		groups[i] = "g" + shown(i)
	}
	return groups
}
