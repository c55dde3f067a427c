// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// write is a command that writes the configuration or a role.
type write struct {
	path string // "config" or "role/NAME"
	data map[string]any
}

var writePath = regexp.MustCompile(`^auth/[\w-]+/(config|role/[\w-]+)$`)

// writes returns what the shell blocks of a page write to this method.
func (p page) writes(t *testing.T) []write {
	t.Helper()
	var all []write
	for _, script := range p.in("sh", "bash") {
		for _, c := range vaultCommands(script) {
			m := writePath.FindStringSubmatch(c.words[2])
			if c.words[1] != "write" || m == nil || len(c.words) < 4 {
				continue
			}
			w := write{path: m[1], data: map[string]any{}}
			if c.words[3] == "-" {
				require.NoError(t, json.Unmarshal([]byte(c.stdin), &w.data), "%s: %s", p.path, c.words[2])
			}
			for _, word := range c.words[3:] {
				if name, value, ok := strings.Cut(word, "="); ok && c.stdin == "" {
					w.data[name] = value
				}
			}
			all = append(all, w)
		}
	}
	return all
}

// reachable puts sources that answer here in the place of those of the page.
func reachable(config map[string]any, p *idp.Provider) map[string]any {
	out := map[string]any{}
	for name, value := range config {
		switch name {
		case "oidc_discovery_url":
			out[name], out["oidc_discovery_ca_pem"] = p.Issuer(), p.CAPEM()
		case "jwks_url":
			out[name], out["jwks_ca_pem"] = p.JWKSURL(), p.CAPEM()
		case "jwks_pairs":
			out[name] = []any{map[string]any{"jwks_url": p.JWKSURL(), "jwks_ca_pem": p.CAPEM()}}
		case "jwt_validation_pubkeys":
			out[name] = p.Current().PEM()
		case "jwks_ca_pem", "oidc_discovery_ca_pem":
		default:
			out[name] = value
		}
	}
	return out
}

// issuersFor writes the issuers that a role binds, under keys that need no
// network.
func (m *mount) issuersFor(t *testing.T, role map[string]any, p *idp.Provider) {
	t.Helper()
	var names []string
	switch bound := role["bound_issuers"].(type) {
	case string:
		names = strings.Split(bound, ",")
	case []any:
		for _, name := range bound {
			names = append(names, name.(string))
		}
	}
	for _, name := range names {
		if name != "default" {
			m.write(t, "issuer/"+name, map[string]any{
				"issuer": "https://" + name + ".example.com", "jwt_validation_pubkeys": p.Current().PEM(),
			})
		}
	}
}

// Every config and every role that a page tells people to write is accepted,
// and has no field that the method does not know.
func TestWritesAreAccepted(t *testing.T) {
	provider, m := idp.Start(t), newMount(t)
	known := map[string][]string{"config": m.fields(t, "config"), "role": m.fields(t, "role/x"), "issuer": m.fields(t, "issuer/x")}
	counts := map[string]int{}
	for _, p := range pages(t) {
		for _, w := range p.writes(t) {
			kind, _, _ := strings.Cut(w.path, "/")
			counts[kind]++
			for name := range w.data {
				require.Contains(t, known[kind], name, "%s writes %s", p.path, w.path)
			}
			if kind == "config" {
				m.write(t, w.path, reachable(w.data, provider))
				continue
			}
			if _, complete := w.data["user_claim"]; complete {
				fresh := newMount(t)
				fresh.issuersFor(t, w.data, provider)
				fresh.write(t, w.path, w.data)
			}
		}
	}
	require.GreaterOrEqual(t, counts["config"], 14)
	require.GreaterOrEqual(t, counts["role"], 12)
}
