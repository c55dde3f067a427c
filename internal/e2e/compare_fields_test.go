// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// redirect is where the vault command lets a browser return to.
const redirect = "http://localhost:8250/oidc/callback"

// roleValue is a field of a role and the differences that writing it shows.
type roleValue struct {
	field string
	value any
	must  []string
}

func (v roleValue) String() string { return v.field + "=" + shorten(shown(v.value)) }

// compareRoleFields writes each field in all its forms, as a new role and as an
// update, and reads it back.
func compareRoleFields(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	for i, v := range roleValues() {
		fields := plainRole()
		fields[v.field] = v.value
		path := fmt.Sprintf("role/f%d", i)
		b.run(t, p, script{v.String(), []step{
			write(path, fields, v.must...), read(path).allowing(v.must...), admin("PUT", path, fields), read(path).allowing(v.must...),
		}})
		path = fmt.Sprintf("role/u%d", i)
		update := object{"role_type": "jwt"}
		update[v.field] = v.value
		must := v.must
		if v.field == "role_type" && (v.value == nil || v.value == "") {
			must = []string{"partial-update-keeps"}
		}
		b.run(t, p, script{"update " + v.String(), []step{write(path, plainRole()), write(path, update, must...), read(path).allowing(v.must...)}})
		b.roleVariants(t, p, i, v)
	}
}

// roleVariants writes a field to a role with globs and to one for browsers,
// where that has a meaning of its own.
func (b *bench) roleVariants(t *testing.T, p pair, i int, v roleValue) {
	t.Helper()
	if v.field == "bound_claims" {
		path := fmt.Sprintf("role/g%d", i)
		fields := with(plainRole(), object{"bound_claims_type": "glob"})
		fields[v.field] = v.value
		b.run(t, p, script{"glob " + v.String(), []step{write(path, fields).allowing(v.must...), read(path)}})
	}
	if slices.Contains([]string{"role_type", "allowed_redirect_uris", "oidc_scopes", "max_age", "verbose_oidc_logging", "bound_audiences", "user_claim"}, v.field) {
		path := fmt.Sprintf("role/b%d", i)
		fields := object{"role_type": "oidc", "user_claim": "sub", "allowed_redirect_uris": redirect}
		fields[v.field] = v.value
		b.run(t, p, script{"browser " + v.String(), []step{write(path, fields, v.must...), read(path)}})
	}
}

// roleValues are all fields with all the values that they are written with.
func roleValues() []roleValue {
	var out []roleValue
	of := func(field string, values []any, must ...string) {
		for _, value := range values {
			out = append(out, roleValue{field, value, must})
		}
	}
	lists := []any{"a", "a,b", "a, b ,c", "", []any{}, []any{"a", "b"}, []any{"a,b"}, []any{"a", "a", ""}, []any{" A "}, []any{1, true}, 5, true, nil, object{"a": "b"}, "Ünï"}
	texts := []any{"", "x", " x ", "/a/b", "/", 5, 1.5, true, nil, []any{"a"}, []any{}, object{"a": "b"}, "a,b", strings.Repeat("x", 600), "a\nb"}
	flags := []any{true, false, "true", "false", "1", "0", 1, 0, "yes", "", nil, []any{}, 2, 0.2, -3}
	for _, name := range []string{"bound_audiences", "oidc_scopes", "allowed_redirect_uris", "token_policies", "policies"} {
		of(name, lists)
	}
	for _, name := range []string{"bound_subject", "user_claim", "groups_claim"} {
		of(name, texts)
		of(name, []any{json.RawMessage("1795549640123456789")}, "long-numbers")
	}
	for _, name := range []string{"user_claim_json_pointer", "verbose_oidc_logging", "token_no_default_policy"} {
		of(name, flags)
	}
	for _, name := range []string{"token_ttl", "token_max_ttl", "token_explicit_max_ttl", "token_period", "max_age", "ttl", "max_ttl", "period"} {
		of(name, []any{0, 10, "10", "10s", "1h", "1h30m", "1d", "", "x", "1.5s", "-1", -1, "1000000h", 3000000000, true, nil, []any{}, "10 s", "1w", 0.5, 1.5})
		of(name, []any{json.RawMessage("1e2")}, "plugin-numbers")
	}
	for _, name := range []string{"expiration_leeway", "not_before_leeway", "clock_skew_leeway"} {
		of(name, []any{0, 1, 60, 299, 300, "5m", -1, -60, "-1s", "x", "", nil, 0.5, 1.5, -0.5})
		of(name, []any{301, "5m1s", 100000000}, "leeway-limit")
		of(name, []any{json.RawMessage("1e2")}, "plugin-numbers")
	}
	for _, name := range []string{"token_num_uses", "num_uses"} {
		of(name, []any{0, 1, "3", "x", nil, true, "", []any{}, 0.5, 1.5})
		of(name, []any{json.RawMessage("1e2")}, "plugin-numbers")
	}
	of("token_num_uses", []any{-1})
	of("num_uses", []any{-1}, "negative-uses")
	of("allowed_redirect_uris", []any{redirect, "::bad::"})
	of("token_policies", []any{"root", "Dev,dev,OPS", "a b"})
	of("policies", []any{"Dev,dev,OPS"})
	of("role_type", []any{"jwt", "oidc", "", "JWT", "other", nil, 5})
	of("bound_claims_type", []any{"string", "glob", "", "GLOB", "regex", nil, 5})
	of("token_type", []any{"default", "service", "batch", "default-service", "default-batch", "", "x", "Service", nil, 5})
	of("unknown_field", []any{"x"})
	of("name", []any{"other", "", 5})
	return append(out, slices.Concat(cidrValues(), mapValues(), boundValues(), limitValues())...)
}

