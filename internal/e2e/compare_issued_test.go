// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// externalGroup makes an identity group on each side that a claim can put
// people into.
func (b *bench) externalGroup(t *testing.T, p pair, alias, policy string) {
	t.Helper()
	for _, s := range []side{p.theirs, p.ours} {
		method := s.asRoot(t, "GET", "sys/auth/"+s.path, nil)
		require.True(t, method.ok(), "%s", method.raw)
		group := s.asRoot(t, "POST", "identity/group", object{"type": "external", "policies": policy, "name": s.path + "-" + alias})
		require.True(t, group.ok(), "%s", group.raw)
		a := s.asRoot(t, "POST", "identity/group-alias", object{"name": alias, "mount_accessor": method.data()["accessor"], "canonical_id": group.data()["id"]})
		require.True(t, a.ok(), "%s", a.raw)
		t.Cleanup(func() { removeGroup(s, group) })
	}
}

func removeGroup(s side, group answer) {}

// tokenRoles give tokens of all kinds.
func tokenRoles() map[string]object {
	of := func(changes object) object { return with(plainRole(), changes) }
	return map[string]object{
		"nothing":       plainRole(),
		"policies":      of(object{"token_policies": "b,a,A"}),
		"nodefault":     of(object{"token_policies": "a", "token_no_default_policy": true}),
		"nopolicy":      of(object{"token_no_default_policy": true}),
		"default":       of(object{"token_policies": "default"}),
		"root":          of(object{"token_policies": "root"}),
		"ttl":           of(object{"token_ttl": "10m"}),
		"max":           of(object{"token_max_ttl": "20m"}),
		"ttlmax":        of(object{"token_ttl": "10m", "token_max_ttl": "20m"}),
		"huge":          of(object{"token_ttl": "10000h", "token_max_ttl": "20000h"}),
		"explicit":      of(object{"token_ttl": "10m", "token_explicit_max_ttl": "30m"}),
		"period":        of(object{"token_period": "10m"}),
		"periodttl":     of(object{"token_period": "10m", "token_ttl": "5m", "token_max_ttl": "30m"}),
		"periodexplicit": of(object{"token_period": "10m", "token_explicit_max_ttl": "15m"}),
		"uses":          of(object{"token_num_uses": 5}),
		"batch":         of(object{"token_type": "batch"}),
		"batchttl":      of(object{"token_type": "batch", "token_ttl": "10m", "token_policies": "a"}),
		"batchexplicit": of(object{"token_type": "batch", "token_explicit_max_ttl": "10m"}),
		"service":       of(object{"token_type": "service"}),
		"cidrs":         of(object{"token_bound_cidrs": "127.0.0.0/8,::1"}),
		"othercidrs":    of(object{"token_bound_cidrs": "10.1.2.3"}),
		"metadata":      of(object{"claim_mappings": object{"email": "mail", "team": "team", "absent": "absent"}}),
		"oldnames":      of(object{"policies": "A,b", "ttl": "10m", "max_ttl": "20m", "num_uses": 7, "bound_cidrs": "127.0.0.1"}),
		"oldperiod":     of(object{"period": "10m"}),
		"alias":         of(object{"alias_metadata": object{"k": "v"}}),
		"mapped":        of(object{"user_claim": "email"}),
		"pointer":       of(object{"user_claim": "/nested/a/b", "user_claim_json_pointer": true}),
	}
}

// compareTokens compares what a login gives, what of it Vault keeps, and what a
// renewal makes of it, also after the role has changed.
func compareTokens(t *testing.T, b *bench) {
	token := b.issuer.token(nil)
	for _, kind := range []string{"", "service", "batch", "default-service", "default-batch"} {
		p := b.newPair(t, "m"+kind, b.issuer.static())
		if kind != "" {
			for _, s := range []side{p.theirs, p.ours} {
				a := s.asRoot(t, "POST", "sys/auth/"+s.path+"/tune", object{"token_type": kind})
				require.True(t, a.ok(), "%s", a.raw)
			}
		}
		for _, name := range sortedNames(tokenRoles()) {
			role := tokenRoles()[name]
			b.run(t, p, script{kind + " " + name, []step{
				write("role/"+name, role), login(name, token), lookup(), entity(), lookupSelf(),
				renew("1h"), lookup(), renew("10s"), lookup(), renew("0"), renew("-1"), renew("x"), lookup(),
			}})
			b.run(t, p, script{kind + " " + name + " changed", []step{
				write("role/"+name, role), login(name, token), write("role/"+name, with(role, object{"token_ttl": "20m", "token_max_ttl": 0, "ttl": nil, "max_ttl": nil, "token_policies": "z"})), renew("0"), lookup(), renew("2h"), lookup(),
			}})
			b.run(t, p, script{kind + " " + name + " recreated", []step{
				write("role/"+name, role), login(name, token), remove("role/" + name), renew("0"),
			}})
		}
		b.run(t, p, script{kind + " bindings changed", []step{
			write("role/bind", plainRole()), login("bind", token), write("role/bind", with(plainRole(), object{"bound_claims": object{"team": "x"}})), renew("0"),
		}})
		b.run(t, p, script{kind + " issuer changed", []step{
			write("role/bind", plainRole()), login("bind", token), write("config", b.other.static()), renew("0"),
		}})
	}
}
