// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func countLines(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.Count(string(text), "\n")
}

func TestServerLifecycle(t *testing.T) {
	vault := Require(t)
	for _, storage := range []Storage{Inmem, Raft} {
		t.Run(string(storage), func(t *testing.T) {
			server := ForTest(t, Options{Vault: vault, Storage: storage})
			_, err := server.CLI(t.Context(), "secrets", "enable", "-path=kv", "kv-v2")
			require.NoError(t, err)
			_, err = server.CLI(t.Context(), "kv", "put", "-mount=kv", "greeting", "text=hello")
			require.NoError(t, err)
			require.Equal(t, "hello", readGreeting(t, server))
			if storage == Raft {
				first := server.PID()
				require.NoError(t, server.Restart(t.Context()))
				require.NotEqual(t, first, server.PID())
				require.Equal(t, "hello", readGreeting(t, server))
			}
			require.NoError(t, server.Close())
			<-server.Done()
			require.NoDirExists(t, server.dir)
			require.NoError(t, server.Close(), "closing twice")
		})
	}
}

func readGreeting(t *testing.T, server *Server) string {
	t.Helper()
	secret, err := server.Client().KVv2("kv").Get(t.Context(), "greeting")
	require.NoError(t, err)
	return secret.Data["text"].(string)
}

func TestBuiltinMount(t *testing.T) {
	server := ForTest(t, Options{})
	require.NoError(t, server.EnableBuiltin(t.Context(), "there", "userpass", MountTokenType("batch")))
	mounts, err := server.Client().Sys().ListAuthWithContext(t.Context())
	require.NoError(t, err)
	require.Equal(t, "userpass", mounts["there/"].Type)
	require.Equal(t, "batch", mounts["there/"].Config.TokenType)
	require.ErrorContains(t, server.EnableBuiltin(t.Context(), "there", "userpass"), "auth/there")
}

func TestPluginLifecycle(t *testing.T) {
	vault, dir := Require(t), t.TempDir()
	old, err := BuildPlugin(t.Context(), dir, "v0.0.1")
	require.NoError(t, err)
	next, err := BuildPlugin(t.Context(), dir, "v0.0.2")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "vault-plugin-auth-claims_0.0.2"), next.Path)

	server := ForTest(t, Options{Vault: vault, PluginDir: dir})
	for _, plugin := range []Plugin{old, next} {
		require.NoError(t, server.RegisterPlugin(t.Context(), PluginName, plugin))
	}
	require.NoError(t, server.EnableAuth(t.Context(), "claims", PluginName, old.Version, MountOption("k", "v")))
	requireRunning(t, server, old)

	require.NoError(t, server.TuneVersion(t.Context(), "claims", next.Version))
	require.NoError(t, server.ReloadMounts(t.Context(), "claims"))
	requireRunning(t, server, next)

	pids, err := server.PluginPIDs()
	require.NoError(t, err)
	require.Len(t, pids, 1)
	require.NoError(t, server.Close())
	require.ErrorIs(t, syscall.Kill(pids[0], 0), syscall.ESRCH, "the plugin outlived Vault")
}

func requireRunning(t *testing.T, server *Server, plugin Plugin) {
	t.Helper()
	mounts, err := server.Client().Sys().ListAuthWithContext(t.Context())
	require.NoError(t, err)
	require.Equal(t, plugin.Version, mounts["claims/"].RunningVersion)
	require.Equal(t, plugin.SHA256, mounts["claims/"].RunningSha256)
}

func TestWrongSumIsRefused(t *testing.T) {
	vault, dir := Require(t), t.TempDir()
	plugin, err := BuildPlugin(t.Context(), dir, "v0.0.1")
	require.NoError(t, err)
	server := ForTest(t, Options{Vault: vault, PluginDir: dir})
	plugin.SHA256 = strings.Repeat("0", 64)
	require.NoError(t, server.RegisterPlugin(t.Context(), PluginName, plugin))
	require.ErrorContains(t, server.EnableAuth(t.Context(), "claims", PluginName, plugin.Version), "checksums did not match")
}
