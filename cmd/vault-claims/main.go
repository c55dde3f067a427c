// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Command vault-claims is the operator's tool: it replaces the plugin of a
// mount without a failed login, and makes what a mount knows readable. It talks
// to Vault through its API alone, as the vault command does and with the same
// environment.
package main

import (
	"os"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/command"
)

// version is set by the linker, in the form vX.Y.Z.
var version = "v0.0.0-dev"

func main() {
	os.Exit(command.Main(version, os.Args[1:], command.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
