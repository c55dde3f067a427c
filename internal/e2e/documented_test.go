// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// documented says where docs/differences.md explains a difference.
func documented() map[string]string {
	return map[string]string{
		"token-json": "D-01", "token-space": "D-02", "token-encoding": "D-02", "token-limits": "D-03", "token-names": "D-04", "header-names": "D-04", "token-text": "D-05",
		"header-crit": "D-06", "header-key": "D-07", "x5c-ignored": "D-07", "header-typ": "D-08", "header-cty": "D-08", "header-encrypted": "D-08", "header-kid": "D-09",
		"exp-required": "D-10", "only-exp": "D-11", "exp-form": "D-12", "exp-far": "D-12", "date-form": "D-12", "sub-required": "D-13", "sub-form": "D-13", "discovery-issuer": "D-14",
		"iss-form": "D-15", "jti-form": "D-15", "events-claim": "D-15", "aud-form": "D-16", "claim-twins": "D-17", "key-policy": "D-18", "odd-keys-ignored": "D-21", "pairs-kid-once": "D-22",
		"pairs-need-kid": "D-23", "weak-keys": "D-19", "pkcs1-keys": "D-24", "ca-bundle": "D-30", "role-limits": "D-36", "source-answer": "D-27", "source-url": "D-31", "partial-update-keeps": "D-32", "number-exact": "D-33", "bound-claim-form": "D-34",
		"glob-segments": "D-35", "glob-control": "D-35", "leeway-limit": "D-37", "order-of-checks": "D-38", "alias-form": "D-39",
		"uniform-refusal": "D-42", "claim-texts": "D-42", "token-empty": "D-42", "missing-token-first": "D-42", "peer-address-status": "D-43", "login-fields": "D-44", "login-beside-browser": "D-45",
		"renewal-rechecks": "D-46", "renewal-status": "D-46", "source-reason": "D-47", "source-usable": "D-47", "own-fields": "D-49", "oid-form": "D-50", "browser-login": "D-52",
		"provider-fields": "D-53", "provider-offline": "D-53",
		"alias-metadata": "D-56", "bound-number-size": "D-33", "cidr-form": "D-57", "field-values": "D-44", "leeway-default": "D-61", "long-numbers": "D-54", "negative-uses": "D-55", "pairs-names": "D-58", "plugin-numbers": "D-54", "pointer-index": "D-59", "renewal-orphan": "D-60", "role-name-dots": "D-60",
	}
}

// TestDifferencesAreDocumented holds the list of allowed differences against
// the document for users.
func TestDifferencesAreDocumented(t *testing.T) {
	root, err := vaultdev.ModuleRoot()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docs", "differences.md"))
	require.NoError(t, err)
	allowed := map[string]bool{}
	for _, a := range allowances() {
		allowed[a.id] = true
		_, listed := documented()[a.id]
		require.True(t, listed, "difference %q is allowed and says nowhere why", a.id)
	}
	for _, id := range sortedNames(documented()) {
		t.Run(id, func(t *testing.T) {
			require.True(t, allowed[id], "no test allows this difference any more")
			require.Contains(t, string(text), "### "+documented()[id]+" ")
		})
	}
}
