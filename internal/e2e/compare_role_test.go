// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"fmt"
	"strings"
	"testing"
)

// plainRole is the smallest role for logins with a token of [issuer.person].
func plainRole() object {
	return object{"role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault"}
}

// compareRoleUpdates makes sequences of writes to one role.
func compareRoleUpdates(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	base := with(plainRole(), object{
		"bound_subject": "alice", "bound_claims": object{"team": "c*"}, "bound_claims_type": "glob", "claim_mappings": object{"email": "email"},
		"groups_claim": "groups", "token_ttl": "10m", "token_max_ttl": "1h", "token_policies": "a,b",
	})
	n := 0
	sequence := func(name string, bodies ...object) {
		n++
		path := fmt.Sprintf("role/s%d", n)
		steps := []step{}
		for _, body := range bodies {
			steps = append(steps, write(path, body).allowing("partial-update-keeps"), read(path).allowing("partial-update-keeps"))
		}
		b.run(t, p, script{name, append(steps, remove(path), read(path))})
	}
	jwt := object{"role_type": "jwt", "bound_claims_type": "glob"}
	sequence("nothing", base, jwt)
	sequence("empty", base, object{})
	sequence("without the type", base, object{"token_ttl": "20m"})
	sequence("without the kind of claims", base, object{"role_type": "jwt", "token_ttl": "20m"})
	sequence("without the kind of claims, but redirects", base, object{"token_ttl": "20m", "allowed_redirect_uris": "http://localhost:8250/oidc/callback"})
	for _, name := range []string{"bound_audiences", "bound_subject", "bound_claims", "claim_mappings", "groups_claim", "token_policies", "token_ttl", "token_max_ttl", "user_claim"} {
		sequence("clear "+name, base, with(jwt, object{name: emptyFor(base[name])}))
	}
	sequence("clear all bindings", base, with(jwt, object{"bound_audiences": "", "bound_subject": "", "bound_claims": object{}}))
	sequence("ttl over max", base, with(jwt, object{"token_ttl": "2h"}))
	sequence("max under ttl", base, with(jwt, object{"token_max_ttl": "1m"}))
	sequence("max gone, then ttl", base, with(jwt, object{"token_max_ttl": 0}), with(jwt, object{"token_ttl": "2h"}))
	sequence("batch after period", with(base, object{"token_period": "10m"}), with(jwt, object{"token_type": "batch"}))
	sequence("batch with uses", with(base, object{"token_num_uses": 3}), with(jwt, object{"token_type": "batch"}))
	sequence("period of a batch", with(base, object{"token_type": "batch"}), with(jwt, object{"token_period": "10m"}))
	sequence("to glob with numbers", with(base, object{"bound_claims_type": "string", "bound_claims": object{"level": 3}}), object{"role_type": "jwt", "bound_claims_type": "glob"})
	sequence("jwt to oidc", base, with(jwt, object{"role_type": "oidc"}), with(jwt, object{"role_type": "oidc", "allowed_redirect_uris": "http://localhost:8250/oidc/callback"}))
	sequence("oidc to jwt", browser(base), jwt)
	for _, names := range [][2]string{{"policies", "token_policies"}, {"ttl", "token_ttl"}, {"max_ttl", "token_max_ttl"}, {"period", "token_period"}, {"num_uses", "token_num_uses"}, {"bound_cidrs", "token_bound_cidrs"}} {
		old, now := names[0], names[1]
		x, y := any("10m"), any("20m")
		switch old {
		case "policies":
			x, y = "A,b", "c"
		case "num_uses":
			x, y = 3, 4
		case "bound_cidrs":
			x, y = "10.0.0.0/8", "127.0.0.1"
		}
		plain := with(plainRole(), nil)
		typed := object{"role_type": "jwt"}
		sequence("old name "+old, with(plain, object{old: x}), with(typed, object{"user_claim": "email"}))
		sequence("both names "+old, with(plain, object{old: x, now: y}))
		sequence("old then new "+old, with(plain, object{old: x}), with(typed, object{now: y}))
		sequence("new then old "+old, with(plain, object{now: x}), with(typed, object{old: y}))
		sequence("old then old "+old, with(plain, object{old: x}), with(typed, object{old: y}))
		sequence("old then none "+old, with(plain, object{old: x}), with(typed, object{old: emptyFor(x)}))
		sequence("new then none "+old, with(plain, object{now: x}), with(typed, object{now: emptyFor(x)}))
		sequence("old cleared by new "+old, with(plain, object{old: x}), with(typed, object{now: emptyFor(x)}))
	}
	sequence("alias_metadata kept", with(base, object{"alias_metadata": object{"a": "b"}}), jwt)
}

// emptyFor is the value that clears a field with that value.
func emptyFor(v any) any {
	switch v := v.(type) {
	case int:
		return 0
	case object:
		return object{}
	case string:
		if strings.HasSuffix(v, "m") || strings.HasSuffix(v, "h") {
			return 0
		}
	}
	return ""
}

// compareRoleNames reads, lists and deletes roles of odd names.
func compareRoleNames(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	names := []string{"r", "R", "MixedCase", "a.b", "a-b", "a_b", "a%20b", "a%2Fb", "a/b", ".a", "a.", "-", "_", "0", "%C3%BC", "a:b", "a@b", "a+b", "a,b", "a%00b", strings.Repeat("n", 300), "..", "a..b", "role", "login", "config", "a%0Ab"}
	for _, name := range names {
		path := "role/" + name
		b.run(t, p, script{"role name " + shorten(name), []step{
			read(path), write(path, plainRole()), read(path), list("role"), list("role/"), read("role/" + strings.ToUpper(name)),
			write(path, plainRole()), login(name, b.issuer.token(nil)), login(strings.ToUpper(name), b.issuer.token(nil)), lookup(),
			remove("role/" + strings.ToUpper(name)), read(path), remove(path), list("role"),
		}})
	}
	b.run(t, p, script{"many roles", []step{
		write("role/b", plainRole()), write("role/a", plainRole()), write("role/c", plainRole()), list("role"), admin("LIST", "role?after=a&limit=1", nil), admin("GET", "role?list=true", nil),
	}})
}
