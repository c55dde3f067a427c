// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package vectors holds tests alone: it takes public test vectors, and tokens
// that were made to deceive, through the front door of packages auth/jws and
// auth/jwk, and compares the verdicts with those of other libraries.
//
// The public vectors are not part of the repository. The environment variable
// CLAIMS_VECTORS names a folder with them:
//
//	wycheproof/*.json               testvectors_v1 of C2SP/wycheproof (Apache-2.0)
//	cookbook/**/*.json              ietf-jose/cookbook (public domain)
//	jsontestsuite/test_parsing/*    nst/JSONTestSuite (MIT)
//
// Without it the tests that need them are skipped. Where the verdict on a
// vector differs from what its authors expect, the vector is listed with the
// reason; a difference that is not listed, or listed but gone, fails.
package vectors
