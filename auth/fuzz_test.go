// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// FuzzBoundClaims: a role with one binding more never admits a token that the
// role without it refuses; a binding that can be compiled admits what the model
// in bound_test.go admits; none panics.
func FuzzBoundClaims(f *testing.F) {
	for _, seed := range [][3]string{
		{`{"x":"a"}`, "x", `"a"`}, {`{"x":["a",1]}`, "x", `[1,"b"]`}, {`{"x":{"y":true}}`, "/x/y", `true`},
		{`{"x":1.0}`, "x", `1`}, {`{"x":9007199254740993}`, "x", `9007199254740992`}, {`{"x":[["a"]]}`, "x", `["a"]`},
		{`{"/x":"a"}`, "/x", `"a"`}, {`{"x":null}`, "x", `null`}, {`{"x":"org/a"}`, "x", `"org/*"`}, {`{"x":1e400}`, "x", `1e400`},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, payload, claim, bound string) {
		doc, err := strictjson.Parse(payload, strictjson.Limits{Bytes: 8 << 10, Depth: 16, Members: 100, Elements: 100, String: 8 << 10})
		if err != nil || doc.Root().Kind() != strictjson.Object {
			return
		}
		var raw any
		d := json.NewDecoder(strings.NewReader(bound))
		d.UseNumber()
		if d.Decode(&raw) != nil {
			return
		}
		claims := doc.Root()
		for _, globs := range []bool{false, true} {
			spec := RoleSpec{UserClaim: "sub", BoundAudiences: []string{"vault"}, BoundClaimsGlob: globs}
			before, err := CompileRole(spec)
			require.NoError(t, err)
			spec.BoundClaims = map[string]any{claim: raw}
			after, broken := CompileRole(spec)
			admits := after.checkBindings(ofDefault(claims)) == nil
			require.False(t, admits && broken != nil, "what cannot be compiled admits nobody")
			require.False(t, matchDefault(after, claims).Allowed() && !matchDefault(before, claims).Allowed())
			if broken == nil && !globs {
				require.Equal(t, modelAdmits(t, claims, claim, raw), admits)
			}
		}
	})
}

// modelAdmits says by another way than the engine's whether one exact binding
// holds.
func modelAdmits(t *testing.T, claims strictjson.Value, claim string, raw any) bool {
	found, there := ParsePath(claim).lookup(claims)
	if !there {
		return false
	}
	values, isList := raw.([]any)
	if !isList {
		values = []any{raw}
	}
	text, err := json.Marshal(found.Any())
	require.NoError(t, err)
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	require.NoError(t, d.Decode(&value))
	return bindingModel(values, value)
}

// FuzzAliasName: users of different issuers, or different users of one named
// issuer, never get names that Vault takes for the same, and a name keeps the
// limits.
func FuzzAliasName(f *testing.F) {
	for _, seed := range [][4]string{
		{"ci", "root", "ci2", "root"}, {"ci", "Kevin", "ci", "\u212aevin"}, {"a", "b:c", "a", "b"}, {"", "issuer:a:b", "a", "b"},
		{"", "\u0130ssuer:a:b", "a", "b"}, {"a", "x%41", "a", "xA"}, {"a", "e\u0301", "a", "\u00e9"}, {"a", "bob", "a", "bob "},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	named := func(name string) (*Issuer, bool) {
		if name == "" {
			return &Issuer{Name: DefaultIssuer}, true
		}
		// What an issuer may be called (a path segment that Vault routes).
		ok := strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == "" && name != DefaultIssuer
		return &Issuer{Name: name, Aliases: AliasPrefixed}, ok
	}
	f.Fuzz(func(t *testing.T, firstIssuer, firstUser, secondIssuer, secondUser string) {
		one, okOne := named(firstIssuer)
		two, okTwo := named(secondIssuer)
		if !okOne || !okTwo || firstIssuer == secondIssuer && (firstUser == secondUser || firstIssuer == "") {
			return
		}
		a, fitsA := one.aliasName(firstUser, true)
		b, fitsB := two.aliasName(secondUser, true)
		if !fitsA || !fitsB {
			return
		}
		require.False(t, aliasSame(a, b), "%q of %q and %q of %q", firstUser, firstIssuer, secondUser, secondIssuer)
		if one.Aliases == AliasPrefixed {
			require.LessOrEqual(t, len(a), MaxIdentifierBytes)
			require.Equal(t, a, strings.ToLower(a))
			require.Equal(t, -1, strings.IndexFunc(a, func(r rune) bool { return r > 0x7f && r != 0xfffd }))
		}
	})
}
