// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Limits of a JWK Set document.
const (
	MaxDocumentBytes = 512 << 10
	MaxKeys          = 100
)

// ParseSet reads a JWK Set (RFC 7517, section 5). The members of "keys" are
// judged one by one, each as strictly as a token; what surrounds them must be
// one JSON object with one "keys". A set without a usable key is an error, and
// the error is a [Fault].
func ParseSet(document []byte) (*Set, error) { return parseSet(document, useSignature) }

// Values of use: what RFC 7517 section 4.2 calls a key for signatures, and what
// a SPIFFE bundle calls a key for JWT-SVIDs.
const (
	useSignature = "sig"
	useJWTSVID   = "jwt-svid"
)

func parseSet(document []byte, use string) (*Set, error) {
	if len(document) > MaxDocumentBytes {
		return nil, FaultTooLong
	}
	members, err := split(document)
	if err != nil {
		return nil, err
	}
	if len(members) > MaxKeys {
		return nil, FaultTooMany
	}
	var keys []*Key
	var skipped []Skipped
	for i, member := range members {
		k, err := parseKey(member, use)
		if err != nil {
			fault, ok := err.(Fault) //nolint:errorlint // parseKey returns nothing else
			if !ok {
				fault = FaultMember
			}
			skipped = append(skipped, Skipped{Index: i, Fault: fault})
			continue
		}
		keys = append(keys, k)
	}
	s := build(keys, skipped, false)
	if len(s.keys) == 0 {
		return nil, FaultNoKeys
	}
	return s, nil
}

// split returns the text of each element of the "keys" array. The decoder is
// told to let duplicate names and bad UTF-8 pass, since inside of a member
// they must cost that member only; for the outer object split looks itself.
func split(document []byte) ([]string, error) {
	d := jsontext.NewDecoder(bytes.NewReader(document), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if t, err := d.ReadToken(); err != nil || t.Kind() != jsontext.KindBeginObject {
		return nil, FaultDocument
	}
	var members []string
	seen := map[string]bool{}
	for d.PeekKind() == jsontext.KindString {
		name, err := d.ReadToken()
		if err != nil {
			return nil, FaultDocument
		}
		fold := strictjson.Fold(name.String())
		if seen[fold] || fold == "keys" && name.String() != "keys" {
			return nil, FaultDocument
		}
		seen[fold] = true
		if fold != "keys" {
			if err := d.SkipValue(); err != nil {
				return nil, FaultDocument
			}
			continue
		}
		if members, err = elements(d); err != nil {
			return nil, err
		}
	}
	if t, err := d.ReadToken(); err != nil || t.Kind() != jsontext.KindEndObject {
		return nil, FaultDocument
	}
	if rest := bytes.TrimLeft(document[d.InputOffset():], " \t\r\n"); len(rest) > 0 || !seen["keys"] {
		return nil, FaultDocument
	}
	return members, nil
}

func elements(d *jsontext.Decoder) ([]string, error) {
	if t, err := d.ReadToken(); err != nil || t.Kind() != jsontext.KindBeginArray {
		return nil, FaultDocument
	}
	var members []string
	for d.PeekKind() != jsontext.KindEndArray {
		value, err := d.ReadValue()
		if err != nil {
			return nil, FaultDocument
		}
		if members = append(members, string(value)); len(members) > MaxKeys {
			return nil, FaultTooMany
		}
	}
	_, err := d.ReadToken()
	return members, err
}
