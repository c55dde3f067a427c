// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// boundTexts are the values that a claim is bound to, as JSON.
func boundTexts() []string {
	return []string{
		`"core"`, `"*"`, `"c*"`, `"*e"`, `"c*e"`, `"**"`, `"a*b"`, `""`, `"a,b"`, `"true"`, `"3"`, `["core","x"]`, `[]`,
		`"repo:acme/*:ref:refs/heads/main"`, `"*@corp.com"`, `"repo:acme/*"`, `"*:main"`, `"acme/*/x"`, `"a?b"`, `"[a-z]*"`, `"\\*"`,
	}
}

// boundOthers are bound values that patterns cannot be.
func boundOthers() []string {
	return []string{`3`, `3.0`, `3.5`, `1`, `0`, `-1`, `9007199254740991`, `1e3`, `true`, `false`, `["x",3,true]`}
}

// actualTexts are the values that the token has.
func actualTexts() []string {
	return []string{
		`"core"`, `"CORE"`, `"c"`, `"ce"`, `""`, `"*"`, `"a,b"`, `"axb"`, `"a*b"`, `"true"`, `"3"`, `3`, `3.0`, `3.9`, `3.5`, `1`, `1.9`, `0`, `0.9`, `-1`, `-1.5`, `9007199254740991`, `9007199254740992`, `1000`, `1e3`, `1e300`,
		`true`, `false`, `null`, `["core"]`, `["x","y"]`, `["y",3]`, `[3]`, `[true]`, `[]`, `[["x"]]`, `{}`, `"c\ne"`,
		`"repo:acme/x:ref:refs/heads/main"`, `"repo:acme/x:environment:y:ref:refs/heads/main"`, `"repo:acme/"`, `"repo:acme/x/y"`, `"x@corp.com"`, `"x@evil.com,y@corp.com"`, `"a:main"`, `"a:b:main"`, `"acme/a/x"`, `"acme/a/b/x"`, `"a?b"`, `"\\*"`,
	}
}

// compareBindings holds every value of a claim against every bound value.
func compareBindings(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	hold := func(kind, want string, n int) {
		role := fmt.Sprintf("%s%d", kind, n)
		body := with(plainRole(), object{"bound_claims_type": kind, "bound_claims": object{"team": json.RawMessage(want)}})
		b.run(t, p, script{kind + " " + want, []step{write("role/"+role, body)}})
		for _, actual := range actualTexts() {
			token := b.issuer.token(object{"team": json.RawMessage(actual)})
			b.run(t, p, script{kind + " " + want + " for " + actual, []step{login(role, token).allowing(bindingDifferences(kind, want, actual)...)}})
		}
	}
	for n, want := range boundTexts() {
		hold("string", want, n)
		hold("glob", want, n)
	}
	for n, want := range boundOthers() {
		hold("string", want, 100+n)
	}
}

// bindingDifferences are those that a bound value may show with a claim.
func bindingDifferences(kind, want, actual string) []string {
	if kind == "string" {
		if strings.ContainsAny(want, "0123456789") && strings.ContainsAny(actual, "0123456789") && actual[0] != '"' {
			return []string{"number-exact"}
		}
		return nil
	}
	if actual == `"c\ne"` {
		return []string{"glob-control"}
	}
	if strings.Contains(want, "*:") || strings.Contains(want, "*/") || strings.Contains(want, "*@") {
		return []string{"glob-segments"}
	}
	return nil
}

// pointerClaims are claims with odd names, some of which look like pointers to
// others.
func pointerClaims() object {
	return object{
		"nested": object{"a": object{"b": "deep", "": "empty", "c/d": "slash", "e~f": "tilde"}, "list": []any{"x", "y", object{"z": "inlist"}}, "n": 5, "null": nil, "": "noname"},
		"a/b":    "literal slash", "/a/b": "literal pointer", "": "empty name", "/": "just a slash", "~": "tilde", "https://x.example/roles": "urlclaim", "a.b": "dot", "A": "upper",
		"/nested": "shadow",
	}
}

// comparePointers names claims by JSON pointer and by odd names.
func comparePointers(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	token := b.issuer.token(pointerClaims())
	values := []any{"deep", "empty", "slash", "tilde", "x", "y", "inlist", "noname", "shadow", "alice", 5, "literal slash", "literal pointer", "empty name", "just a slash", "urlclaim", "dot", "upper", "dev", "vault"}
	for i, name := range []string{
		"/nested/a/b", "/nested/a/", "/nested/a/c~1d", "/nested/a/e~0f", "/nested/a/c~2d", "/nested/list/0", "/nested/list/1", "/nested/list/2/z", "/nested/list/3", "/nested/list/-1", "/nested/list/-", "/nested/list/00", "/nested/list/1.0", "/nested/list/+1", "/nested/list/x",
		"/nested/list", "/nested/n", "/nested/null", "/nested/", "/nested/missing", "/nested/a/b/c", "/nested", "/", "//", "", "/sub", "sub", "/sub/0", "nested/a/b", "a/b", "/a/b", "/a~1b", "/~1a~1b", "~", "/~0", "/~", "https://x.example/roles", "/https:~1~1x.example~1roles", "a.b", "A", "/A", "a", "nested", "missing", "/missing",
		"/groups/0", "/groups", "groups", "level", "/level", "aud", "/aud", "iss", "exp",
	} {
		var may []string
		switch name {
		case "/nested/list/00", "/nested/list/+1":
			may = []string{"pointer-index"}
		case "a", "/a/b":
			may = []string{"claim-twins"} // of A
		}
		roles := map[string]object{
			"user":    {"user_claim": name},
			"pointer": {"user_claim": name, "user_claim_json_pointer": true},
			"groups":  {"groups_claim": name},
			"mapping": {"claim_mappings": object{name: "m"}},
			"bound":   {"bound_claims": object{name: values}},
		}
		for _, use := range sortedNames(roles) {
			role := fmt.Sprintf("%s%d", use, i)
			b.run(t, p, script{use + " " + name, []step{
				write("role/"+role, with(plainRole(), roles[use])), read("role/" + role), login(role, token).allowing(may...), lookup().allowing(may...), entity().allowing(may...),
			}})
		}
	}
}
