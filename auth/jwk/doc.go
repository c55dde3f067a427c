// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package jwk turns what an issuer publishes, a JWK Set (RFC 7517) or PEM
// blocks, into keys that may verify signatures, and says of every key that it
// leaves out why.
//
// One key that breaks the policy never costs the others: it is left out, and
// the set stands with the rest (RFC 7517, section 5). A document that is not a
// JWK Set, or has no usable key, is refused whole, so that a fetch which went
// wrong cannot replace good keys.
//
// Keys and sets never change once made and may be shared between goroutines.
package jwk
