// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

// Storage is where a server keeps its data.
type Storage string

const (
	// Inmem is the quick one. All is lost when the server stops.
	Inmem Storage = "inmem"
	// Raft is Vault's integrated storage, on disk: it outlives [Server.Restart].
	Raft Storage = "raft"
)

// Options say what server to run. The zero value is a server with storage in
// memory and no plugins.
type Options struct {
	// Vault is the vault binary; empty means what [Locate] finds.
	Vault string
	// Dir is for configuration, log and data. Empty means a temporary folder
	// that Close removes; a folder given here is kept.
	Dir string
	// PluginDir holds the plugin binaries; empty means no external plugins.
	PluginDir string
	// Storage is Inmem when empty.
	Storage Storage
	// LogLevel is "info" when empty; "trace" shows every plugin call.
	LogLevel string
	// Listener adds keys to the tcp listener stanza, such as
	// "max_request_duration".
	Listener map[string]any
	// Listeners are further tcp listeners, whole: "address" and what it needs.
	Listeners []map[string]any
	// Config adds top-level keys to the configuration, such as "telemetry".
	Config map[string]any
	// Env adds "K=V" to the server's environment, which is otherwise empty
	// but for PATH, HOME and TMPDIR. Plugins inherit it.
	Env []string

	nodeID string // in raft storage; node1 when empty
}

// resolve fills in the defaults and makes the folders.
func (o Options) resolve() (Options, error) {
	if o.Storage == "" {
		o.Storage = Inmem
	}
	if o.Storage != Inmem && o.Storage != Raft {
		return o, fmt.Errorf("unknown storage %q: want %q or %q", o.Storage, Inmem, Raft)
	}
	if o.LogLevel == "" {
		o.LogLevel = "info"
	}
	if o.PluginDir != "" {
		// Vault refuses a plugin directory that is reached through a symbolic
		// link, which the temporary folder of some systems is.
		dir, err := filepath.EvalSymlinks(o.PluginDir)
		if err != nil {
			return o, fmt.Errorf("plugin directory: %w", err)
		}
		if o.PluginDir, err = filepath.Abs(dir); err != nil {
			return o, fmt.Errorf("plugin directory: %w", err)
		}
	}
	return o, nil
}

// configFile renders Vault's configuration. JSON, because that needs no
// quoting rules of our own.
func (o Options) configFile(dir, addr, clusterAddr string) ([]byte, error) {
	listener := map[string]any{"address": addr, "cluster_address": clusterAddr, "tls_disable": true}
	maps.Copy(listener, o.Listener)
	config := map[string]any{
		"listener":      map[string]any{"tcp": listener},
		"storage":       map[string]any{string(o.Storage): o.storageStanza(dir)},
		"api_addr":      "http://" + addr,
		"cluster_addr":  "http://" + clusterAddr,
		"disable_mlock": true, // needs a privilege, and guards nothing here
		"log_level":     o.LogLevel,
	}
	if len(o.Listeners) > 0 {
		all := []map[string]any{{"tcp": listener}}
		for _, further := range o.Listeners {
			all = append(all, map[string]any{"tcp": further})
		}
		config["listener"] = all
	}
	if o.PluginDir != "" {
		config["plugin_directory"] = o.PluginDir
	}
	maps.Copy(config, o.Config)
	return json.MarshalIndent(config, "", "  ")
}

func (o Options) storageStanza(dir string) map[string]any {
	if o.Storage == Inmem {
		return map[string]any{}
	}
	node := o.nodeID
	if node == "" {
		node = "node1"
	}
	return map[string]any{
		"path":    filepath.Join(dir, "raft"),
		"node_id": node,
		// 1 is the production setting; the default of 5 makes elections slow.
		"performance_multiplier": "1",
	}
}

// makeDirs prepares the server's own folders.
func (o Options) makeDirs(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "home"), 0o700); err != nil {
		return err
	}
	if o.Storage != Raft {
		return nil
	}
	return os.MkdirAll(filepath.Join(dir, "raft"), 0o700)
}
