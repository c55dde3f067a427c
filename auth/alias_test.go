// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// aliasOwner is one who has users: an issuer, or one tenant of it.
type aliasOwner struct {
	form         AliasForm
	name, tenant string
}

func (o aliasOwner) issuer() *Issuer {
	return &Issuer{Name: o.name, Tenant: o.tenant, Aliases: o.form}
}

// aliasSame tells whether Vault, or anything that folds letters, could take
// two alias names for one.
func aliasSame(a, b string) bool {
	lowerA, lowerB := strings.ToLower(a), strings.ToLower(b) // not the same as strings.EqualFold: U+0130
	return lowerA == lowerB || strings.EqualFold(a, b) || strictjson.Fold(lowerA) == strictjson.Fold(lowerB)
}

// aliasUsers draws user names from pieces that have been used to make two users
// one: letter case, the Kelvin and Angstrom signs, dotted and dotless i, long s,
// sharp s, final sigma, composed and decomposed letters, delimiters, escapes,
// and whole prefixes.
func aliasUsers() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"a", "A", "k", "K", "\u212a", "i", "I", "\u0130", "\u0131", "i\u0307", "s", "S", "\u017f", "\u00df", "\u1e9e",
		"\u03c3", "\u03c2", "\u03a3", "\u00e5", "\u00c5", "\u212b", "a\u030a", "\u00e9", "e\u0301", "\u01c4", "\u01c5", "\u01c6",
		"%", "%41", "%4", "25", ":", "/", "|", " ", ".", "-", "\u200b", "\u202e", "\u00a0", "0",
		"issuer:", "ISSUER:", "\u0130ssuer:", "i\u017fsuer:", "I\u017f\u017fUER:", "\u0131ssuer:", "issuer", "b:", "b/t:", "b/t",
	})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "pieces"), "")
	})
}

// aliasMangle swaps some letters of a name for others that fold to them.
func aliasMangle(t *rapid.T, name string) string {
	twins := map[rune][]rune{'i': {'I', '\u0130'}, 's': {'S', '\u017f'}, 'k': {'K', '\u212a'}, '\u00e5': {'\u00c5', '\u212b'}}
	return strings.Map(func(r rune) rune {
		if !rapid.Bool().Draw(t, "mangle") {
			return r
		}
		if others := twins[r]; others != nil {
			return rapid.SampledFrom(others).Draw(t, "twin")
		}
		return unicode.SimpleFold(r)
	}, name)
}

// aliasRival draws a user who wants to be taken for another one.
func aliasRival(t *rapid.T, victim aliasOwner, user string) string {
	switch rapid.IntRange(0, 4).Draw(t, "trick") {
	case 0:
		return user
	case 1:
		return aliasMangle(t, user)
	case 2:
		return escapeCase(user)
	case 3:
		name, _ := victim.issuer().aliasName(user, false)
		return aliasMangle(t, name)
	default:
		return aliasUsers().Draw(t, "second")
	}
}

// aliasOwners draws issuers whose names and tenants are alike on purpose.
func aliasOwners() *rapid.Generator[aliasOwner] {
	return rapid.Custom(func(t *rapid.T) aliasOwner {
		if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
			return aliasOwner{AliasPlain, DefaultIssuer, ""}
		}
		return aliasOwner{
			AliasPrefixed,
			rapid.SampledFrom([]string{"b", "bb", "b.t", "b-t", "b_t", "bt", "default2"}).Draw(t, "name"),
			rapid.SampledFrom([]string{"", "", "t", "T", "b", "t.t"}).Draw(t, "tenant"),
		}
	})
}

// TestAliasNamesNeverMeet is M1, M2 and M3: two different users, of one issuer
// or of two, never get names that Vault could take for the same. Users of plain
// issuers are told apart from all others; among themselves they are what Vault
// makes of the claim, as with Vault's own method.
func TestAliasNamesNeverMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, first := aliasOwners().Draw(t, "one"), aliasUsers().Draw(t, "first")
		a, ok := one.issuer().aliasName(first, true)
		for range 12 { // rivals
			two := one
			if rapid.Bool().Draw(t, "another issuer") {
				two = aliasOwners().Draw(t, "two")
			}
			second := aliasRival(t, one, first)
			if one == two && first == second || one.form == AliasPlain && two.form == AliasPlain {
				continue // one and the same, or both plain
			}
			b, also := two.issuer().aliasName(second, true)
			if ok && also && aliasSame(a, b) {
				t.Fatalf("%+v %q and %+v %q are both %q", one, first, two, second, a)
			}
		}
	})
}

