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
	// AliasPrefixed makes names that no other issuer's user can have, nor
	// another user of the same issuer, whatever Vault does with letter case.
	AliasPrefixed
)

// aliasPrefix begins the prefixed names. No user of an issuer with plain names
// may be called so on a mount with named issuers.
const aliasPrefix = "issuer:"

// aliasName returns the alias name for a user or a group, and false if it
// cannot have one.
func (i *Issuer) aliasName(user string, others bool) (string, bool) {
	if i.Aliases == AliasPrefixed {
		name := aliasPrefix + i.Name + ":" + escapeCase(user)
		return name, len(name) <= MaxIdentifierBytes
	}
	return user, !others || !strings.HasPrefix(strictjson.Fold(user), aliasPrefix)
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
