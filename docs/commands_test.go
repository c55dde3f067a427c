// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// write is a command that writes the configuration, an issuer or a role.
type write struct {
	path string // "config", "issuer/NAME" or "role/NAME"
	data map[string]any
}

var writePath = regexp.MustCompile(`^auth/[\w-]+/(config|(?:issuer|role)/[\w-]+)$`)

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

// offline puts a key that is written down in the place of an issuer's source.
// A trust bundle stays, at an address where nobody answers.
func offline(issuer map[string]any, p *idp.Provider) map[string]any {
	out := map[string]any{"force": true}
	for name, value := range issuer {
		switch name {
		case "spiffe_bundle_url":
			out[name] = "https://127.0.0.1:1"
		case "oidc_discovery_url", "jwks_url", "bearer_token_file", "ca_pem", "proxy":
		default:
			out[name] = value
		}
	}
	if out["spiffe_bundle_url"] == nil {
		out["jwt_validation_pubkeys"] = p.Current().PEM()
	}
	return out
}

// writeIssuer fails unless the method takes the issuer. It may advise.
func (m *mount) writeIssuer(t *testing.T, path string, data map[string]any) {
	t.Helper()
	if resp := m.do(t, logical.UpdateOperation, path, data); resp != nil {
		require.NoError(t, resp.Error(), path)
	}
}

// writeRole writes a role, and the issuers that it names before.
func (m *mount) writeRole(t *testing.T, w write, p *idp.Provider) {
	t.Helper()
	names, _ := w.data["bound_issuers"].(string)
	for name := range strings.SplitSeq(names, ",") {
		if name != "" && name != "default" {
			m.writeIssuer(t, "issuer/"+name, map[string]any{"issuer": "https://" + name + ".example", "jwt_validation_pubkeys": p.Current().PEM()})
		}
	}
	m.write(t, w.path, w.data)
}

// Every config, issuer and role that a page tells people to write is accepted,
// and has no field that the method does not know.
func TestWritesAreAccepted(t *testing.T) {
	provider, m := idp.Start(t), newMount(t)
	known := map[string][]string{"config": m.fields(t, "config"), "issuer": m.fields(t, "issuer/x"), "role": m.fields(t, "role/x")}
	counts := map[string]int{}
	for _, p := range pages(t) {
		for _, w := range p.writes(t) {
			kind, _, _ := strings.Cut(w.path, "/")
			counts[kind]++
			for name := range w.data {
				require.Contains(t, known[kind], name, "%s writes %s", p.path, w.path)
			}
			_, fromPreset := w.data["preset"]
			_, user := w.data["user_claim"]
			switch {
			case kind == "config":
				m.write(t, w.path, reachable(w.data, provider))
			case kind == "issuer" && fromPreset:
				newMount(t).writeIssuer(t, w.path, offline(w.data, provider))
			case kind == "role" && user:
				newMount(t).writeRole(t, w, provider)
			}
		}
	}
	require.GreaterOrEqual(t, counts["config"], 14)
	require.GreaterOrEqual(t, counts["issuer"], 5)
	require.GreaterOrEqual(t, counts["role"], 12)
}
