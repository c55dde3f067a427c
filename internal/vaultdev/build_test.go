// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// writeModule makes a small module of one command.
func writeModule(t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.test/tiny\n\ngo 1.26.0\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o644))
	return dir
}

func TestBuildBinary(t *testing.T) {
	dir := writeModule(t, "package main\n\nvar version string\n\nfunc main() { print(version) }\n")
	plugin, err := BuildBinary(t.Context(), dir, ".", filepath.Join(dir, "tiny"), "-ldflags", "-X main.version=v9.8.7")
	require.NoError(t, err)

	binary, err := os.ReadFile(plugin.Path)
	require.NoError(t, err)
	sum := sha256.Sum256(binary)
	require.Equal(t, hex.EncodeToString(sum[:]), plugin.SHA256)
	require.NotContains(t, string(binary), dir, "a path of this machine is in the binary")

	out, err := exec.Command(plugin.Path).CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, "v9.8.7", string(out))
}

func TestBuildBinaryReportsTheCompiler(t *testing.T) {
	dir := writeModule(t, "package main\n\nfunc main() { nonsense() }\n")
	_, err := BuildBinary(t.Context(), dir, ".", filepath.Join(dir, "tiny"))
	require.ErrorContains(t, err, "undefined: nonsense")
}

func TestBuildOutput(t *testing.T) {
	var out buildOutput
	write := func(text string) {
		n, err := out.Write([]byte(text))
		require.NoError(t, err)
		require.Equal(t, len(text), n)
	}
	write("go: downloading example.test/a v1.0.0\ngo: downlo")
	write("ading example.test/b v1.0.0\n")
	require.Equal(t, "2 modules downloaded, 0 packages compiled", out.progress())
	write("internal/abi\nexample.test/a\n# example.test/a\na.go:1:1: bad\nno newline")
	require.Equal(t, "2 modules downloaded, 2 packages compiled", out.progress())
	require.Contains(t, out.tail(), "a.go:1:1: bad\nno newline")
	for range 2 * keptLines {
		write("more\n")
	}
	require.NotContains(t, out.tail(), "bad")
}

func TestModuleRoot(t *testing.T) {
	root, err := ModuleRoot()
	require.NoError(t, err)
	for _, from := range []string{".", "internal/vaultdev", "tools/vault"} {
		got, err := moduleRootFrom(filepath.Join(root, from))
		require.NoError(t, err)
		require.Equal(t, root, got, "from %s", from)
	}
	_, err = moduleRootFrom(t.TempDir())
	require.ErrorContains(t, err, "inside a clone")
}

func TestEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		beats := 0
		stop := every(time.Second, func() { beats++ })
		time.Sleep(3500 * time.Millisecond) // of the test's own clock
		stop()
		require.Equal(t, 3, beats)
		time.Sleep(10 * time.Second)
		require.Equal(t, 3, beats, "it went on after stop")
	})
}
