// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package demo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

const pluginVersion = "v0.1.0"

func (d *demo) buildPlugin(ctx context.Context) error {
	dir := d.file("plugins")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if d.binary != "" {
		return d.takePlugin(ctx, dir)
	}
	d.command("make build VERSION=" + pluginVersion)
	d.progress("compiling; the first time takes a minute or two")
	plugin, err := vaultdev.BuildPlugin(ctx, dir, pluginVersion)
	if err != nil {
		return err
	}
	d.plugin = plugin
	d.ok(plugin.Path)
	d.output("sha256 " + plugin.SHA256)
	return nil
}

// takePlugin runs a copy of a binary that is there, under the version that it
// says it has.
func (d *demo) takePlugin(ctx context.Context, dir string) error {
	d.command(quote(d.binary) + " -version")
	said, err := exec.CommandContext(ctx, d.binary, "-version").Output()
	if err != nil {
		return fmt.Errorf("asking %s for its version: %w", d.binary, err)
	}
	version := strings.TrimSpace(string(said))
	text, err := os.ReadFile(d.binary)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, vaultdev.PluginName+"_"+strings.TrimPrefix(version, "v"))
	if err := os.WriteFile(path, text, 0o755); err != nil {
		return err
	}
	if d.plugin, err = vaultdev.LoadPlugin(path); err != nil {
		return err
	}
	d.plugin.Version = version
	d.ok(version + ", copied to " + path)
	d.output("sha256 " + d.plugin.SHA256)
	return nil
}

func (d *demo) getVault(ctx context.Context) error {
	d.command("make vault")
	path, err := vaultdev.FindVault(ctx, d.progress)
	if err != nil {
		return err
	}
	d.vaultBin = path
	d.ok(path)
	return nil
}

func (d *demo) startServers(ctx context.Context) error {
	var err error
	options := vaultdev.Options{Vault: d.vaultBin, Dir: d.file("vault"), PluginDir: filepath.Dir(d.plugin.Path)}
	d.command("vault server -config=" + filepath.Join(options.Dir, "vault.json"))
	if d.vault, err = vaultdev.Start(ctx, options); err != nil {
		return err
	}
	d.cli = d.vault.CLIAs
	d.ok("Vault, initialised and unsealed: " + d.vault.Addr)

	if d.provider, err = idp.New(); err != nil {
		return err
	}
	d.ok("OpenID provider: " + d.provider.Issuer())
	return os.WriteFile(d.file("provider-ca.pem"), []byte(d.provider.CAPEM()), 0o644)
}

func (d *demo) register(ctx context.Context) error {
	return d.vaultCommand(ctx, "plugin", "register",
		"-sha256="+d.plugin.SHA256, "-command="+filepath.Base(d.plugin.Path), "-version="+d.plugin.Version,
		"auth", vaultdev.PluginName)
}

func (d *demo) enable(ctx context.Context) error {
	err := d.vaultCommand(ctx, "auth", "enable", "-path=ci", "-plugin-version="+d.plugin.Version, vaultdev.PluginName)
	if err != nil {
		return err
	}
	pids, err := d.vault.PluginPIDs()
	if err != nil {
		return err
	}
	if len(pids) != 1 {
		return fmt.Errorf("want one plugin process, found %d", len(pids))
	}
	d.ok(fmt.Sprintf("the plugin runs as process %d", pids[0]))
	return nil
}
