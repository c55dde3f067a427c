// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package command

import (
	"context"
	"os"
	"os/exec"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/demo"
)

func dev() command {
	var plugin string
	var once bool
	return command{
		synopsis: "Run a playground: Vault, provider, plugin, roles",
		help: `
Runs a real Vault and an OpenID provider on loopback, with the plugin, a role, a
policy and two secrets, shows each step on the way, and leaves it running until
Ctrl-C. Within a clone of the repository the plugin is built; elsewhere give it.

  $ vault-claims dev -plugin=./vault-plugin-auth-claims`,
		noVault: true,
		flags: func(f *flags) {
			f.file(&plugin, "plugin", "Binary of the plugin, instead of building it.")
			f.yes(&once, "once", "End after the last step.")
		},
		run: func(ctx context.Context, _ *session, _ []string) (view, error) {
			if plugin != "" {
				path, err := exec.LookPath(plugin) // one in the working directory needs its ./
				if err != nil {
					return view{}, err
				}
				plugin = path
			}
			return view{}, demo.Run(ctx, os.Stdout, demo.Options{Keep: !once, Plugin: plugin})
		},
	}
}
