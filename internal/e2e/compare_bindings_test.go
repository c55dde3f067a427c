// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"fmt"
	"testing"
)

// compareBindings holds every value of a claim against every bound value.
func compareBindings(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	bound := []string{
		`"core"`, `"*"`, `"c*"`, `"*e"`, `"c*e"`, `"**"`, `"a*b"`, `""`, `"a,b"`, `"true"`, `"3"`, `3`, `3.0`, `3.5`, `1`, `0`, `-1`, `9007199254740993`, `9007199254740992`, `1e3`, `true`, `false`, `["core","x"]`, `["x",3,true]`, `[]`, `["core",["x"]]`,
		`"repo:acme/*:ref:refs/heads/main"`, `"*@corp.com"`, `"repo:acme/*"`, `"*:main"`, `"acme/*/x"`, `"a?b"`, `"[a-z]*"`, `"\\*"`,
	}
	values := []string{
		`"core"`, `"CORE"`, `"c"`, `"ce"`, `""`, `"*"`, `"a,b"`, `"axb"`, `"a*b"`, `"true"`, `"3"`, `3`, `3.0`, `3.9`, `3.5`, `1`, `1.9`, `0`, `0.9`, `-1`, `-1.5`, `9007199254740993`, `9007199254740992`, `1000`, `1e3`, `1e300`, `true`, `false`, `null`, `["core"]`, `["x","y"]`, `["y",3]`, `[3]`, `[true]`, `[]`, `[["x"]]`, `{}`, `"c\ne"`,
		`"repo:acme/x:ref:refs/heads/main"`, `"repo:acme/x:environment:y:ref:refs/heads/main"`, `"repo:acme/"`, `"repo:acme/x/y"`, `"x@corp.com"`, `"x@evil.com,y@corp.com"`, `"a:main"`, `"a:b:main"`, `"acme/a/x"`, `"acme/a/b/x"`, `"a?b"`, `"\\*"`,
	}
	for i, want := range bound {
		for _, kind := range []string{"string", "glob"} {
			role := fmt.Sprintf("%s%d", kind, i)
			steps := []step{write("role/"+role, with(plainRole(), object{"bound_claims_type": kind, "bound_claims": object{"team": json.RawMessage(want)}}))}
			for _, value := range values {
				token := b.issuer.token(object{"team": json.RawMessage(value)})
				b.run(t, p, script{kind + " " + want + " for " + value, append(steps, login(role, token))})
			}
		}
	}
}

// comparePointers names claims by JSON pointer and by odd names.
func comparePointers(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	claims := object{
		"nested": object{"a": object{"b": "deep", "": "empty", "c/d": "slash", "e~f": "tilde"}, "list": []any{"x", "y", object{"z": "inlist"}}, "n": 5, "null": nil, "": "noname"},
		"a/b":    "literal slash", "/a/b": "literal pointer", "": "empty name", "/": "just a slash", "~": "tilde", "https://x.example/roles": "urlclaim", "a.b": "dot", "A": "upper",
		"/nested": "shadow",
	}
	token := b.issuer.token(claims)
	names := []string{
		"/nested/a/b", "/nested/a/", "/nested/a/c~1d", "/nested/a/e~0f", "/nested/a/c~2d", "/nested/list/0", "/nested/list/1", "/nested/list/2/z", "/nested/list/3", "/nested/list/-1", "/nested/list/-", "/nested/list/00", "/nested/list/1.0", "/nested/list/+1", "/nested/list/x",
		"/nested/list", "/nested/n", "/nested/null", "/nested/", "/nested/missing", "/nested/a/b/c", "/nested", "/", "//", "", "/sub", "sub", "/sub/0", "nested/a/b", "a/b", "/a/b", "/a~1b", "/~1a~1b", "~", "/~0", "/~", "https://x.example/roles", "/https:~1~1x.example~1roles", "a.b", "A", "/A", "a", "nested", "missing", "/missing",
		"/groups/0", "/groups", "groups", "level", "/level", "aud", "/aud", "iss", "exp",
	}
	for i, name := range names {
		roles := map[string]object{
			"user":    with(plainRole(), object{"user_claim": name}),
			"pointer": with(plainRole(), object{"user_claim": name, "user_claim_json_pointer": true}),
			"groups":  with(plainRole(), object{"groups_claim": name}),
			"mapping": with(plainRole(), object{"claim_mappings": object{name: "m"}}),
			"bound":   with(plainRole(), object{"bound_claims": object{name: []any{"deep", "empty", "slash", "tilde", "x", "y", "inlist", "noname", "shadow", "alice", 5, "literal slash", "literal pointer", "empty name", "just a slash", "urlclaim", "dot", "upper", "dev", "vault"}}}),
		}
		for _, use := range sortedNames(roles) {
			role := fmt.Sprintf("%s%d", use, i)
			b.run(t, p, script{use + " " + name, []step{write("role/"+role, roles[use]), read("role/" + role), login(role, token), lookup(), entity()}})
		}
	}
}

// compareGroups puts people into groups, and parts group names as providers do.
func compareGroups(t *testing.T, b *bench) {
	values := []string{`["dev","ops"]`, `[]`, `"dev"`, `"dev ops"`, `"dev,ops"`, `" dev , ops "`, `["dev",""]`, `["dev","dev"]`, `["Dev"]`, `["dev ops"]`, `["dev,ops"]`, `["dev",1]`, `[null]`, `null`, `5`, `true`, `{}`, `{"dev":true}`, `["a\nb"]`, `""`, `[["dev"]]`}
	for _, provider := range []string{"", "ibmisam", "secureauth", "azure"} {
		config := b.issuer.static()
		if provider != "" {
			config = with(config, object{"provider_config": object{"provider": provider}})
		}
		p := b.newPair(t, "p"+provider, config)
		b.externalGroup(t, p, "dev", "policy-dev")
		b.externalGroup(t, p, "ops", "policy-ops")
		b.roles(t, p, map[string]object{
			"groups": with(plainRole(), object{"groups_claim": "groups"}),
			"bound":  with(plainRole(), object{"groups_claim": "groups", "bound_claims": object{"groups": []any{"ops", "admin"}}}),
			"other":  with(plainRole(), object{"groups_claim": "/nested/list", "bound_claims": object{"groups": "dev"}}),
		})
		for _, value := range append(values, "") {
			change := object{"groups": nil}
			if value != "" {
				change["groups"] = json.RawMessage(value)
			}
			for _, role := range []string{"groups", "bound", "other"} {
				b.run(t, p, script{fmt.Sprintf("%s %s: groups %s", provider, role, value), []step{login(role, b.issuer.token(change)), lookup()}})
			}
		}
		distributed := object{"groups": nil, "_claim_names": object{"groups": "src1"}, "_claim_sources": object{"src1": object{"endpoint": "https://127.0.0.1:1/x"}}}
		b.run(t, p, script{provider + ": distributed groups", []step{login("groups", b.issuer.token(distributed))}})
		odd := object{"groups": nil, "_claim_names": object{"groups": "src1"}, "_claim_sources": object{}}
		b.run(t, p, script{provider + ": distributed groups without a source", []step{login("groups", b.issuer.token(odd))}})
	}
}
