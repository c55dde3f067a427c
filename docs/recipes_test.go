// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// recipe is what a page of recipes/ has: the claims of a token, the first
// configuration and role, and what the tokens of strangers have otherwise.
type recipe struct {
	claims    map[string]any
	issuer    string
	selection any // role_selection
	role      write
	roles     []write // that one and all others
	strangers []map[string]any
}

func readRecipe(t *testing.T, path string) recipe {
	t.Helper()
	p := readPage(t, path)
	var r recipe
	for i, text := range p.in("json") {
		var claims map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &claims), "%s: JSON block %d", path, i+1)
		if i == 0 {
			r.claims = claims
			continue
		}
		r.strangers = append(r.strangers, claims)
	}
	for _, w := range p.writes(t) {
		switch {
		case w.path == "config" && r.issuer == "":
			bound, _ := w.data["bound_issuer"].(string)
			discovered, _ := w.data["oidc_discovery_url"].(string)
			r.issuer, r.selection = cmp.Or(bound, discovered), w.data["role_selection"]
		case w.path != "config":
			r.roles = append(r.roles, w)
			r.role = r.roles[0]
		}
	}
	require.NotEmpty(t, r.issuer, "%s: a configuration", path)
	require.NotEmpty(t, r.role.path, "%s: a role", path)
	require.NotEmpty(t, r.strangers, "%s: a token that must not log in", path)
	return r
}

// fresh gives the claims times that are good now. A null removes a claim.
func fresh(claims, over map[string]any) map[string]any {
	out := maps.Clone(claims)
	maps.Copy(out, over)
	for name, value := range out {
		if value == nil {
			delete(out, name)
		}
	}
	now := time.Now()
	for name, at := range map[string]time.Time{"iat": now, "nbf": now, "exp": now.Add(5 * time.Minute)} {
		if _, there := out[name]; there {
			out[name] = at.Unix()
		}
	}
	return out
}

// The token of each recipe logs in with its role, and the strangers' do not.
func TestRecipes(t *testing.T) {
	paths, err := filepath.Glob("recipes/*.md")
	require.NoError(t, err)
	tested := 0
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".md")
		if name == "README" {
			continue
		}
		tested++
		t.Run(name, func(t *testing.T) { testRecipe(t, readRecipe(t, path)) })
	}
	require.Equal(t, 11, tested)
}

func testRecipe(t *testing.T, r recipe) {
	issuer, m := idp.Start(t), newMount(t)
	config := map[string]any{"jwt_validation_pubkeys": issuer.Current().PEM(), "bound_issuer": r.issuer}
	m.write(t, r.role.path, r.role.data)
	_, role, _ := strings.Cut(r.role.path, "/")
	if r.selection != nil { // then logins name no role
		config["role_selection"], role = r.selection, ""
		for _, w := range r.roles {
			m.write(t, w.path, w.data)
		}
	}
	m.write(t, "config", config)
	login := func(over map[string]any) *logical.Response {
		token := issuer.MintWith(issuer.Current(), nil, fresh(r.claims, over))
		return m.do(t, logical.UpdateOperation, "login", map[string]any{"role": role, "jwt": token})
	}

	good := login(nil)
	require.NoError(t, good.Error())
	require.NotNil(t, good.Auth)
	require.Empty(t, good.Warnings)
	require.Equal(t, r.claims[r.role.data["user_claim"].(string)], good.Auth.Alias.Name)
	mappings, _ := r.role.data["claim_mappings"].(map[string]any)
	for claim, key := range mappings {
		require.NotEmpty(t, good.Auth.Metadata[key.(string)], "the token has %s", claim)
	}

	for i, stranger := range r.strangers {
		refused := login(stranger)
		require.True(t, refused.IsError(), "stranger %d", i+1)
		require.Nil(t, refused.Auth, "stranger %d", i+1)
		// The signature is good, so unless the issuer is another one, the
		// answer says which check failed.
		_, otherIssuer := stranger["iss"]
		require.Equal(t, otherIssuer, strings.HasPrefix(refused.Error().Error(), "login refused: the token is not accepted"), "stranger %d: %v", i+1, refused.Error())
	}
}
