// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package e2e holds the tests that run the plugin in a real Vault: beside the
// JWT method that Vault brings along, in its place, under attack, under a kill
// and through the programs that people use. It has no code of its own.
//
// The tests need a vault binary; without one, and with -short, they are
// skipped. See package vaultdev.
package e2e
