// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeVault writes a script that answers "vault version" with the given line
// and anything else with the given shell commands.
func fakeVault(t *testing.T, path, version string, otherwise ...string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	script := "#!/bin/sh\nif [ \"$1\" = version ]; then echo '" + version + "'; exit 0; fi\n" + strings.Join(otherwise, "\n") + "\n"
	require.NoError(t, os.WriteFile(path, []byte(script), 0o755))
	return path
}

// emptyMachine hides every vault of the machine that runs the test.
func emptyMachine(t *testing.T) (pathDir, cached string) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, ".cache"))
	t.Setenv(EnvVaultBin, "")
	pathDir = filepath.Join(home, "bin")
	t.Setenv("PATH", pathDir)
	cached, err := cachePath()
	require.NoError(t, err)
	return pathDir, cached
}

func TestLocateOrder(t *testing.T) {
	pathDir, cached := emptyMachine(t)
	_, err := Locate(t.Context())
	require.ErrorIs(t, err, ErrNoVault)
	require.ErrorContains(t, err, "make vault")

	fakeVault(t, cached, "Vault v1.21.0, built today")
	got, err := Locate(t.Context())
	require.NoError(t, err)
	require.Equal(t, cached, got)

	onPath := fakeVault(t, filepath.Join(pathDir, "vault"), "Vault v1.21.0")
	got, err = Locate(t.Context())
	require.NoError(t, err)
	require.Equal(t, onPath, got)

	chosen := fakeVault(t, filepath.Join(t.TempDir(), "mine"), "Vault v1.22.0")
	t.Setenv(EnvVaultBin, chosen)
	got, err = Locate(t.Context())
	require.NoError(t, err)
	require.Equal(t, chosen, got)
}

func TestLocatePassesOverWhatDoesNotWork(t *testing.T) {
	for name, version := range map[string]string{
		"enterprise needs a licence": "Vault v1.21.0+ent",
		"another program":            "vault 3.2, the game",
	} {
		t.Run(name, func(t *testing.T) {
			pathDir, cached := emptyMachine(t)
			fakeVault(t, filepath.Join(pathDir, "vault"), version)
			_, err := Locate(t.Context())
			require.ErrorIs(t, err, ErrNoVault)

			fakeVault(t, cached, "Vault v1.21.0")
			got, err := Locate(t.Context())
			require.NoError(t, err)
			require.Equal(t, cached, got)
		})
	}
}

func TestLocateInsistsOnVaultBin(t *testing.T) {
	_, cached := emptyMachine(t)
	fakeVault(t, cached, "Vault v1.21.0")
	t.Setenv(EnvVaultBin, filepath.Join(t.TempDir(), "absent"))
	_, err := Locate(t.Context())
	require.ErrorContains(t, err, EnvVaultBin)
	require.NotErrorIs(t, err, ErrNoVault, "a chosen binary that is broken must not be replaced by a build")
}

func TestFindVaultUsesWhatIsThere(t *testing.T) {
	_, cached := emptyMachine(t)
	fakeVault(t, cached, "Vault v1.21.0")
	got, err := FindVault(t.Context(), func(line string) { t.Errorf("unexpected progress: %s", line) })
	require.NoError(t, err)
	require.Equal(t, cached, got)
}

func TestVersionIsTheOnePinned(t *testing.T) {
	root, err := ModuleRoot()
	require.NoError(t, err)
	gomod, err := os.ReadFile(filepath.Join(root, "tools", "vault", "go.mod"))
	require.NoError(t, err)
	require.Contains(t, string(gomod), "\tgithub.com/hashicorp/vault v"+VaultVersion+" ")
}
