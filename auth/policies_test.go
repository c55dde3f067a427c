// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Row M6: names that are, or become, Vault's own are never granted, though
// every name is allowed.
func TestPolicyNames(t *testing.T) {
	all := compilePolicyGlobs([]string{"*"})
	for _, name := range []string{
		"root", "Root", "ROOT", " root ", "\troot", "root\n", "\u00a0root\u2003", "ro\u00adot", "ro\u200bot", "root\x00", "root,default", "dev,root",
		"response-wrapping", "Response-Wrapping", "re\u017fponse-wrapping", "RE\u017fPON\u017fE-WRAPPING ", "control-group",
		"", "  ", "*", "team-*", "a\u2028b", "a\u202eb", strings.Repeat("a", MaxPolicyBytes+1), "bad\xffutf8",
	} {
		_, refused := grantable([]string{"fine", name}, all)
		require.NotNil(t, refused, "%q", name)
		require.Equal(t, PolicyNotAllowed, refused.reason)
	}
	for raw, want := range map[string]string{
		"Team-Blue": "team-blue", " dev ": "dev", "default": "default", "rootless": "rootless", "a/b": "a/b", "a b": "a b", "équipe": "équipe",
		strings.Repeat("a", MaxPolicyBytes): strings.Repeat("a", MaxPolicyBytes),
	} {
		got, refused := grantable([]string{raw}, all)
		require.Nil(t, refused, "%q", raw)
		require.Equal(t, []string{want}, got)
	}
}

func TestAllowedPolicies(t *testing.T) {
	allowed := compilePolicyGlobs([]string{"Team-*", "shared"})
	got, refused := grantable([]string{"TEAM-a", "team-a", "shared"}, allowed)
	require.Nil(t, refused)
	require.Equal(t, []string{"team-a", "shared"}, got, "normalised, each once")
	for _, name := range []string{"admin", "shared-too", "xteam-a"} {
		_, refused = grantable([]string{name}, allowed)
		require.NotNil(t, refused, name)
	}
	got, refused = grantable(nil, nil)
	require.Nil(t, refused)
	require.Empty(t, got)
}

func TestMaxPolicies(t *testing.T) {
	names := make([]string, MaxPolicies+1)
	for i := range names {
		names[i] = "p" + strings.Repeat("x", i)
	}
	all := compilePolicyGlobs([]string{"*"})
	_, refused := grantable(names[:MaxPolicies], all)
	require.Nil(t, refused)
	_, refused = grantable(names, all)
	require.NotNil(t, refused)
}

func TestJoinPolicies(t *testing.T) {
	fixed := make([]string, 1, 8)
	fixed[0] = "base"
	require.Equal(t, []string{"base", "a"}, JoinPolicies(fixed, []string{"a", "base"}))
	require.Equal(t, []string{"base", "b"}, JoinPolicies(fixed, []string{"b"}), "the role's own list is never written to")
	require.Equal(t, []string{"base"}, JoinPolicies(fixed, nil))
}

// FuzzPolicyName: whatever the name, what is granted is none of Vault's own
// however it is folded, is in the form that Vault gives names, and prints.
func FuzzPolicyName(f *testing.F) {
	for _, seed := range []string{"root", " ROOT ", "re\u017fponse-wrapping", "team-blue", "a,b", "\u212aroot", "ro\u200bot", "RooT\u0085", "İroot"} {
		f.Add(seed)
	}
	all := compilePolicyGlobs([]string{"*"})
	f.Fuzz(func(t *testing.T, raw string) {
		got, refused := grantable([]string{raw}, all)
		if refused != nil {
			return
		}
		require.Len(t, got, 1)
		name := got[0]
		for _, folded := range []string{name, strings.ToLower(name), strings.ToUpper(name), strictjson.Fold(name)} {
			for _, own := range []string{"root", "response-wrapping", "control-group"} {
				require.False(t, strings.EqualFold(strings.TrimSpace(folded), own), "%q became %q", raw, name)
			}
		}
		require.Equal(t, strings.ToLower(strings.TrimSpace(name)), name)
		require.LessOrEqual(t, len(name), MaxPolicyBytes)
		require.NotContains(t, name, ",")
		require.Equal(t, -1, strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }))
		again, refused := grantable(got, all)
		require.Nil(t, refused)
		require.Equal(t, got, again)
	})
}
