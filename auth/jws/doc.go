// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package jws is the front door: it takes a token apart and checks its
// signature, and it lets in one form only, the compact serialisation of
// RFC 7515 section 7.1 in its canonical encoding.
//
// [Parse] yields an [Unverified]: nothing in it may be believed. The header
// tells which algorithm and which key the token claims; both are only used to
// choose among what the operator has configured (RFC 8725, sections 3.1 and
// 3.10). [Unverified.VerifiedBy] checks the signature with one key, and only
// then is the payload worth reading.
//
// The package holds no state, does no I/O and is safe for concurrent use.
package jws
