// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package claimsauth is an auth method for HashiCorp Vault and OpenBao. A
// caller shows a token that it has from elsewhere; the method verifies it,
// matches its claims to a role, and Vault issues its own token.
//
// The package is the part that speaks Vault: paths and fields in, storage,
// answers out. What decides is package auth, which knows nothing of Vault. A
// login goes
//
//	path_login.go -> snapshot.go -> auth.Decide -> render.go
//
// and touches neither storage nor network once the mount is warm.
package claimsauth
