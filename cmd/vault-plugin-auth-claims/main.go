// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Command vault-plugin-auth-claims is the plugin that Vault or OpenBao starts.
// It serves, and does nothing else; run by hand it says what it is for.
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/vault/sdk/plugin"

	claimsauth "github.com/vault-claims/vault-plugin-auth-claims"
)

// version is set by the linker, in the form vX.Y.Z. Vault refuses to register
// the plugin under any other version than this.
var version = "v0.0.0-dev"

func main() {
	if err := serve(); err != nil {
		fmt.Fprintf(os.Stderr, "vault-plugin-auth-claims: %v\n", err)
		os.Exit(1)
	}
}

// serve returns when Vault ends the plugin. No TLS provider is given: since
// Vault 1.12 the two sides agree on certificates by themselves, and an own
// provider would turn that off.
func serve() error {
	return plugin.ServeMultiplex(&plugin.ServeOpts{BackendFactoryFunc: claimsauth.Factory(version)})
}
