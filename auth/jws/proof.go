// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws

import (
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/view"
)

// Limits of a DPoP proof. The header is longer than that of a token, since it
// carries a key; an RSA key of 8,192 bits fits.
const (
	ProofBytes       = 8 << 10
	ProofHeaderBytes = 4 << 10 // encoded
)

// proofType is the typ of a DPoP proof (RFC 9449, section 4.2), byte for byte.
const proofType = "dpop+jwt"

// Proof is a DPoP proof of which nothing has been verified.
type Proof struct {
	Unverified
	Key strictjson.Value // the member jwk of the header, an object
}

// ParseProof reads a DPoP proof: a compact JWS as strict as that of a token,
// but for a header that must have the type of a proof and carry the key that
// made it. No other parser of this package lets a header have a key.
func ParseProof(proof string) (Proof, error) {
	if len(proof) > ProofBytes {
		return Proof{}, FaultTooLong
	}
	encoded, rest, _ := strings.Cut(proof, ".")
	if len(encoded) > ProofHeaderBytes {
		return Proof{}, FaultHeader
	}
	text, err := decode(encoded)
	if err != nil {
		return Proof{}, err
	}
	h, key, err := parseProofHeader(view.String(text))
	if err != nil {
		return Proof{}, err
	}
	payload, encodedSignature, ok := strings.Cut(rest, ".")
	if !ok || payload == "" || encodedSignature == "" || strings.IndexByte(encodedSignature, '.') >= 0 {
		return Proof{}, FaultCompact
	}
	signature, err := decode(encodedSignature)
	if err != nil {
		return Proof{}, err
	}
	return Proof{
		Unverified: Unverified{
			header:       h,
			signingInput: proof[:len(encoded)+1+len(payload)],
			encoded:      payload,
			signature:    signature,
		},
		Key: key,
	}, nil
}

func parseProofHeader(text string) (Header, strictjson.Value, error) {
	limits := headerLimits()
	limits.Bytes, limits.String = ProofHeaderBytes, ProofHeaderBytes
	doc, err := strictjson.Parse(text, limits)
	if err != nil || doc.Root().Kind() != strictjson.Object {
		return Header{}, strictjson.Value{}, FaultHeader
	}
	var h Header
	var key strictjson.Value
	for name, value := range doc.Root().Members() {
		switch {
		case name == "jwk":
			if key = value; key.Kind() != strictjson.Object {
				return Header{}, strictjson.Value{}, FaultEmbedded
			}
		case name == "typ":
			if h.Type, _ = value.Text(); h.Type != proofType {
				return Header{}, strictjson.Value{}, FaultType
			}
		default:
			if err := h.member(name, value); err != nil {
				return Header{}, strictjson.Value{}, err
			}
		}
	}
	switch {
	case h.Type == "":
		return Header{}, strictjson.Value{}, FaultType
	case h.Algorithm == 0:
		return Header{}, strictjson.Value{}, FaultAlgorithm
	case key.Kind() == strictjson.Invalid:
		return Header{}, strictjson.Value{}, FaultEmbedded
	}
	return h, key, nil
}
