// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// TestUse covers K1: a key that is not said to be for signatures is none.
func TestUse(t *testing.T) {
	good := public("ES256")
	judgeAll(t, good, []refused{
		{"enc", good.with("use", "enc"), jwk.FaultUse},
		{"another case", good.with("use", "SIG"), jwk.FaultUse},
		{"space", good.with("use", "sig "), jwk.FaultUse},
		{"list", good.with("use", []string{"sig"}), jwk.FaultUse},
		{"empty list inside a list", good.with("use", []any{[]any{}}), jwk.FaultUse},
		{"object", good.with("use", member{}), jwk.FaultUse},
		{"false", good.with("use", false), jwk.FaultUse},
		{"number", good.with("use", 1), jwk.FaultUse},
	})
}

func TestKeyOps(t *testing.T) {
	good := public("ES256").with("use", nil).with("key_ops", []string{"verify"})
	judgeAll(t, good, []refused{
		{"encrypt", good.with("key_ops", []string{"encrypt"}), jwk.FaultUse},
		{"verify and encrypt", good.with("key_ops", []string{"verify", "encrypt"}), jwk.FaultUse},
		{"sign alone", good.with("key_ops", []string{"sign"}), jwk.FaultUse},
		{"list of nothing", good.with("key_ops", []string{""}), jwk.FaultUse},
		{"list of null", good.with("key_ops", []any{nil}), jwk.FaultUse},
		{"empty object", good.with("key_ops", member{}), jwk.FaultUse},
		{"another case", good.with("key_ops", []string{"Verify"}), jwk.FaultUse},
		{"string", good.with("key_ops", "verify"), jwk.FaultUse},
		{"object", good.with("key_ops", map[string]bool{"verify": true}), jwk.FaultUse},
		{"number inside", good.with("key_ops", []any{"verify", 1}), jwk.FaultUse},
		{"use contradicts", good.with("use", "enc"), jwk.FaultUse},
		{"ops contradict", good.with("use", "sig").with("key_ops", []string{"wrapKey"}), jwk.FaultUse},
	})
	for _, fine := range []member{
		good.with("use", "sig"),
		good.with("key_ops", []string{"sign", "verify"}),
		good.with("key_ops", nil),
	} {
		require.Empty(t, judge(t, fine.String()), fine)
	}
}
