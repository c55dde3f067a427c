// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Limits of computed policies.
const (
	MaxPolicies    = 64  // of one login, those in token_policies not counted
	MaxPolicyBytes = 128 // of one name
)

// compilePolicyGlobs compiles allowed_policies. Names of policies are in lower
// case, so the patterns are too.
func compilePolicyGlobs(patterns []string) []glob {
	globs := make([]glob, len(patterns))
	for i, p := range patterns {
		globs[i] = compileGlob(strings.ToLower(strings.TrimSpace(p)))
	}
	return globs
}

// grantable brings computed names of policies into the form that Vault gives
// them, and refuses the login if one is not allowed. Names are normalised
// first and checked then: a check of the raw name could be passed by one that
// becomes another.
func grantable(names []string, allowed []glob) ([]string, *denial) {
	var policies []string
	for _, raw := range names {
		name, ok := policyName(raw)
		if !ok || !slices.ContainsFunc(allowed, func(g glob) bool { return g.match(name) }) {
			return nil, deny(PolicyNotAllowed, FieldPolicies)
		}
		if !slices.Contains(policies, name) {
			policies = append(policies, name)
		}
		if len(policies) > MaxPolicies {
			return nil, deny(PolicyNotAllowed, FieldPolicies)
		}
	}
	return policies, nil
}

// policyName returns a computed name as Vault would write it, and false for a
// name that no token can be given.
func policyName(raw string) (string, bool) {
	if len(raw) > MaxPolicyBytes || !utf8.ValidString(raw) || hasControl(raw) {
		return "", false
	}
	name := strings.ToLower(strings.TrimSpace(raw))
	if name == "" || len(name) > MaxPolicyBytes {
		return "", false
	}
	for _, r := range name {
		// A comma parts policies where they are written as one string. What does
		// not print makes two names look the same.
		if r == ',' || r == '*' || !unicode.IsPrint(r) {
			return "", false
		}
	}
	switch strings.TrimSpace(strictjson.Fold(name)) {
	case "root", "response-wrapping", "control-group":
		return "", false // Vault's own
	}
	return name, true
}

// JoinPolicies returns the policies of a role and those computed for a login,
// each once.
func JoinPolicies(fixed, computed []string) []string {
	if len(computed) == 0 {
		return fixed
	}
	joined := slices.Clone(fixed)
	for _, name := range computed {
		if !slices.Contains(joined, name) {
			joined = append(joined, name)
		}
	}
	return joined
}
