// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

// The recipes of docs/expressions.md are roles that can be written as they
// stand, and their examples hold: with one of them turned round the role is
// refused.
func TestRecipes(t *testing.T) {
	text, err := os.ReadFile("docs/expressions.md")
	require.NoError(t, err)
	recipes := regexp.MustCompile("(?s)\n### ([^\n]+)\n[^`]*(?:`[^`\n]+`[^`]*)*```json\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	require.Len(t, recipes, strings.Count(string(text), "```json"))
	require.GreaterOrEqual(t, len(recipes), 8)
	m := newRuleMount(t)
	for _, recipe := range recipes {
		t.Run(recipe[1], func(t *testing.T) {
			role := decodeRole(t, recipe[2])
			require.Nil(t, m.do(t, logical.CreateOperation, "role/recipe", role))
			examples, ok := role["examples"].([]any)
			require.True(t, ok)
			allowed, denied := 0, 0
			for _, e := range examples {
				expect := e.(map[string]any)["expect"].(map[string]any)
				allow := expect["allow"].(bool)
				if allow {
					allowed++
				} else {
					denied++
				}
				kept := expect["reason"]
				expect["allow"] = !allow
				delete(expect, "reason")
				resp := m.do(t, logical.UpdateOperation, "role/recipe", role)
				require.True(t, resp.IsError())
				require.Contains(t, resp.Error().Error(), e.(map[string]any)["name"])
				expect["allow"] = allow
				if kept != nil {
					expect["reason"] = kept
				}
			}
			require.Positive(t, allowed)
			if role["groups_optional"] == nil {
				require.Positive(t, denied)
			}
			require.NotNil(t, m.do(t, logical.ReadOperation, "role/recipe", nil).Data["examples"])
			m.do(t, logical.DeleteOperation, "role/recipe", nil)
		})
	}
}

func decodeRole(t *testing.T, text string) map[string]any {
	t.Helper()
	var role map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	require.NoError(t, d.Decode(&role))
	return role
}
