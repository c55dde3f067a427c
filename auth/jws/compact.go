// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws

import (
	"encoding/base64"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/view"
)

// Unverified is a token of good form whose signature nobody has checked yet.
// Its methods answer what the token claims about itself.
type Unverified struct {
	header       Header
	signingInput string // header and payload as they were sent, with the dot
	encoded      string // payload, still in base64url
	signature    []byte
}

// Parse checks the form of a compact JWS and reads its header. maxBytes is the
// longest token accepted. The payload stays unread: it is looked at by
// [Unverified.Payload], after the signature or to choose an issuer.
//
// The work before a refusal is bounded by maxBytes and the header limits.
func Parse(token string, maxBytes int) (Unverified, error) {
	if len(token) > maxBytes {
		return Unverified{}, FaultTooLong
	}
	header, rest, ok := strings.Cut(token, ".")
	if !ok {
		return Unverified{}, FaultCompact
	}
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok || header == "" || payload == "" || signature == "" {
		return Unverified{}, FaultCompact
	}
	if strings.IndexByte(signature, '.') >= 0 {
		return Unverified{}, FaultCompact
	}
	if len(header) > HeaderBytes {
		return Unverified{}, FaultHeader
	}
	text, err := decode(header)
	if err != nil {
		return Unverified{}, err
	}
	h, err := parseHeader(view.String(text))
	if err != nil {
		return Unverified{}, err
	}
	sig, err := decode(signature)
	if err != nil {
		return Unverified{}, err
	}
	return Unverified{
		header:       h,
		signingInput: token[:len(header)+1+len(payload)],
		encoded:      payload,
		signature:    sig,
	}, nil
}

// Header returns the header. Nothing in it may be believed.
func (u Unverified) Header() Header { return u.header }

// EncodedPayload returns the payload as it stands in the token, in base64url.
func (u Unverified) EncodedPayload() string { return u.encoded }

// Payload decodes and parses the payload, a JSON object with at least one
// member.
func (u Unverified) Payload() (strictjson.Value, error) { return DecodePayload(u.encoded) }

// DecodePayload reads a payload in base64url, which must encode a JSON object
// with at least one member (RFC 7519, section 7.2, step 10).
func DecodePayload(encoded string) (strictjson.Value, error) {
	text, err := decode(encoded)
	if err != nil {
		return strictjson.Value{}, err
	}
	doc, err := strictjson.Parse(view.String(text), payloadLimits())
	if err != nil {
		return strictjson.Value{}, FaultPayload
	}
	root := doc.Root()
	if root.Kind() != strictjson.Object || root.Len() == 0 {
		return strictjson.Value{}, FaultPayload
	}
	return root, nil
}

// decode reads base64url without padding. It refuses non-zero trailing bits, so
// that one octet sequence has one encoding (RFC 4648, section 3.5), and line
// breaks, which the decoder would skip; any other foreign character it refuses
// by itself.
func decode(part string) ([]byte, error) {
	if strings.IndexByte(part, '\n') >= 0 || strings.IndexByte(part, '\r') >= 0 {
		return nil, FaultEncoding
	}
	out, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil, FaultEncoding
	}
	return out, nil
}
