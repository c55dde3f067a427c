// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// mountAccessor returns the accessor of a side's mount.
func (s *side) mountAccessor(t *testing.T) string {
	t.Helper()
	a := s.asRoot(t, "GET", "sys/auth/"+s.path, nil)
	require.True(t, a.ok(), "%s", a.raw)
	return a.data()["accessor"].(string)
}

// externalGroup makes an identity group on each side that a claim can put
// people into.
func (b *bench) externalGroup(t *testing.T, p pair, alias, policy string) {
	t.Helper()
	for _, s := range []side{p.theirs, p.ours} {
		group := s.asRoot(t, "POST", "identity/group", object{"type": "external", "policies": policy, "name": s.path + "-" + alias})
		require.True(t, group.ok(), "%s", group.raw)
		a := s.asRoot(t, "POST", "identity/group-alias", object{"name": alias, "mount_accessor": s.mountAccessor(t), "canonical_id": group.data()["id"]})
		require.True(t, a.ok(), "%s", a.raw)
	}
}

// compareGroups puts people into groups, and parts group names as providers do.
func compareGroups(t *testing.T, b *bench) {
	values := []string{
		"", `["dev","ops"]`, `[]`, `"dev"`, `"dev ops"`, `"dev,ops"`, `" dev , ops "`, `["dev",""]`, `["dev","dev"]`, `["Dev"]`, `["dev ops"]`, `["dev,ops"]`,
		`["dev",1]`, `[null]`, `null`, `5`, `true`, `{}`, `{"dev":true}`, `["a\nb"]`, `""`, `[["dev"]]`,
	}
	roles := map[string]object{
		"groups": with(plainRole(), object{"groups_claim": "groups"}),
		"bound":  with(plainRole(), object{"groups_claim": "groups", "bound_claims": object{"groups": []any{"ops", "admin"}}}),
		"other":  with(plainRole(), object{"groups_claim": "/nested/list", "bound_claims": object{"groups": "dev"}}),
	}
	for _, provider := range []string{"", "ibmisam", "secureauth", "azure"} {
		config := b.issuer.static()
		if provider != "" {
			config = with(config, object{"provider_config": object{"provider": provider}})
		}
		p := b.newPair(t, "p"+provider, config)
		b.externalGroup(t, p, "dev", "policy-dev")
		b.externalGroup(t, p, "ops", "policy-ops")
		b.roles(t, p, roles)
		for _, value := range values {
			change := object{"groups": nil}
			if value != "" {
				change["groups"] = json.RawMessage(value)
			}
			for _, role := range sortedNames(roles) {
				token := b.issuer.token(change)
				b.run(t, p, script{fmt.Sprintf("%s %s: groups %s", provider, role, value), []step{login(role, token).allowing("order-of-checks", "alias-form"), lookup()}})
			}
		}
		for _, sources := range []object{{"src1": object{"endpoint": "https://127.0.0.1:1/x"}}, {}} {
			distributed := object{"groups": nil, "_claim_names": object{"groups": "src1"}, "_claim_sources": sources}
			b.run(t, p, script{provider + ": distributed groups", []step{login("groups", b.issuer.token(distributed))}})
		}
	}
}

// compareIdentity logs in people whom Vault knows already.
func compareIdentity(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	b.roles(t, p, loginRoles())
	as := func(sub string, steps ...step) []step {
		return append(steps, login("plain", b.issuer.token(object{"sub": sub})), lookup(), entity())
	}
	for _, sub := range []string{"prepared", "Prepared", "disabled", "repo:o/r:ref:refs/heads/Main", "repo:o/r:ref:refs/heads/main", "a b", "ü", "Ü", "a/b", "with,comma", "root", "*"} {
		for _, known := range []bool{false, true} {
			var before []step
			if known {
				before = []step{prepare(sub, sub == "disabled")}
			}
			b.run(t, p, script{fmt.Sprintf("person %s, known %t", sub, known), as(sub, before...)})
		}
	}
	for _, s := range []side{p.theirs, p.ours} {
		s.requireSecondFactor(t)
	}
	b.run(t, p, script{"with a second factor", []step{{what: "login", run: func(t *testing.T, s *side) answer {
		a := s.login(t, "plain", b.issuer.token(nil))
		if mfa, ok := a.auth()["mfa_requirement"].(object); ok {
			delete(mfa, "mfa_request_id")
			delete(mfa, "mfa_constraints") // holds the ids of the methods
		}
		return a
	}}}})
}

// prepare makes an entity with an alias for somebody before the login.
func prepare(sub string, disabled bool) step {
	return step{what: "prepare " + sub, run: func(t *testing.T, s *side) answer {
		name := s.path + "-" + sub
		e := s.asRoot(t, "POST", "identity/entity", object{"name": name, "policies": "known", "metadata": object{"k": "v"}, "disabled": disabled})
		require.True(t, e.ok(), "%s", e.raw)
		id, _ := e.data()["id"].(string)
		a := s.asRoot(t, "POST", "identity/entity-alias", object{"name": sub, "canonical_id": id, "mount_accessor": s.mountAccessor(t)})
		return answer{status: a.status}
	}}
}

// requireSecondFactor makes logins to the side's mount end with a question for
// a one-time password.
func (s *side) requireSecondFactor(t *testing.T) {
	t.Helper()
	method := s.asRoot(t, "POST", "identity/mfa/method/totp", object{"issuer": "test", "generate": true})
	require.True(t, method.ok(), "%s", method.raw)
	path := "identity/mfa/login-enforcement/" + s.path
	a := s.asRoot(t, "POST", path, object{"mfa_method_ids": []any{method.data()["method_id"]}, "auth_method_accessors": []string{s.mountAccessor(t)}})
	require.True(t, a.ok(), "%s", a.raw)
	t.Cleanup(func() {
		if _, err := s.delete(context.WithoutCancel(t.Context()), path); err != nil {
			t.Error(err)
		}
	})
}
