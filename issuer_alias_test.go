// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// issuerFamily is a mount with a default issuer, two named ones and one with
// two tenants, all of which sign with the same key: what is told apart here is
// told apart by names alone.
type issuerFamily struct {
	*issuerMount
	key *idp.Key
	iss map[string]string
}

func issuerNewFamily(t *testing.T) *issuerFamily {
	t.Helper()
	m := issuerNewMount(t)
	body, key := issuerStatic(t, "https://a.example")
	m.write("config", map[string]any{"jwt_validation_pubkeys": key.PEM(), "bound_issuer": "https://d.example"})
	m.write("issuer/a", body)
	m.write("issuer/a-t", issuerWith(body, "issuer", "https://b.example"))
	m.write("issuer/t", issuerWith(body, "issuer", "https://t.example/{tenantid}", "tenants", "x,X"))
	m.write("role/ci", issuerRole("default,a,a-t,t"))
	return &issuerFamily{m, key, map[string]string{
		"default": "https://d.example", "a": "https://a.example", "a-t": "https://b.example", "t/x": "https://t.example/x", "t/X": "https://t.example/X",
	}}
}

// login returns the alias and the groups, and whether there was a login.
func (f *issuerFamily) login(p *idp.Provider, issuer, user string, groups ...string) (*logical.Auth, bool) {
	f.t.Helper()
	token := p.MintWith(f.key, nil, issuerClaims(p, map[string]any{"iss": f.iss[issuer], "sub": user, "groups": groups}))
	resp := f.tryLogin("ci", token)
	if resp.IsError() {
		return nil, false
	}
	return resp.Auth, true
}

func TestIssuersHaveUsersAndGroupsOfTheirOwn(t *testing.T) {
	f, p := issuerNewFamily(t), idp.Start(t)
	for issuer, prefix := range map[string]string{"default": "", "a": "issuer:a:", "a-t": "issuer:a-t:", "t/x": "issuer:t/x:", "t/X": "issuer:t/%58:"} {
		granted, ok := f.login(p, issuer, "alice", "dev", "ops")
		require.True(t, ok, issuer)
		require.Equal(t, prefix+"alice", granted.Alias.Name)
		require.Equal(t, prefix+"alice", granted.DisplayName)
		var groups []string
		for _, g := range granted.GroupAliases {
			groups = append(groups, g.Name)
		}
		require.Equal(t, []string{prefix + "dev", prefix + "ops"}, groups)

		resp, err := f.handle(t.Context(), &logical.Request{
			Operation: logical.AliasLookaheadOperation, Path: loginPath,
			Data: map[string]any{"role": "ci", "jwt": p.MintWith(f.key, nil, issuerClaims(p, map[string]any{"iss": f.iss[issuer]}))},
		})
		require.NoError(t, err)
		require.Equal(t, prefix+"alice", resp.Auth.Alias.Name, "what core asks for before a login is the same")
	}
	granted, ok := f.login(p, "default", "issuer:a:alice", "dev")
	require.False(t, ok, "the default issuer cannot name a user of another: %v", granted)
	_, ok = f.login(p, "default", "alice", "dev", "Issuer:a:dev")
	require.False(t, ok, "nor a group")
}

// TestIssuerUsersNeverMeet is the property of M1, M2, M3 and M7 through whole
// logins: users and groups of two issuers are never one to Vault, which
// compares names in lower case.
func TestIssuerUsersNeverMeet(t *testing.T) {
	f, p := issuerNewFamily(t), idp.Start(t)
	issuers := []string{"default", "a", "a-t", "t/x", "t/X"}
	piece := rapid.SampledFrom([]string{
		"alice", "Alice", "k", "K", "\u212a", "\u0130", "i", "\u017f", "s", "%41", "%", ":", "/", " ", "\u00e9", "e\u0301",
		"issuer:", "\u0130ssuer:", "a:", "a-t:", "t/x:", "x:", "-t:",
	})
	name := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 1, 4).Draw(t, "name"), "") })
	rapid.Check(t, func(t *rapid.T) {
		one, two := rapid.SampledFrom(issuers).Draw(t, "one"), rapid.SampledFrom(issuers).Draw(t, "two")
		first := name.Draw(t, "first")
		second := first
		if rapid.Bool().Draw(t, "other name") {
			second = name.Draw(t, "second")
		}
		if one == "default" && two == "default" || one == two && first == second {
			return // one user, or both as the claim is
		}
		a, ok := f.login(p, one, first, first)
		b, also := f.login(p, two, second, second)
		if !ok || !also {
			return
		}
		for _, pair := range [][2]string{{a.Alias.Name, b.Alias.Name}, {a.GroupAliases[0].Name, b.GroupAliases[0].Name}} {
			first, second := strings.ToLower(pair[0]), strings.ToLower(pair[1])
			if first == second || strictjson.Fold(pair[0]) == strictjson.Fold(pair[1]) {
				t.Fatalf("%s and %s have names that Vault takes for one: %q", one, two, pair)
			}
			if len(pair[0]) > auth.MaxIdentifierBytes {
				t.Fatalf("%q is too long", pair[0])
			}
		}
	})
}

// TestIssuerPlainAliasesAreTheOperatorsChoice: with alias_names=plain users of
// several issuers may be one, as the documentation of the field says.
func TestIssuerPlainAliasesAreTheOperatorsChoice(t *testing.T) {
	f, p := issuerNewFamily(t), idp.Start(t)
	f.write("issuer/a", map[string]any{"alias_names": "plain"})
	granted, ok := f.login(p, "a", "Alice", "Dev")
	require.True(t, ok)
	require.Equal(t, "Alice", granted.Alias.Name)
	require.Equal(t, "Dev", granted.GroupAliases[0].Name)
	_, ok = f.login(p, "a", "issuer:t/x:alice", "dev")
	require.False(t, ok, "but never one of a prefixed issuer")

	before, ok := f.login(p, "a-t", "alice", "dev")
	require.True(t, ok)
	f.write("issuer/a-t", map[string]any{"alias_names": "plain"})
	require.ErrorContains(t, f.renew(before), "the role names another user for these claims by now")
}
