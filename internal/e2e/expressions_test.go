// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// TestRecipesOfExpressions plays the examples of docs/expressions.md as what
// they stand for: signed tokens that log in to a real Vault, or do not, for the
// reason and with the policies that the page says.
func TestRecipesOfExpressions(t *testing.T) {
	r := need(t)
	p, m := newIssuer(t), enableOurs(t, r.server, pathFor(t, "rules"))
	m.write(t, "config", p.discovery())
	root, err := vaultdev.ModuleRoot()
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(root, "docs", "expressions.md"))
	require.NoError(t, err)
	played := map[string][2]int{} // recipe -> refused, granted
	for _, section := range strings.Split(string(page), "\n### ")[1:] {
		block := regexp.MustCompile("(?s)```json\n(.*?)\n```").FindStringSubmatch(section)
		if block == nil {
			continue
		}
		title, _, _ := strings.Cut(section, "\n")
		t.Run(title, func(t *testing.T) {
			var role object
			require.NoError(t, json.Unmarshal([]byte(block[1]), &role))
			m.write(t, "role/recipe", role)
			var counts [2]int
			for _, e := range role["examples"].([]any) {
				if example := e.(object); playable(example) {
					counts[playExample(t, p, m, example)]++
				}
			}
			played[title] = counts
			require.True(t, m.asRoot(t, "DELETE", m.at("role/recipe"), nil).ok())
		})
	}
	for _, asked := range []string{"Every repository but one", "Policies from the GitLab project path"} {
		require.Positive(t, played[asked][0], asked)
		require.Positive(t, played[asked][1], asked)
	}
}

// playable tells whether a caller on this machine, now, can be the one of the
// example.
func playable(example object) bool {
	claims, _ := example["claims"].(object)
	return example["remote_addr"] == nil && example["header"] == nil && claims["iat"] == nil
}

// playExample logs in as the example says, and returns 1 if it is granted.
func playExample(t *testing.T, p *issuer, m *mount, example object) int {
	t.Helper()
	name, expect := example["name"].(string), example["expect"].(object)
	claims := object{"iss": p.Issuer(), "aud": "vault", "sub": "example", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix()}
	maps.Copy(claims, example["claims"].(object))
	a := m.login(t, "recipe", p.Mint(claims))
	if allow, _ := expect["allow"].(bool); !allow {
		require.Equal(t, 400, a.status, "%s: %s", name, a.raw)
		if want := expect["reason"]; want != nil {
			require.Equal(t, want, m.read(t, "decisions/"+a.decision())["reason"], name)
		}
		return 0
	}
	require.Equal(t, 200, a.status, "%s: %s", name, a.raw)
	if want, given := expect["policies"].([]any); given {
		require.ElementsMatch(t, append(want, "default"), a.auth()["policies"], name)
	}
	if want := expect["user"]; want != nil {
		entity := m.asRoot(t, "GET", "identity/entity/id/"+a.auth()["entity_id"].(string), nil).data()
		require.Equal(t, want, entity["aliases"].([]any)[0].(object)["name"], name)
	}
	return 1
}
