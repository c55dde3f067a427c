// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// folder returns the folder of the public vectors, or skips the test.
func folder(t testing.TB) string {
	t.Helper()
	root := os.Getenv("CLAIMS_VECTORS")
	if root == "" {
		t.Skip("set CLAIMS_VECTORS to a folder with the public test vectors; the package comment says which and where from")
	}
	return root
}

// load reads a JSON file of the public vectors, or skips the test.
func load(t testing.TB, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder(t), filepath.FromSlash(path)))
	if os.IsNotExist(err) {
		t.Skipf("%s is not in CLAIMS_VECTORS; the package comment says where it is from", path)
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into), path)
}

// glob lists files of the public vectors, relative to their folder.
func glob(t testing.TB, pattern string) []string {
	t.Helper()
	root := folder(t)
	found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
	require.NoError(t, err)
	if len(found) == 0 {
		t.Skipf("nothing in CLAIMS_VECTORS matches %s; the package comment says where it is from", pattern)
	}
	for i, path := range found {
		found[i], err = filepath.Rel(root, path)
		require.NoError(t, err)
	}
	return found
}
