// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// everyReason reads the closed list from its source, so that a new reason
// cannot be forgotten here.
func everyReason(t testing.TB) []auth.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "auth/reason.go", nil, 0)
	require.NoError(t, err)
	var all []auth.Reason
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, value := range spec.Values {
			text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			require.NoError(t, err)
			all = append(all, auth.Reason(text))
		}
		return true
	})
	require.Greater(t, len(all), 25)
	return all
}

// Every reason has words of its own for the caller, at login or at renewal.
func TestEveryReasonHasAText(t *testing.T) {
	t.Parallel()
	seen := map[string]auth.Reason{}
	onlyAtRenewal := []auth.Reason{auth.IdentityChanged, auth.ClaimsNotKept, auth.RenewalNever, auth.RoleGone, auth.ConfigGone}
	for _, reason := range everyReason(t) {
		d := auth.Decision{Reason: reason, About: "claim-name"}
		switch {
		case reason == auth.Allowed:
			continue
		case reason.BeforeSignature():
			require.EqualError(t, refusal(d, false, "").Error(), refusedText)
			require.EqualError(t, refusal(d, true, "").Error(), refusedText+" ("+string(reason)+")")
			continue
		}
		text := renewalText(d, "role-name")
		require.False(t, strings.HasPrefix(text, "login refused"), "%s has only the fallback text", reason)
		require.NotContains(t, seen, text)
		seen[text] = reason
		if !slices.Contains(onlyAtRenewal, reason) {
			require.EqualError(t, refusal(d, false, "").Error(), text)
			require.EqualError(t, refusal(d, true, "").Error(), text)
		}
	}
}

// A reason that got no text is still refused, and tells nothing.
func TestUnknownReasonIsRefused(t *testing.T) {
	t.Parallel()
	require.EqualError(t, refusal(auth.Decision{Reason: "new_reason"}, false, "").Error(), "login refused: new_reason")
}
