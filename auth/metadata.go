// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import "strings"

// maxMetadataKey is the longest metadata key that Vault stores, in bytes.
const maxMetadataKey = 128

// addComputed adds computed metadata to m, and reports false if that cannot be
// had: too much of it, a key that is taken, or a value that is not safe.
func addComputed(m, computed map[string]string, unsafe bool) bool {
	for key, value := range computed {
		if key == "" || key == "role" || len(key) > maxMetadataKey || hasControl(key) {
			return false
		}
		if _, taken := m[key]; taken {
			return false
		}
		if len(value) > MaxIdentifierBytes || hasControl(value) || !unsafe && !safeInPolicies(value) {
			return false
		}
		m[key] = value
	}
	return len(m) <= MaxMetadata
}

// safeInPolicies tells whether a value can stand in a path of a templated
// policy without being taken for a pattern, a step up, another path or a
// template. A policy on "secret/{{...metadata.team}}/*" must not become one on
// "secret/+/*" because a team is called "+".
func safeInPolicies(value string) bool {
	return !strings.ContainsAny(value, "+*/,") && !strings.Contains(value, "..") &&
		!strings.Contains(value, "{{") && !strings.Contains(value, "}}")
}
