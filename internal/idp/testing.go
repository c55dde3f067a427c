// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

// TB is the part of testing.TB that [Start] needs. Naming it here keeps
// package testing, and its flags, out of the programs that link this package.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Start is [New] for tests: it closes the provider when the test ends and
// fails the test when the provider cannot start.
func Start(tb TB, opts ...Option) *Provider {
	tb.Helper()
	p, err := New(opts...)
	if err != nil {
		tb.Fatalf("start the OpenID provider: %v", err)
		return nil
	}
	tb.Cleanup(p.Close)
	return p
}
