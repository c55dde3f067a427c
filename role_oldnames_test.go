// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

// oldName is a deprecated name of a token_* field with values as they are
// written and as they are read back.
type oldName struct {
	name, current string
	a, b          any    // two values to write
	readA, readB  string // as JSON
	zero          string // read back when not set
}

func oldNames() []oldName {
	return []oldName{
		{"policies", "token_policies", "a,b", "c", `["a","b"]`, `["c"]`, `[]`},
		{"bound_cidrs", "token_bound_cidrs", "10.0.0.0/8", "192.0.2.10", `["10.0.0.0/8"]`, `["192.0.2.10"]`, `[]`},
		{"num_uses", "token_num_uses", 3, 4, `3`, `4`, `0`},
		{"ttl", "token_ttl", "60s", "61s", `60`, `61`, `0`},
		{"max_ttl", "token_max_ttl", "2h", "3h", `7200`, `10800`, `0`},
		{"period", "token_period", "30m", "31m", `1800`, `1860`, `0`},
	}
}

// TestRoleOldNames writes every combination of a deprecated name and its
// successor, onto a role that has neither and onto one that was written with
// the old name.
func TestRoleOldNames(t *testing.T) {
	t.Parallel()
	for _, f := range oldNames() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			m := newMount(t)
			read := func(want map[string]string) {
				t.Helper()
				data := m.read("role/r")
				for _, name := range []string{f.name, f.current} {
					if want[name] == "" {
						require.NotContains(t, data, name)
						continue
					}
					require.JSONEq(t, want[name], wireValue(t, data[name]), name)
				}
			}
			written := func(over map[string]any) {
				t.Helper()
				m.send(logical.DeleteOperation, "role/r", nil)
				m.write("role/r", jwtRole(overlay(map[string]any{"token_policies": nil}, over)))
			}

			written(nil)
			read(map[string]string{f.current: f.zero})
			written(map[string]any{f.name: f.a})
			read(map[string]string{f.name: f.readA, f.current: f.readA})
			written(map[string]any{f.current: f.a})
			read(map[string]string{f.current: f.readA})
			written(map[string]any{f.name: f.a, f.current: f.b})
			read(map[string]string{f.name: f.readB, f.current: f.readB})

			written(map[string]any{f.name: f.a})
			m.write("role/r", map[string]any{"bound_subject": "alice"}) // neither: both stay
			read(map[string]string{f.name: f.readA, f.current: f.readA})
			m.write("role/r", map[string]any{f.name: f.b}) // old alone: both change
			read(map[string]string{f.name: f.readB, f.current: f.readB})
			m.write("role/r", map[string]any{f.current: f.a}) // new alone: the old is gone
			read(map[string]string{f.current: f.readA})
		})
	}
}

func wireValue(t *testing.T, value any) string {
	t.Helper()
	text := wire(t, map[string]any{"v": value})
	return text[len(`{"v":`) : len(text)-1]
}

// Policies under the old name are brought into Vault's form, as they always were.
func TestRoleOldPoliciesAreNormalised(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	m.write("role/r", jwtRole(map[string]any{"token_policies": nil, "policies": "B,a,b,A"}))
	require.Equal(t, []string{"a", "b"}, m.read("role/r")["token_policies"])
}
