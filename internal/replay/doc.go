// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package replay remembers what may be used once: tokens, and proofs that go
// with them (RFC 7519, section 4.1.7; RFC 9449, section 11.1).
//
// It knows them by a key that the caller computes and keeps nothing of them. It
// reads no clock and does no I/O.
package replay
