// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// PluginName is the name under which the product's binary is shipped.
const PluginName = "vault-plugin-auth-claims"

// Plugin is a plugin binary that a Vault can be told to run.
type Plugin struct {
	Path    string   // absolute
	SHA256  string   // hex, as the plugin catalog wants it
	Version string   // "v1.2.3"; empty registers the plugin without a version
	Args    []string // passed to the binary
	Env     []string // "K=V", added to the environment that Vault gives it
}

// BuildPlugin compiles the plugin of this repository into dir, as
// vault-plugin-auth-claims_1.2.3 for version "v1.2.3", which the plugin then
// reports as its own. Vault refuses to overwrite a running binary ("text file
// busy"), hence the version in the name.
func BuildPlugin(ctx context.Context, dir, version string) (Plugin, error) {
	root, err := ModuleRoot()
	if err != nil {
		return Plugin{}, err
	}
	bare := strings.TrimPrefix(version, "v")
	out := filepath.Join(dir, PluginName+"_"+bare)
	plugin, err := BuildBinary(ctx, root, "./cmd/"+PluginName, out, "-ldflags", "-s -w -X main.version=v"+bare)
	plugin.Version = "v" + bare
	return plugin, err
}

// BuildBinary compiles any plugin: package pkg of the module in moduleDir, to
// the file out. Extra flags go to "go build" as they are. The result has no
// version; set it when the plugin is to be registered with one.
func BuildBinary(ctx context.Context, moduleDir, pkg, out string, flags ...string) (Plugin, error) {
	out, err := filepath.Abs(out)
	if err != nil {
		return Plugin{}, err
	}
	spec := buildSpec{moduleDir: moduleDir, pkg: pkg, out: out, flags: flags, output: &buildOutput{}}
	if err := goBuild(ctx, spec); err != nil {
		return Plugin{}, err
	}
	return LoadPlugin(out)
}

// LoadPlugin describes a binary that exists already.
func LoadPlugin(path string) (Plugin, error) {
	f, err := os.Open(path)
	if err != nil {
		return Plugin{}, fmt.Errorf("loading the plugin: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return Plugin{}, fmt.Errorf("loading the plugin: %w", err)
	}
	return Plugin{Path: path, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}
