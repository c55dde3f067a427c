// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"encoding/base64"
	"encoding/json"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// registered are the claims of RFC 7519, section 4.1, in a form that a renewal reads.
type registered struct {
	Issuer    string      `json:"iss,omitempty"`
	Subject   string      `json:"sub"`
	Audience  any         `json:"aud,omitempty"`
	Expiry    json.Number `json:"exp,omitempty"`
	NotBefore json.Number `json:"nbf,omitempty"`
	IssuedAt  json.Number `json:"iat,omitempty"`
	ID        string      `json:"jti,omitempty"`
}

// RegisteredClaims returns the registered claims alone, in the form of
// [Decision.Payload]. A renewal that is given them judges all that depends on
// them, and refuses what depends on any other claim ([Renewal.Few]).
func (v Verified) RegisteredClaims() string {
	number := func(name string) json.Number {
		value, _ := v.claims.Get(name)
		literal, _ := value.Literal()
		return json.Number(literal)
	}
	kept := registered{
		Issuer: textOf(v.claims, "iss"), Subject: textOf(v.claims, "sub"), ID: textOf(v.claims, "jti"),
		Expiry: number("exp"), NotBefore: number("nbf"), IssuedAt: number("iat"),
	}
	if aud, found := v.claims.Get("aud"); found && aud.Kind() != strictjson.Null {
		kept.Audience = aud.Any()
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return "" // which no renewal can read
	}
	return base64.RawURLEncoding.EncodeToString(text)
}
