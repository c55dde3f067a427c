// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// AliasForm says how the users of an issuer become names of entity aliases.
//
// Vault keeps one alias for each name and mount, and compares names after
// turning them to lower case. So two issuers that both have a user "root"
// would share an entity, and so would "Kevin" and "kevin", or "kevin" spelled
// with the Kelvin sign.
type AliasForm uint8

const (
	// AliasPlain takes the user for the name, as Vault's own method does. It is
	// the form of the default issuer.
	AliasPlain AliasForm = iota
	// AliasPrefixed makes names that no other issuer's user can have, nor that
	// of another tenant, nor another user of the same, whatever Vault does with
	// letter case.
	AliasPrefixed
)

// aliasPrefix begins the prefixed names. No user of an issuer with plain names
// may be called so on a mount with named issuers.
const aliasPrefix = "issuer:"

// aliasName returns the alias name for a user or a group, and false if it
// cannot have one.
func (i *Issuer) aliasName(user string, others bool) (string, bool) {
	if i.Aliases == AliasPrefixed {
		owner := i.Name
		if i.Tenant != "" {
			// Neither name nor tenant can have a slash or a colon.
			owner += "/" + escapeCase(i.Tenant)
		}
		name := aliasPrefix + owner + ":" + escapeCase(user)
		return name, len(name) <= MaxIdentifierBytes
	}
	return user, !others || !claimsPrefix(user)
}

// claimsPrefix tells whether a plain name could be taken for a prefixed one.
// Lower case comes first: it turns U+0130, the capital i with a dot, into "i",
// which folding alone does not.
func claimsPrefix(user string) bool {
	return strings.HasPrefix(strictjson.Fold(strings.ToLower(user)), aliasPrefix)
}

// escapeCase writes each byte that letter case or Unicode folding could touch
// as % and two hexadecimal digits, so that different users stay different after
// any folding. Lower-case ASCII reads as it is.
func escapeCase(user string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i := range len(user) {
		c := user[i]
		if c >= 0x80 || c >= 'A' && c <= 'Z' || c == '%' {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
