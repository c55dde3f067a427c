// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package view lets text be read as bytes, and bytes as text, without a copy. A
// token is one to sixteen kilobytes and would otherwise be copied four times on
// its way through a login.
package view

import "unsafe"

// Bytes returns the bytes of s, to be read only: a write to them is a fault
// that the runtime may or may not catch.
func Bytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// String returns b as a string. The caller must own b and never write to it
// again.
func String(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
