// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package auth decides whether a token may log in, and as whom.
//
// It is a function of the token's bytes, the compiled role and issuers, the
// keys, the peer's address and the time: [Decide]. It reads no clock, no
// storage, no network and no environment, and it logs nothing; keys come
// through the [KeySource] that each [Issuer] carries. (A timer bounds how long the
// expressions of a role may take; it decides nothing else.)
//
// The checks run in one fixed order, and the first that fails gives the
// decision its [Reason]:
//
//	limits · form · header · issuer · key · signature · time · audience · subject · claims · condition · identity · grant
//
// What is compiled when a role or an issuer is written ([CompileRole]) is only
// evaluated at login. A denial is a value; an error is a fault of ours and
// never carries an identity. All types are immutable once made and safe for
// concurrent use.
package auth
