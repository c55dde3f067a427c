// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// tokenRoles give tokens of all kinds.
func tokenRoles() map[string]object {
	of := func(changes object) object { return with(plainRole(), changes) }
	return map[string]object{
		"nothing":        plainRole(),
		"policies":       of(object{"token_policies": "b,a,A"}),
		"nodefault":      of(object{"token_policies": "a", "token_no_default_policy": true}),
		"nopolicy":       of(object{"token_no_default_policy": true}),
		"default":        of(object{"token_policies": "default"}),
		"root":           of(object{"token_policies": "root"}),
		"ttl":            of(object{"token_ttl": "10m"}),
		"max":            of(object{"token_max_ttl": "20m"}),
		"ttlmax":         of(object{"token_ttl": "10m", "token_max_ttl": "20m"}),
		"huge":           of(object{"token_ttl": "10000h", "token_max_ttl": "20000h"}),
		"explicit":       of(object{"token_ttl": "10m", "token_explicit_max_ttl": "30m"}),
		"period":         of(object{"token_period": "10m"}),
		"periodttl":      of(object{"token_period": "10m", "token_ttl": "5m", "token_max_ttl": "30m"}),
		"periodexplicit": of(object{"token_period": "10m", "token_explicit_max_ttl": "15m"}),
		"uses":           of(object{"token_num_uses": 5}),
		"batch":          of(object{"token_type": "batch"}),
		"batchttl":       of(object{"token_type": "batch", "token_ttl": "10m", "token_policies": "a"}),
		"batchexplicit":  of(object{"token_type": "batch", "token_explicit_max_ttl": "10m"}),
		"service":        of(object{"token_type": "service"}),
		"cidrs":          of(object{"token_bound_cidrs": "127.0.0.0/8,::1"}),
		"othercidrs":     of(object{"token_bound_cidrs": "10.1.2.3"}),
		"metadata":       of(object{"claim_mappings": object{"email": "mail", "team": "team", "absent": "absent"}}),
		"oldnames":       of(object{"policies": "A,b", "ttl": "10m", "max_ttl": "20m", "num_uses": 7, "bound_cidrs": "127.0.0.1"}),
		"oldperiod":      of(object{"period": "10m"}),
		"alias":          of(object{"alias_metadata": object{"k": "v"}}),
		"mapped":         of(object{"user_claim": "email"}),
		"pointer":        of(object{"user_claim": "/nested/a/b", "user_claim_json_pointer": true}),
	}
}

// compareTokens compares what a login gives, what of it Vault keeps, and what a
// renewal makes of it, on mounts that are tuned in several ways.
func compareTokens(t *testing.T, b *bench) {
	few := []string{"nothing", "ttl", "period", "batch", "service", "uses"}
	for _, m := range []struct {
		name  string
		tune  object
		roles []string
	}{
		{"plain", nil, sortedNames(tokenRoles())},
		{"service", object{"token_type": "service"}, few},
		{"batch", object{"token_type": "batch"}, few},
		{"defaultservice", object{"token_type": "default-service"}, few},
		{"defaultbatch", object{"token_type": "default-batch"}, few},
		{"short", object{"default_lease_ttl": "5m", "max_lease_ttl": "15m"}, sortedNames(tokenRoles())},
	} {
		p := b.newPair(t, m.name, b.issuer.static())
		for _, s := range []side{p.theirs, p.ours} {
			if m.tune != nil {
				a := s.asRoot(t, "POST", "sys/auth/"+s.path+"/tune", m.tune)
				require.True(t, a.ok(), "%s", a.raw)
			}
		}
		for _, name := range m.roles {
			b.tokenLife(t, p, m.name+" "+name, "role/"+name, tokenRoles()[name])
		}
		b.changedRoles(t, p, m.name)
	}
}

// tokenLife follows a token through its renewals.
func (b *bench) tokenLife(t *testing.T, p pair, name, path string, role object) {
	t.Helper()
	token := b.issuer.token(nil)
	loginToRole := login(path[len("role/"):], token)
	b.run(t, p, script{name, []step{
		write(path, role), loginToRole, lookup(), entity(), lookupSelf(),
		renew("1h"), lookup(), renew("10s"), lookup(), renew("0"), renew("-1"), renew("x"), lookup(),
	}})
	later := with(role, object{"token_ttl": "20m", "token_max_ttl": 0, "ttl": nil, "max_ttl": nil, "token_policies": "z"})
	b.run(t, p, script{name + ", role changed", []step{loginToRole, write(path, later), renew("0"), lookup(), renew("2h"), lookup()}})
	b.run(t, p, script{name + ", role deleted", []step{loginToRole, remove(path), renew("0"), lookup()}})
	b.run(t, p, script{name + ", revoked", []step{write(path, role), loginToRole, revokeSelf(), lookup()}})
}

// changedRoles renews tokens whose login the role would refuse by now.
func (b *bench) changedRoles(t *testing.T, p pair, mount string) {
	t.Helper()
	token := b.issuer.token(nil)
	for _, change := range []struct {
		name string
		to   object
		may  []string
	}{
		{"nothing", object{"bound_subject": "alice"}, nil},
		{"claims", object{"bound_claims": object{"team": "x"}}, []string{"renewal-rechecks"}},
		{"audience", object{"bound_audiences": "other"}, []string{"renewal-rechecks"}},
		{"subject", object{"bound_subject": "bob"}, []string{"renewal-rechecks"}},
		{"addresses", object{"token_bound_cidrs": "10.0.0.0/8"}, []string{"renewal-rechecks"}},
		{"user", object{"user_claim": "email"}, []string{"renewal-rechecks"}},
		{"groups", object{"groups_claim": "absent"}, []string{"renewal-rechecks"}},
		{"type", object{"role_type": "oidc", "allowed_redirect_uris": redirect}, nil},
		{"token type", object{"token_type": "batch"}, nil},
		{"no default policy", object{"token_no_default_policy": true}, nil},
	} {
		path := "role/c" + change.name[:1] + change.name[len(change.name)-1:]
		b.run(t, p, script{mount + ": renewal after a change of " + change.name, []step{
			write(path, plainRole()), login(path[len("role/"):], token), write(path, with(plainRole(), change.to)), renew("0").allowing(change.may...), lookup(),
		}})
	}
	b.run(t, p, script{mount + ": renewal with other keys", []step{
		write("role/keys", plainRole()), login("keys", token), write("config", with(b.issuer.static(), object{"jwt_validation_pubkeys": b.other.Current().PEM()})), renew("0"), lookup(),
	}})
	b.run(t, p, script{mount + ": renewal with another issuer", []step{
		write("config", b.issuer.static()), login("keys", token), write("config", b.other.static()), renew("0").allowing("renewal-rechecks"), lookup(),
	}})
}
