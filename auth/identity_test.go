// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Two users never get one alias: the alias is the claim, byte for byte, and
// what could be read in two ways never gets this far.
func TestAliasIsTheClaim(t *testing.T) {
	t.Parallel()
	role, err := CompileRole(RoleSpec{UserClaim: "sub"})
	require.NoError(t, err)
	alias := func(t require.TestingT, text string) (string, bool) {
		doc, err := strictjson.Parse(fmt.Sprintf(`{"sub":%s}`, text), strictjson.Limits{Bytes: 4096, Depth: 1, Members: 1, String: 4096})
		if err != nil {
			return "", false
		}
		identity, refused := role.identify(ofDefault(doc.Root()), computed{})
		return identity.Alias, refused == nil
	}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringN(0, 20, 600).Draw(t, "name")
		got, ok := alias(t, quote(name))
		require.Equal(t, name != "" && len(name) <= MaxIdentifierBytes && !hasControl(name), ok)
		if ok {
			require.Equal(t, name, got)
		}
	})
	for _, number := range []string{"1", "1.0", "true", "null", "[]", "{}"} {
		_, ok := alias(t, number)
		require.False(t, ok, number)
	}
}

// quote writes a JSON string without any of the replacements that encoders make.
func quote(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x20 || r == '"' || r == '\\' {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return `"` + b.String() + `"`
}

func TestHasControl(t *testing.T) {
	t.Parallel()
	for _, r := range []rune{0, '\t', '\n', '\r', 0x1f, 0x7f, 0x80, 0x85, 0x9f} {
		require.True(t, hasControl("a"+string(r)+"b"), "%U", r)
	}
	for _, r := range []rune{' ', '~', 0xa0, 0xad, 'é', 0x2028, 0x202e, 0xfeff, 0xfffd, '😀'} {
		require.False(t, hasControl("a"+string(r)+"b"), "%U", r)
	}
}

// A mapped claim is copied as it is, the empty string too, and left out if it
// is not there. One that Vault could not keep refuses the login.
func TestMetadata(t *testing.T) {
	t.Parallel()
	role, err := CompileRole(RoleSpec{Name: "ci", UserClaim: "sub", ClaimMappings: map[string]string{"a": "x", "/b/c": "y"}})
	require.NoError(t, err)
	for claims, want := range map[string]map[string]string{
		`{"a":"1","b":{"c":"2"}}`: {"role": "ci", "x": "1", "y": "2"},
		`{"a":"","b":{}}`:         {"role": "ci", "x": ""},
		`{"a":null}`:              {"role": "ci"},
	} {
		got, refused := role.metadata(parse(t, claims), computed{})
		require.Nil(t, refused, claims)
		require.Equal(t, want, got, claims)
	}
	for _, value := range []string{`1`, `true`, `["1"]`, `{"a":"1"}`, `"a\n"`, `"a\u0000"`, `"` + strings.Repeat("x", 513) + `"`} {
		_, refused := role.metadata(parse(t, `{"a":`+value+`}`), computed{})
		require.Equal(t, deny(MetadataClaim, "a"), refused, value)
	}
}

// There are at most MaxGroups, empty names counted: each is work.
func TestGroupLimit(t *testing.T) {
	t.Parallel()
	role, err := CompileRole(RoleSpec{UserClaim: "sub", GroupsClaim: "g"})
	require.NoError(t, err)
	list := func(n int) string { return `{"g":[` + strings.Repeat(`"a",`, n-1) + `""]}` }
	names, refused := role.groupNames(parse(t, list(MaxGroups)), computed{}, "")
	require.Nil(t, refused)
	require.Len(t, names, MaxGroups-1)
	_, refused = role.groupNames(parse(t, list(MaxGroups+1)), computed{}, "")
	require.Equal(t, deny(GroupsClaim, "g"), refused)
}

// The groups keep the token's order; empty ones are passed over; a separator
// parts a string and leaves a list alone.
func TestGroupNames(t *testing.T) {
	t.Parallel()
	role, err := CompileRole(RoleSpec{UserClaim: "sub", GroupsClaim: "g"})
	require.NoError(t, err)
	for _, c := range []struct {
		claim, separator string
		want             []string
	}{
		{`["b","a"]`, "", []string{"b", "a"}},
		{`["b","a","b"]`, ",", []string{"b", "a", "b"}},
		{`["a,b"]`, ",", []string{"a,b"}},
		{`"a,b"`, "", []string{"a,b"}},
		{`"a,b,,c"`, ",", []string{"a", "b", "c"}},
		{`",,"`, ",", []string{}},
		{`[]`, "", []string{}},
		{`["",""]`, "", []string{}},
	} {
		names, refused := role.groupNames(parse(t, `{"g":`+c.claim+`}`), computed{}, c.separator)
		require.Nil(t, refused, c.claim)
		require.Equal(t, c.want, names, c.claim)
	}
	for _, claim := range []string{`null`, `7`, `{}`, `[7]`, `[["a"]]`, `[null]`, `["a\n"]`, `["` + strings.Repeat("x", 513) + `"]`} {
		_, refused := role.groupNames(parse(t, `{"g":`+claim+`}`), computed{}, "")
		require.Equal(t, deny(GroupsClaim, "g"), refused, claim)
	}
}