func cidrValues() []roleValue {
	var out []roleValue
	for _, cidr := range []any{"127.0.0.1", "127.0.0.0/8", "10.0.0.0/8,127.0.0.1/32", "::1", "fe80::/10", "", []any{}, []any{"127.0.0.1", "10.0.0.1"}, "x", "1.2.3.4/24", "1.2.3", 5, nil, "::ffff:10.0.0.1", "fe80::1%eth0"} {
		out = append(out, roleValue{"token_bound_cidrs", cidr, nil}, roleValue{"bound_cidrs", cidr, nil})
	}
	for _, odd := range []any{"1.2.3.4/33", "127.0.0.1:80", "/run/socket"} {
		out = append(out, roleValue{"token_bound_cidrs", odd, []string{"cidr-form"}}, roleValue{"bound_cidrs", odd, []string{"cidr-form"}})
	}
	return out
}

func mapValues() []roleValue {
	var out []roleValue
	for _, m := range []any{object{}, object{"a": "b"}, object{"a": 5}, object{"a": true}, object{"a": []any{"b"}}, object{"a": nil}, object{"a": object{"b": "c"}}, "", "x", "a=b", `{"a":"b"}`, []any{}, []any{"a=b"}, 5, nil} {
		out = append(out, roleValue{"claim_mappings", m, nil})
	}
	for _, m := range []object{{"a": "role"}, {"a": "x", "b": "x"}, {"/a/b": "x"}, {"a": ""}, {"": "x"}} {
		out = append(out, roleValue{"claim_mappings", m, nil})
	}
	for _, m := range []any{object{}, object{"a": "b"}, object{"a": 5}, "a=b", []any{"a=b"}, []any{}} {
		out = append(out, roleValue{"alias_metadata", m, nil})
	}
	for _, m := range []any{object{"a": []any{"b"}}, object{"a": object{"b": "c"}}, "", "x", `{"a":"b"}`, 5} {
		out = append(out, roleValue{"alias_metadata", m, []string{"alias-metadata"}})
	}
	return out
}

func boundValues() []roleValue {
	var out []roleValue
	of := func(value any, must ...string) { out = append(out, roleValue{"bound_claims", value, must}) }
	for _, m := range []any{object{}, "", "x", "a=b", `{"a":"b"}`, []any{}, []any{"a=b"}, 5, nil} {
		of(m)
	}
	for _, value := range []any{"x", "", "*", "a,b", 5, 1.5, json.RawMessage("-0"), true, []any{}, []any{"x", 5, true}} {
		of(object{"team": value})
	}
	for _, value := range []any{nil, []any{nil}, []any{[]any{"x"}}, []any{object{"y": "z"}}, object{"y": "z"}} {
		of(object{"team": value}, "bound-claim-form")
	}
	for _, value := range []any{9007199254740993, 1e300} {
		of(object{"team": value}, "bound-number-size")
	}
	of(object{"/a/b": "x"})
	of(object{"": "x"})
	of(object{"a": "x", "b": []any{"y", "z"}})
	return out
}

// limitValues are as much as a role may have, and one more.
func limitValues() []roleValue {
	many := func(n int) object {
		members := object{}
		for i := range n {
			members[fmt.Sprintf("m%d", i)] = fmt.Sprintf("v%d", i)
		}
		return members
	}
	tooMuch := []string{"role-limits"}
	return []roleValue{
		{"bound_audiences", sortedNames(many(64)), nil}, {"bound_audiences", sortedNames(many(65)), tooMuch},
		{"bound_claims", many(64), nil}, {"bound_claims", many(65), tooMuch},
		{"claim_mappings", many(32), nil}, {"claim_mappings", many(33), tooMuch},
		{"groups_claim", "/a/b/c/d/e/f/g/h", nil}, {"groups_claim", "/a/b/c/d/e/f/g/h/i", tooMuch},
	}
}
