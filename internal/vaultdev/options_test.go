// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func render(t *testing.T, opts Options) map[string]any {
	t.Helper()
	resolved, err := opts.resolve()
	require.NoError(t, err)
	raw, err := resolved.configFile("/data", "127.0.0.1:1", "127.0.0.1:2")
	require.NoError(t, err)
	var config map[string]any
	require.NoError(t, json.Unmarshal(raw, &config))
	return config
}

func TestConfigFileDefaults(t *testing.T) {
	require.Equal(t, map[string]any{
		"listener":      map[string]any{"tcp": map[string]any{"address": "127.0.0.1:1", "cluster_address": "127.0.0.1:2", "tls_disable": true}},
		"storage":       map[string]any{"inmem": map[string]any{}},
		"api_addr":      "http://127.0.0.1:1",
		"cluster_addr":  "http://127.0.0.1:2",
		"disable_mlock": true,
		"log_level":     "info",
	}, render(t, Options{}))
}

func TestConfigFileChoices(t *testing.T) {
	plugins := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(plugins, link))
	real, err := filepath.EvalSymlinks(plugins)
	require.NoError(t, err)

	config := render(t, Options{
		Storage:   Raft,
		PluginDir: link,
		LogLevel:  "trace",
		Listener:  map[string]any{"max_request_duration": "5s"},
		Config:    map[string]any{"raw_storage_endpoint": true},
	})
	require.Equal(t, real, config["plugin_directory"], "Vault refuses a link as its plugin directory")
	require.Equal(t, "trace", config["log_level"])
	require.Equal(t, true, config["raw_storage_endpoint"])
	require.Equal(t, "5s", config["listener"].(map[string]any)["tcp"].(map[string]any)["max_request_duration"])
	require.Equal(t, "/data/raft", config["storage"].(map[string]any)["raft"].(map[string]any)["path"])
}

func TestOptionsRefused(t *testing.T) {
	_, err := Options{Storage: "paper"}.resolve()
	require.ErrorContains(t, err, `unknown storage "paper"`)
	_, err = Options{PluginDir: filepath.Join(t.TempDir(), "absent")}.resolve()
	require.ErrorContains(t, err, "plugin directory")
}
