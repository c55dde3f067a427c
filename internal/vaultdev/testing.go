// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"errors"
	"testing"
)

// Require returns the path of a vault binary. Without one, and under -short,
// it skips the test and says what to do. It never builds Vault: a test would
// time out before that ends.
func Require(tb testing.TB) string {
	tb.Helper()
	if testing.Short() {
		tb.Skip("needs a real Vault; run without -short")
	}
	path, err := Locate(tb.Context())
	if errors.Is(err, ErrNoVault) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// ForTest starts a server for the length of a test, or skips as [Require]
// does. When the test has failed, the end of Vault's log is printed.
func ForTest(tb testing.TB, opts Options) *Server {
	tb.Helper()
	if opts.Vault == "" {
		opts.Vault = Require(tb)
	}
	server, err := Start(tb.Context(), opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Log(server.explain(errors.New("the test failed")))
		}
		if err := server.Close(); err != nil {
			tb.Error(err)
		}
	})
	return server
}
