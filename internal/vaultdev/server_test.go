// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStartExplainsAVaultThatEnds(t *testing.T) {
	vault := fakeVault(t, filepath.Join(t.TempDir(), "vault"), "Vault v1.21.0", "echo the cause; exit 3")
	_, err := Start(t.Context(), Options{Vault: vault})
	require.ErrorContains(t, err, "exit status 3")
	require.ErrorContains(t, err, "the cause", "the end of the log is not in the error")
}

func TestStartTriesAnotherPort(t *testing.T) {
	dir := t.TempDir()
	vault := fakeVault(t, filepath.Join(t.TempDir(), "vault"), "Vault v1.21.0",
		`echo run >> "`+dir+`/runs"; echo "bind: address already in use"; exit 1`)
	_, err := Start(t.Context(), Options{Vault: vault, Dir: dir})
	require.ErrorIs(t, err, errPortTaken)
	require.Equal(t, bindAttempts, countLines(t, filepath.Join(dir, "runs")))
}

func TestRestartNeedsStorageThatLasts(t *testing.T) {
	err := (&Server{opts: Options{Storage: Inmem}}).Restart(t.Context())
	require.ErrorContains(t, err, `storage "inmem" does not outlive the process`)
}

func TestReloadMountsNeedsMounts(t *testing.T) {
	require.ErrorContains(t, (&Server{}).ReloadMounts(t.Context()), "none given")
}

func TestCLIErrorKeepsArgumentsOut(t *testing.T) {
	vault := fakeVault(t, filepath.Join(t.TempDir(), "vault"), "Vault v1.21.0", "echo some; echo no such role >&2; exit 2")
	server := &Server{opts: Options{Vault: vault}, dir: t.TempDir()}
	out, err := server.CLI(t.Context(), "write", "-format=json", "auth/ci/login", "jwt=SECRET")
	require.Equal(t, "some\n", out)
	require.EqualError(t, err, "`vault write -format=json auth/ci/login` exited with status 2: no such role")
	var exit *CLIError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 2, exit.ExitCode)
}

func TestCLIEnvironment(t *testing.T) {
	t.Setenv("VAULT_NAMESPACE", "elsewhere")
	vault := fakeVault(t, filepath.Join(t.TempDir(), "vault"), "Vault v1.21.0", "env")
	server := &Server{Addr: "http://127.0.0.1:1", RootToken: "root", opts: Options{Vault: vault}, dir: t.TempDir()}

	out, err := server.CLI(t.Context(), "status")
	require.NoError(t, err)
	require.Contains(t, out, "VAULT_ADDR=http://127.0.0.1:1\n")
	require.Contains(t, out, "VAULT_TOKEN=root\n")
	require.NotContains(t, out, "elsewhere")

	out, err = server.CLIAs(t.Context(), "", "status")
	require.NoError(t, err)
	require.NotContains(t, out, "VAULT_TOKEN")
}

func TestLastLines(t *testing.T) {
	require.Equal(t, "b\nc", lastLines("a\nb\nc\n", 2))
	require.Equal(t, "a", lastLines("a\n", 2))
}
