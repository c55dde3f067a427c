// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package idp is an OpenID provider on loopback for tests, benchmarks and
// demos: it publishes discovery and JWKS documents over TLS, signs tokens with
// any of the ten asymmetric JOSE algorithms, and misbehaves on request.
//
//	p := idp.Start(t)                             // or idp.New(...) and p.Close()
//	token := p.Mint(p.GitHubClaims(nil))          // signed by the current key
//	p.Rotate("ES256")                             // new key, the old one stays published
//	p.SetFault(idp.JWKS, idp.Fault{Status: 500})  // the next fetches fail
//
// # Truth and faults
//
// Without a fault the provider follows OpenID Connect Discovery 1.0 and
// RFC 7517, so whatever accepts a real issuer accepts this one. Faults are set
// per [Endpoint] while the server runs and can be combined; see [Fault].
//
// # Panics
//
// The calls that mint a token or rotate a key return one value, so that a test
// can use them inside an expression. They panic when the caller asks for the
// impossible: an unknown algorithm, a key of another type than its algorithm,
// a claim that JSON cannot express. Nothing that arrives over the network can
// cause a panic.
//
// # Concurrency
//
// All methods of [Provider] and [RSAPool] may be called from many goroutines.
// A [Key] is immutable once it is published.
//
// Never let a production mount trust this provider: whoever can reach the
// process can have any token signed.
package idp
