// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws

import (
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Header is what a token says about itself.
type Header struct {
	Algorithm Algorithm
	KeyID     string // "" if absent; a present kid is never empty
	Type      string // typ in lower case, "" if absent
}

// known are the header parameters of RFC 7515, 7516, 7517 and 7797. A name
// that is one of these but for letter case is refused: a reader that folds
// names would take it for the real one.
var known = map[string]bool{
	"alg": true, "jku": true, "jwk": true, "kid": true, "x5u": true, "x5c": true, "x5t": true, "x5t#s256": true,
	"typ": true, "cty": true, "crit": true, "b64": true, "enc": true, "zip": true,
}

func parseHeader(text string) (Header, error) {
	doc, err := strictjson.Parse(text, headerLimits())
	if err != nil || doc.Root().Kind() != strictjson.Object {
		return Header{}, FaultHeader
	}
	var h Header
	for name, value := range doc.Root().Members() {
		if err := h.member(name, value); err != nil {
			return Header{}, err
		}
	}
	if h.Algorithm == 0 {
		return Header{}, FaultAlgorithm
	}
	return h, nil
}

func (h *Header) member(name string, value strictjson.Value) error {
	switch name {
	case "alg":
		text, _ := value.Text()
		h.Algorithm, _ = ParseAlgorithm(text)
		if h.Algorithm == 0 {
			return FaultAlgorithm
		}
	case "kid":
		text, ok := value.Text()
		if !ok || text == "" || len(text) > KeyIDBytes || !printable(text) {
			return FaultKeyID
		}
		h.KeyID = text
	case "typ":
		text, ok := value.Text()
		if !ok || text == "" || !printable(text) {
			return FaultType
		}
		h.Type = strings.ToLower(text)
	case "crit", "b64":
		// We understand no extension, and RFC 7515 section 4.1.11 says to
		// refuse those; b64 changes what is signed (RFC 7797).
		return FaultCritical
	case "jwk", "jku", "x5u":
		// A key, or the place of one, that the sender chose (RFC 8725, section 2.10).
		return FaultEmbedded
	case "cty":
		// The mark of a nested token (RFC 7519, section 5.2).
		if text, ok := value.Text(); !ok || IsJWT(strings.ToLower(text)) {
			return FaultType
		}
	case "enc", "zip":
		// Belong to encrypted tokens (RFC 7516).
		return FaultType
	case "x5c", "x5t", "x5t#S256":
		// Ignored: never used for trust. Entra ID sends x5t.
	default:
		if known[strictjson.Fold(name)] {
			return FaultHeader
		}
	}
	return nil
}

// IsJWT tells whether a media type in lower case is that of a JWT. RFC 7515
// section 4.1.9 lets the prefix "application/" be left out.
func IsJWT(mediaType string) bool {
	return strings.TrimPrefix(mediaType, "application/") == "jwt"
}

// printable tells whether s is visible ASCII, with inner spaces allowed.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