// TestAliasAttackOnNamedUser aims: a plain issuer's user tries each way to be
// called as a named issuer's.
func TestAliasAttackOnNamedUser(t *testing.T) {
	victim, ok := (&Issuer{Name: "ci", Aliases: AliasPrefixed}).aliasName("root", true)
	require.True(t, ok)
	require.Equal(t, "issuer:ci:root", victim)

	plain := &Issuer{Name: DefaultIssuer}
	for _, user := range []string{
		"issuer:ci:root", "ISSUER:CI:ROOT", "Issuer:ci:root", "\u0130ssuer:ci:root", "i\u017fsuer:ci:root",
		"\u0130\u017f\u017fuer:ci:root", "issuer:", "issuer:x",
	} {
		_, ok := plain.aliasName(user, true)
		require.False(t, ok, user)
	}
	for _, user := range []string{"root", "issuer", "issuer-ci", "xissuer:ci:root", "\u0131ssuer:ci:root", "repo:o/r:ref:refs/heads/main"} {
		name, ok := plain.aliasName(user, true)
		require.True(t, ok, user)
		require.Equal(t, user, name, "a plain name is the claim as it is")
		require.False(t, aliasSame(name, victim), user)
	}
	name, ok := plain.aliasName("issuer:ci:root", false)
	require.True(t, ok, "on a mount without named issuers every name is free")
	require.Equal(t, "issuer:ci:root", name)
}

func TestAliasNamesReadWell(t *testing.T) {
	for user, want := range map[string]string{
		"repo:octo-org/app:ref:refs/heads/main": "issuer:ci:repo:octo-org/app:ref:refs/heads/main",
		"system:serviceaccount:prod:web":        "issuer:ci:system:serviceaccount:prod:web",
		"Alice":                                 "issuer:ci:%41lice",
		"100%":                                  "issuer:ci:100%25",
		"%41lice":                               "issuer:ci:%2541lice",
		"\u212aevin":                            "issuer:ci:%e2%84%aaevin",
		"bob ":                                  "issuer:ci:bob ",
	} {
		name, ok := (&Issuer{Name: "ci", Aliases: AliasPrefixed}).aliasName(user, false)
		require.True(t, ok)
		require.Equal(t, want, name)
		require.Equal(t, name, strictjson.Fold(strings.ToLower(name)), "nothing in the name can be folded")
	}
	name, ok := (&Issuer{Name: "entra", Tenant: "Contoso.example", Aliases: AliasPrefixed}).aliasName("alice", false)
	require.True(t, ok)
	require.Equal(t, "issuer:entra/%43ontoso.example:alice", name)
}

func TestAliasLength(t *testing.T) {
	i := &Issuer{Name: "ci", Aliases: AliasPrefixed}
	room := MaxIdentifierBytes - len("issuer:ci:")
	for user, fits := range map[string]bool{
		strings.Repeat("a", room):         true,
		strings.Repeat("a", room+1):       false,
		strings.Repeat("A", room/3):       true,
		strings.Repeat("A", room/3+1):     false,
		strings.Repeat("\u00e9", room/6):  true,
		strings.Repeat("\u00e9", room/3):  false,
		strings.Repeat("a", room-3) + "%": true,
		strings.Repeat("a", room-2) + "%": false,
	} {
		name, ok := i.aliasName(user, true)
		require.Equal(t, fits, ok, "%d bytes become %d", len(user), len(name))
		require.Equal(t, fits, len(name) <= MaxIdentifierBytes)
	}
}

// TestAliasesOfIssuersThroughALogin is M2 and M7: the same sub and the same
// groups at three issuers are three users and three groups.
func TestAliasesOfIssuersThroughALogin(t *testing.T) {
	keyD, keyA, keyT := issuersKey(t, "EdDSA", "k"), issuersKey(t, "EdDSA", "k"), issuersKey(t, "EdDSA", "k")
	d, _ := issuersOf(t, DefaultIssuer, "https://d.example", keyD)
	a, _ := issuersOf(t, "a", "https://a.example", keyA)
	tenant, _ := issuersOf(t, "a-t", "https://t.example/x", keyT)
	tenant.Tenant = "x"
	s := NewIssuers(jws.DefaultTokenBytes, d, []*Issuer{a, tenant})
	role, err := CompileRole(RoleSpec{
		Name: "ci", UserClaim: "sub", GroupsClaim: "groups", BoundAudiences: []string{"vault"}, BoundIssuers: []string{"default", "a", "a-t"},
	})
	require.NoError(t, err)
	login := func(i *Issuer, key *idp.Key, groups ...string) Decision {
		return issuersDecide(t, &s, role, issuersToken(t, key, "k", map[string]any{"iss": i.ID, "groups": groups}))
	}
	require.Equal(t, Identity{"alice", "alice", map[string]string{"role": "ci"}, []string{"Admins", "dev"}}, login(d, keyD, "Admins", "dev").Identity)
	require.Equal(t, Identity{"alice", "issuer:a:alice", map[string]string{"role": "ci"}, []string{"issuer:a:%41dmins", "issuer:a:dev"}}, login(a, keyA, "Admins", "dev").Identity)
	require.Equal(t, Identity{"alice", "issuer:a-t/x:alice", map[string]string{"role": "ci"}, []string{"issuer:a-t/x:dev"}}, login(tenant, keyT, "dev").Identity)

	for _, group := range []string{"issuer:a:admins", "ISSUER:a:admins", "\u0130ssuer:a:admins"} {
		require.Equal(t, GroupsClaim, login(d, keyD, "dev", group).Reason, "the default issuer cannot put people into a group of another: %q", group)
	}
	require.Equal(t, Allowed, login(a, keyA, "issuer:b:admins").Reason)
}
