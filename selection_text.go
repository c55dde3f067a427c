// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// shownRoles is how many roles a refusal names.
const shownRoles = 8

// selectionText says why no role was chosen for a verified token. It names
// roles, and nothing of what they hold.
func selectionText(d auth.Decision) string {
	names := quotedNames(d.Roles)
	switch d.Reason {
	case auth.RoleNone:
		return "no role that is chosen without being named admits this token"
	case auth.RoleAmbiguous:
		return fmt.Sprintf("the roles %s admit this token and have the same priority; name one of them", names)
	case auth.RoleConflict:
		return fmt.Sprintf("the roles %s admit this token and do not agree on its %s; name one of them", names, d.About)
	case auth.RoleUnusable:
		return fmt.Sprintf("the role %s could match this token and has parts that cannot be read", names)
	default:
		return "choosing a role for this token takes more than is allowed; name a role"
	}
}

func quotedNames(names []string) string {
	quoted := make([]string, 0, shownRoles)
	for _, name := range names[:min(len(names), shownRoles)] {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	text := strings.Join(quoted, ", ")
	if more := len(names) - shownRoles; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
