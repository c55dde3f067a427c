// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// plainRole is the smallest role for logins with a token of [issuer.person].
func plainRole() object {
	return object{"role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault"}
}

// fullRole has something in most fields.
func fullRole() object {
	return with(plainRole(), object{
		"bound_subject": "alice", "bound_claims": object{"team": "c*"}, "bound_claims_type": "glob", "claim_mappings": object{"email": "email"},
		"groups_claim": "groups", "token_ttl": "10m", "token_max_ttl": "1h", "token_policies": "a,b",
	})
}

// sequences runs writes to one role one after the other and reads it after each.
type sequences struct {
	*bench
	pair pair
	n    int
}

func (s *sequences) run(t *testing.T, name string, bodies ...object) {
	t.Helper()
	s.n++
	path := fmt.Sprintf("role/s%d", s.n)
	var steps []step
	for _, body := range bodies {
		steps = append(steps, write(path, body).allowing("partial-update-keeps", "bound-claim-form"), read(path).allowing("partial-update-keeps"))
	}
	s.bench.run(t, s.pair, script{name, append(steps, remove(path), read(path))})
}

// compareRoleUpdates changes roles in parts.
func compareRoleUpdates(t *testing.T, b *bench) {
	s := &sequences{bench: b, pair: b.newPair(t, "", b.issuer.static())}
	base, jwt := fullRole(), object{"role_type": "jwt", "bound_claims_type": "glob"}
	s.run(t, "nothing", base, jwt)
	s.run(t, "empty", base, object{})
	s.run(t, "without the type", base, object{"token_ttl": "20m"})
	s.run(t, "without the kind of claims", base, object{"role_type": "jwt", "token_ttl": "20m"})
	s.run(t, "without the kind of claims, but redirects", base, object{"token_ttl": "20m", "allowed_redirect_uris": redirect})
	for _, name := range sortedNames(base) {
		if name != "role_type" && name != "bound_claims_type" {
			s.run(t, "clear "+name, base, with(jwt, object{name: emptyFor(base[name])}))
		}
	}
	s.run(t, "clear all bindings", base, with(jwt, object{"bound_audiences": "", "bound_subject": "", "bound_claims": object{}}))
	s.run(t, "ttl over max", base, with(jwt, object{"token_ttl": "2h"}))
	s.run(t, "max under ttl", base, with(jwt, object{"token_max_ttl": "1m"}))
	s.run(t, "max gone, then ttl", base, with(jwt, object{"token_max_ttl": 0}), with(jwt, object{"token_ttl": "2h"}))
	s.run(t, "batch after period", with(base, object{"token_period": "10m"}), with(jwt, object{"token_type": "batch"}))
	s.run(t, "batch with uses", with(base, object{"token_num_uses": 3}), with(jwt, object{"token_type": "batch"}))
	s.run(t, "period of a batch", with(base, object{"token_type": "batch"}), with(jwt, object{"token_period": "10m"}))
	s.run(t, "to glob with numbers", with(base, object{"bound_claims_type": "string", "bound_claims": object{"level": 3}}), jwt)
	s.run(t, "jwt to oidc", base, with(jwt, object{"role_type": "oidc"}), with(jwt, object{"role_type": "oidc", "allowed_redirect_uris": redirect}))
	s.run(t, "oidc to jwt", with(base, object{"role_type": "oidc", "allowed_redirect_uris": redirect}), jwt)
	s.run(t, "alias_metadata kept", with(base, object{"alias_metadata": object{"a": "b"}}), jwt)
	s.oldNames(t)
}

