// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// Mint signs the claims, exactly as given, with the current key under the
// header alg, kid and typ "JWT". It panics when JSON cannot express a claim.
func (p *Provider) Mint(claims map[string]any) string {
	return p.MintWith(p.Current(), nil, claims)
}

// MintWith is [Provider.Mint] with any key, published or not, and with header
// members laid over alg, kid and typ; a nil value removes a member. The
// signature is always made with key.Alg, whatever the header says.
func (p *Provider) MintWith(key *Key, header, claims map[string]any) string {
	full := overlay(map[string]any{"alg": key.Alg, "kid": key.KID, "typ": "JWT"}, header)
	if claims == nil {
		claims = map[string]any{} // a nil map would become null, which is no claims set
	}
	return p.Sign(key, mustJSON(full), mustJSON(claims))
}

// Sign builds a compact JWS from header and payload bytes as they are, so that
// tests can express what no JSON encoder writes: duplicate members, a byte
// order mark, broken UTF-8. It panics when key.Private does not fit key.Alg.
func (p *Provider) Sign(key *Key, rawHeader, rawPayload []byte) string {
	enc := base64.RawURLEncoding
	headerLen, payloadLen := enc.EncodedLen(len(rawHeader)), enc.EncodedLen(len(rawPayload))
	// Room for the longest signature of a 4096-bit RSA key, to build in place.
	token := make([]byte, 0, headerLen+payloadLen+2+enc.EncodedLen(512))
	token = enc.AppendEncode(token, rawHeader)
	token = append(token, '.')
	token = enc.AppendEncode(token, rawPayload)
	signature, err := SignRaw(key.Alg, key.Private, token)
	if err != nil {
		panic(fmt.Sprintf("idp: sign with key %q: %v", key.KID, err))
	}
	token = append(token, '.')
	return string(enc.AppendEncode(token, signature))
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("idp: a token cannot carry this value: %v", err))
	}
	return b
}

// overlay changes base and returns it; nil values in over remove members.
func overlay(base, over map[string]any) map[string]any {
	for name, value := range over {
		if value == nil {
			delete(base, name)
			continue
		}
		base[name] = value
	}
	return base
}
