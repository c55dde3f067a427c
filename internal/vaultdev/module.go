// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// modulePath is the product's module; bench/ and tools/vault lie below its root.
const modulePath = "github.com/vault-claims/vault-plugin-auth-claims"

// ModuleRoot returns the folder of the product's go.mod, looked for from the
// working directory upwards, so that it works from any package of the module
// and from the nested modules as well.
func ModuleRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the module root: %w", err)
	}
	return moduleRootFrom(start)
}

func moduleRootFrom(start string) (string, error) {
	for dir := start; ; dir = filepath.Dir(dir) {
		name, err := moduleName(filepath.Join(dir, "go.mod"))
		if err != nil {
			return "", fmt.Errorf("finding the module root: %w", err)
		}
		if name == modulePath {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("finding the module root: neither %s nor a folder above it holds the go.mod of %s; "+
				"run this inside a clone of the repository", start, modulePath)
		}
	}
}

// moduleName returns the module path that a go.mod declares, empty when there
// is no such file.
func moduleName(gomod string) (string, error) {
	f, err := os.Open(gomod)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if name, found := strings.CutPrefix(lines.Text(), "module "); found {
			return strings.TrimSpace(name), nil
		}
	}
	return "", lines.Err()
}
