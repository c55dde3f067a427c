// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

// document is a JSON object whose members may be raw bytes that are no JSON,
// which encoding/json would refuse to write.
type document map[string][]byte

// bytes writes the members in the order of their names.
func (d document) bytes() []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range slices.Sorted(maps.Keys(d)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(mustJSON(name))
		b.WriteByte(':')
		b.Write(d[name])
	}
	b.WriteByte('}')
	return b.Bytes()
}

// overlay replaces or adds members; a nil value removes one.
func (d document) overlay(members map[string]any) document {
	for name, value := range members {
		if value == nil {
			delete(d, name)
			continue
		}
		d[name] = mustJSON(value)
	}
	return d
}

// discoveryDocument follows OpenID Connect Discovery 1.0 section 3. Like other
// issuers of workload tokens it names no endpoints for browsers.
func (p *Provider) discoveryDocument() document {
	return document{
		"issuer":                                mustJSON(p.issuer),
		"jwks_uri":                              mustJSON(p.JWKSURL()),
		"response_types_supported":              mustJSON([]string{"id_token"}),
		"subject_types_supported":               mustJSON([]string{"public"}),
		"id_token_signing_alg_values_supported": mustJSON(Algorithms()),
		"scopes_supported":                      mustJSON([]string{"openid"}),
	}
}

func (p *Provider) jwksDocument() document {
	p.keys.mu.RLock()
	defer p.keys.mu.RUnlock()
	var members []string
	for _, key := range p.keys.published {
		members = append(members, string(mustJSON(key.JWK())))
	}
	members = append(members, p.keys.extra...)
	return document{"keys": []byte("[" + strings.Join(members, ",") + "]")}
}

// JWKSDocument returns the JWKS document as it would be served now without a
// fault, for tests that need no network.
func (p *Provider) JWKSDocument() []byte { return p.jwksDocument().bytes() }
