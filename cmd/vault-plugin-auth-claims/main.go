// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Command vault-plugin-auth-claims is the plugin that Vault or OpenBao starts.
// It serves, and does nothing else; run by hand it says what it is for.
package main

import (
	"flag"
	"fmt"
	"os"

	claimsauth "github.com/vault-claims/vault-plugin-auth-claims"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/serving"
)

// version is set by the linker, in the form vX.Y.Z. Vault refuses to register
// the plugin under any other version than this.
var version = "v0.0.0-dev"

// main returns when Vault ends the plugin.
func main() {
	flags := flag.NewFlagSet("vault-plugin-auth-claims", flag.ExitOnError)
	ask := flags.Bool("version", false, "print the version and end")
	share := flags.Bool("share-process", false, "let all mounts that run this version share one process")
	_ = flags.Parse(os.Args[1:]) // ExitOnError
	if *ask {
		fmt.Println(version)
		return
	}
	// Unless told otherwise it serves one mount a process. Vault ends the process
	// of a mount that it reloads, and with a shared one that fails logins in flight
	// on the other mounts; see docs/upgrade.md.
	if err := serving.Serve(claimsauth.Factory(version), *share); err != nil {
		fmt.Fprintf(os.Stderr, "vault-plugin-auth-claims: %v\n", err)
		os.Exit(1)
	}
}
