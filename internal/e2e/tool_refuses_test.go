// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// TestToolRefuses has a real Vault in states that a rollout must not begin in,
// or cannot go on from: a message of its own for each, and nothing changed.
func TestToolRefuses(t *testing.T) {
	r := need(t)
	u := startUpgrade(t, vaultdev.Options{})
	dir := u.server.PluginDir()
	file := filepath.Join(dir, filepath.Base(r.next.Path))
	try := func(text string, args ...string) {
		t.Helper()
		before := u.state(t)
		got := u.tool.try(t, append([]string{"plugin", "new", "-mount=live"}, args...)...)
		require.NotZero(t, got.code)
		require.Contains(t, got.stdout+got.stderr, text)
		require.Equal(t, before, u.state(t), text)
	}

	require.NoError(t, os.WriteFile(file, []byte("tampered with"), 0o755))
	try("is there already with other bytes", r.next.Path)
	try("checksums did not match", "-plugin-dir=none", r.next.Path)
	require.NoError(t, os.Remove(file))
	try("no such file or directory", "-plugin-dir=none", r.next.Path)

	root := u.tool.token
	require.NoError(t, u.server.Client().Sys().PutPolicyWithContext(t.Context(), "look", `path "*" { capabilities = ["read", "list"] }`))
	secret, err := u.server.Client().Auth().Token().CreateWithContext(t.Context(), &api.TokenCreateRequest{Policies: []string{"look"}})
	require.NoError(t, err)
	u.tool.token = secret.Auth.ClientToken
	try("the token may not do what this needs; it lacks", r.next.Path)
	u.tool.token = root

	try("there is no", "-namespace=team", "-mount=elsewhere", r.next.Path)

	pin := u.live.asRoot(t, "PUT", "sys/plugins/pins/auth/"+vaultdev.PluginName, object{"version": version})
	require.True(t, pin.ok(), "%s", pin.raw)
	try("is pinned to "+version, r.next.Path)
	unpinned, err := u.live.delete(t.Context(), "sys/plugins/pins/auth/"+vaultdev.PluginName)
	require.NoError(t, err)
	require.True(t, unpinned.ok(), "%s", unpinned.raw)

	u.unversioned(t)
	try("auth/unversioned has no plugin version", "-mount=unversioned", r.next.Path)
	require.NoError(t, u.server.EnableBuiltin(t.Context(), "builtin", "jwt"))
	try("vault-claims import", "-mount=builtin", r.next.Path)
}

// unversioned mounts a plugin without a version, as some did in old days.
func (u *upgrade) unversioned(t *testing.T) {
	t.Helper()
	// One that says no version of its own; else Vault takes that.
	root, err := vaultdev.ModuleRoot()
	require.NoError(t, err)
	plugin, err := vaultdev.BuildBinary(t.Context(), root, "./cmd/"+vaultdev.PluginName, filepath.Join(u.server.PluginDir(), "old"), "-ldflags=-X main.version=")
	require.NoError(t, err)
	body := object{"sha256": plugin.SHA256, "command": filepath.Base(plugin.Path)}
	registered := u.live.asRoot(t, "PUT", "sys/plugins/catalog/auth/old", body)
	require.True(t, registered.ok(), "%s", registered.raw)
	require.NoError(t, u.server.EnableAuth(t.Context(), "unversioned", "old", ""))
}

// state is all that a rollout could change: mounts, catalog, pins and files.
func (u *upgrade) state(t *testing.T) object {
	t.Helper()
	files, err := os.ReadDir(u.server.PluginDir())
	require.NoError(t, err)
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	return object{
		"mounts": u.live.asRoot(t, "GET", "sys/auth", nil).data(), "pins": u.live.asRoot(t, "GET", "sys/plugins/pins", nil).data(),
		"catalog": u.live.asRoot(t, "GET", "sys/plugins/catalog", nil).data()["detailed"], "files": names,
	}
}
