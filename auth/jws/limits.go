// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws

import "github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"

// Limits of a token. The defaults are far above what issuers send and far
// below what hurts; Vault itself would let a megabyte through.
const (
	DefaultTokenBytes = 16 << 10 // without a configured max_token_bytes
	HardTokenBytes    = 64 << 10 // max_token_bytes cannot be more
	HeaderBytes       = 2 << 10  // encoded header
	KeyIDBytes        = 256      // decoded kid
)

// headerLimits and payloadLimits bound the JSON of the two parts.
func headerLimits() strictjson.Limits {
	return strictjson.Limits{Bytes: HeaderBytes, Depth: 4, Members: 64, Elements: 16, String: HeaderBytes}
}

func payloadLimits() strictjson.Limits {
	return strictjson.Limits{Bytes: HardTokenBytes, Depth: 16, Members: 1000, Elements: 1000, String: 8 << 10}
}

// Fault says what is wrong with the form of a token. The list is closed, and
// a fault carries nothing of the token.
type Fault string

// The faults of form, in the order in which they are looked for.
const (
	FaultTooLong   Fault = "token is longer than allowed"
	FaultCompact   Fault = "not a compact JWS of three base64url parts"
	FaultEncoding  Fault = "base64url is not canonical"
	FaultHeader    Fault = "header is not an acceptable JSON object"
	FaultCritical  Fault = "header names critical extensions or unencoded payload"
	FaultEmbedded  Fault = "header carries a key or a place to fetch one"
	FaultType      Fault = "header names a type of token that is not accepted here"
	FaultKeyID     Fault = "header has an unacceptable kid"
	FaultAlgorithm Fault = "header has no acceptable alg"
	FaultPayload   Fault = "payload is not an acceptable JSON object"
)

// Error lets a Fault be returned as an error.
func (f Fault) Error() string { return string(f) }
