// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package live

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// contender is one way to log in, mounted and configured.
type contender struct {
	name  string // in the tables
	mount string // also the name in the plugin catalog
	pid   int    // of the plugin; 0 for what runs inside Vault
}

// candidate is a contender before it is mounted.
type candidate struct {
	name   string
	mount  string
	plugin vaultdev.Plugin // zero for what Vault brings along
	empty  bool            // has neither configuration nor roles
}

const (
	ours     = "claims"
	official = "jwt-external"
	builtin  = "jwt-builtin"
	empty    = "empty"
	twin     = "empty-twin"
)

// peerPackage is the main package of vault-plugin-auth-jwt, at the version that
// this module pins.
const peerPackage = "github.com/hashicorp/vault-plugin-auth-jwt/cmd/vault-plugin-auth-jwt"

// stripped is how the product is built; the others are built alike.
var stripped = []string{"-ldflags", "-s -w"}

// build compiles all plugins into dir.
func (o Options) build(ctx context.Context, dir string) ([]candidate, error) {
	root, err := vaultdev.ModuleRoot()
	if err != nil {
		return nil, err
	}
	module := filepath.Join(root, "bench")
	var failed error
	binary := func(pkg, name string) vaultdev.Plugin {
		if failed != nil {
			return vaultdev.Plugin{}
		}
		o.log("building %s", name)
		var plugin vaultdev.Plugin
		plugin, failed = vaultdev.BuildBinary(ctx, module, pkg, filepath.Join(dir, name), stripped...)
		return plugin
	}
	claims := o.claims(binary)
	nothing := binary("./emptyplugin", "emptyplugin")
	list := []candidate{
		{name: "vault-plugin-auth-claims", mount: ours, plugin: claims},
		{name: "empty plugin", mount: empty, plugin: nothing, empty: true},
		{name: "empty plugin, path.Operations", mount: "empty-operations", plugin: withArgs(nothing, "operations"), empty: true},
		{name: o.Peer, mount: official, plugin: binary(peerPackage, "vault-plugin-auth-jwt")},
		{name: "built-in jwt", mount: builtin},
	}
	if o.Noise {
		list = append(list, candidate{name: "empty plugin, once more", mount: twin, plugin: nothing, empty: true})
	}
	for _, t := range o.Tries {
		plugin := claims
		if t.Binary != "" && failed == nil {
			plugin, failed = adopt(t.Binary, filepath.Join(dir, "try-"+t.Name))
		}
		list = append(list, candidate{name: "try " + t.Name, mount: "try-" + t.Name, plugin: withEnv(plugin, t.Env...)})
	}
	if len(o.Only) > 0 {
		list = slices.DeleteFunc(list, func(c candidate) bool { return !slices.Contains(o.Only, c.mount) })
	}
	return list, failed
}

// claims builds this project's plugin, or its variant that writes a profile.
func (o Options) claims(binary func(pkg, name string) vaultdev.Plugin) vaultdev.Plugin {
	if o.Profile == "" {
		return binary("github.com/vault-claims/vault-plugin-auth-claims/cmd/"+vaultdev.PluginName, vaultdev.PluginName)
	}
	return withEnv(binary("./profiledplugin", "profiledplugin"), "CLAIMS_BENCH_CPUPROFILE="+o.Profile)
}

// adopt copies a binary into the folder that Vault runs plugins from.
func adopt(from, to string) (vaultdev.Plugin, error) {
	content, err := os.ReadFile(from)
	if err != nil {
		return vaultdev.Plugin{}, err
	}
	if err := os.WriteFile(to, content, 0o755); err != nil {
		return vaultdev.Plugin{}, err
	}
	return vaultdev.LoadPlugin(to)
}

func withArgs(p vaultdev.Plugin, args ...string) vaultdev.Plugin {
	p.Args = append(slices.Clone(p.Args), args...)
	return p
}

func withEnv(p vaultdev.Plugin, env ...string) vaultdev.Plugin {
	p.Env = append(slices.Clone(p.Env), env...)
	return p
}

// check refuses names that nobody has.
func (o Options) check(list []candidate) error {
	for _, want := range o.Only {
		if !slices.ContainsFunc(list, func(c candidate) bool { return c.mount == want }) {
			return fmt.Errorf("there is no contender %q", want)
		}
	}
	return nil
}
