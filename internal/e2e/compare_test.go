// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"testing"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// bench is what the groups of comparisons share.
type bench struct {
	*comparison
	rig           *rig
	issuer, other *issuer
}

// TestCompare makes the same requests to the method that Vault brings along
// and to ours. The answers must be the same but for the differences that are
// meant, and each of those must show.
func TestCompare(t *testing.T) {
	b := &bench{comparison: newComparison(), rig: need(t)}
	b.issuer = newIssuer(t)
	b.other = newIssuer(t, idp.WithIssuerPath("/other"))
	groups := []struct {
		name string
		run  func(*testing.T, *bench)
	}{
		{"Paths", comparePaths},
		{"ConfigFields", compareConfigFields},
		{"ConfigSources", compareConfigSources},
		{"RoleFields", compareRoleFields},
		{"RoleUpdates", compareRoleUpdates},
		{"RoleNames", compareRoleNames},
		{"Rights", compareRights},
		{"Requests", compareRequests},
		{"Headers", compareHeaders},
		{"Sources", compareSources},
		{"KeySets", compareKeySets},
		{"Claims", compareClaims},
		{"Pairs", compareClaimPairs},
		{"Times", compareTimes},
		{"Bindings", compareBindings},
		{"Pointers", comparePointers},
		{"Groups", compareGroups},
		{"Identity", compareIdentity},
		{"Tokens", compareTokens},
	}
	ran := 0
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			ran++
			before := b.steps
			g.run(t, b)
			t.Logf("%d requests on each side", b.steps-before)
		})
	}
	if ran == len(groups) && !t.Failed() {
		b.unused(t)
	}
	t.Logf("%d requests on each side", b.steps)
}

// newPair mounts both methods and writes the same configuration to each.
func (b *bench) newPair(t *testing.T, name string, config object) pair {
	t.Helper()
	theirs := enableTheirs(t, b.rig.server, pathFor(t, "theirs-"+name))
	ours := enableOurs(t, b.rig.server, pathFor(t, "ours-"+name))
	p := pair{side{mount: theirs, kind: "jwt"}, side{mount: ours, kind: vaultdev.PluginName}}
	if config != nil {
		b.run(t, p, script{"configure", []step{write("config", config), read("config")}})
	}
	return p
}

// roles writes the same roles on both sides.
func (b *bench) roles(t *testing.T, p pair, roles map[string]object) {
	t.Helper()
	for name, body := range roles {
		b.run(t, p, script{"write role " + name, []step{write("role/"+name, body)}})
	}
}
