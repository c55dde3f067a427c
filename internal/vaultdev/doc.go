// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package vaultdev runs a real Vault server for end-to-end tests, benchmarks
// and the demo: it finds or builds the vault binary, builds plugins, starts a
// server on a loopback port, registers and mounts plugins, restarts the server
// on the same data and stops it again.
//
// A server always runs from a configuration file and is initialised and
// unsealed with one key share, as a real one is; it never is a "-dev" server,
// whose special cases (a well-known root token, a mounted kv engine, storage
// that cannot outlive the process) would hide what production does.
//
// Nothing here is part of the product.
package vaultdev