// oldNames uses the names that token fields had before, alone and beside the
// new ones.
func (s *sequences) oldNames(t *testing.T) {
	t.Helper()
	typed := object{"role_type": "jwt"}
	for _, c := range []struct {
		old, now string
		x, y     any
	}{
		{"policies", "token_policies", "A,b", "c"},
		{"ttl", "token_ttl", "10m", "20m"},
		{"max_ttl", "token_max_ttl", "10m", "20m"},
		{"period", "token_period", "10m", "20m"},
		{"num_uses", "token_num_uses", 3, 4},
		{"bound_cidrs", "token_bound_cidrs", "10.0.0.0/8", "127.0.0.1"},
	} {
		first := func(name string) object { return with(plainRole(), object{name: c.x}) }
		then := func(name string, value any) object { return with(typed, object{name: value}) }
		s.run(t, "old name "+c.old, first(c.old), then("user_claim", "email"))
		s.run(t, "both names "+c.old, with(first(c.old), object{c.now: c.y}))
		s.run(t, "old then new "+c.old, first(c.old), then(c.now, c.y))
		s.run(t, "new then old "+c.old, first(c.now), then(c.old, c.y))
		s.run(t, "old then old "+c.old, first(c.old), then(c.old, c.y))
		s.run(t, "old then none "+c.old, first(c.old), then(c.old, emptyFor(c.x)))
		s.run(t, "new then none "+c.old, first(c.now), then(c.now, emptyFor(c.x)))
		s.run(t, "old cleared by new "+c.old, first(c.old), then(c.now, emptyFor(c.x)))
	}
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

// compareRoleNames reads, writes, lists and deletes roles of odd names, and
// logs in to them.
func compareRoleNames(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	for _, name := range []string{
		"r", "R", "MixedCase", "a.b", "a-b", "a_b", "a%20b", "a%2Fb", "a/b", ".a", "a.", "-", "_", "0", "%C3%BC", "a:b", "a@b", "a+b", "a,b", "a%00b",
		strings.Repeat("n", 300), "..", "a..b", "role", "login", "config", "a%0Ab",
	} {
		path, upper := "role/"+name, "role/"+strings.ToUpper(name)
		b.run(t, p, script{"role name " + shorten(name), []step{
			read(path), write(path, plainRole()), read(path), list("role"), list("role/"), read(upper),
			write(path, plainRole()), login(name, b.issuer.token(nil)), login(strings.ToUpper(name), b.issuer.token(nil)), lookup(),
			remove(upper), read(path), remove(path), list("role"),
		}})
	}
	b.run(t, p, script{"many roles", []step{
		write("role/b", plainRole()), write("role/a", plainRole()), write("role/c", plainRole()), list("role"),
		admin("LIST", "role?after=a&limit=1", nil), admin("GET", "role?list=true", nil),
	}})
}

// compareRights writes roles with the rights to create or to update alone,
// which is what the existence check of a role is for.
func compareRights(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	for _, rights := range []string{"create", "update", "read", "delete", "list", "create,update", "patch", "deny"} {
		as := func(method, path string, body any) step {
			return step{what: rights + ": " + method + " " + path, run: func(t *testing.T, s *side) answer {
				return s.send(t, request{method: method, path: s.at(path), body: body, token: s.limited(t, rights)})
			}}
		}
		b.run(t, p, script{"rights " + rights, []step{
			write("role/there", plainRole()), as("POST", "role/there", plainRole()), as("POST", "role/new", plainRole()), as("PATCH", "role/there", plainRole()),
			as("GET", "role/there", nil), as("LIST", "role", nil), as("GET", "config", nil), as("POST", "config", b.issuer.static()), as("PUT", "role/x?a=b", object{}),
			as("DELETE", "role/there", nil), as("DELETE", "role/none", nil), remove("role/new"),
		}})
	}
}

// limited makes a Vault token with rights to the side's mount.
func (s *side) limited(t *testing.T, rights string) string {
	t.Helper()
	name := "limited-" + s.path + "-" + strings.ReplaceAll(rights, ",", "-")
	quoted := `"` + strings.ReplaceAll(rights, ",", `","`) + `"`
	a := s.asRoot(t, "POST", "sys/policies/acl/"+name, object{"policy": `path "auth/` + s.path + `/*" { capabilities = [` + quoted + `] }`})
	require.True(t, a.ok(), "%s", a.raw)
	a = s.asRoot(t, "POST", "auth/token/create", object{"policies": []string{name}, "ttl": "10m"})
	require.True(t, a.ok(), "%s", a.raw)
	return a.auth()["client_token"].(string)
}
