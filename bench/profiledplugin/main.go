// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Command profiledplugin is the product's plugin with a CPU profile around it.
// The product itself has no such switch: whoever can set the environment of a
// plugin could make it write files.
package main

import (
	"fmt"
	"os"
	"runtime/pprof"

	"github.com/hashicorp/vault/sdk/helper/pluginutil"

	claimsauth "github.com/vault-claims/vault-plugin-auth-claims"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/serving"
)

// profileEnv names the variable that says where the profile goes. Vault passes
// it on from the plugin's registration.
const profileEnv = "CLAIMS_BENCH_CPUPROFILE"

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "profiledplugin: %v\n", err)
		os.Exit(1)
	}
}

// run serves until Vault ends the plugin, and then completes the profile.
func run() error {
	// Vault runs each plugin once more, in metadata mode, to ask its version.
	if path := os.Getenv(profileEnv); path != "" && !pluginutil.InMetadataMode() {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	return serving.Serve(claimsauth.Factory(""), false)
}
