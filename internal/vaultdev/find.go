// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// VaultVersion is the Vault release that module tools/vault pins.
const VaultVersion = "1.21.0"

// EnvVaultBin names the environment variable that chooses a vault binary.
const EnvVaultBin = "VAULT_BIN"

// ErrNoVault is returned by [Locate] when this machine has no vault binary yet.
var ErrNoVault = errors.New("no vault binary: run `make vault` (builds Vault " + VaultVersion +
	" once, 5 to 15 minutes), or set " + EnvVaultBin + " to a vault binary")

// FindVault returns the path of a working vault binary and builds one when
// [Locate] finds none. Progress goes to log, a line at a time; a build says
// something at least every 20 seconds.
func FindVault(ctx context.Context, log func(string)) (string, error) {
	path, err := Locate(ctx)
	if !errors.Is(err, ErrNoVault) {
		return path, err
	}
	return buildVault(ctx, log)
}

// Locate returns the path of a working vault binary without building one. It
// looks at VAULT_BIN, then on the PATH, then for the binary that an earlier
// build left in the user's cache folder.
//
// A VAULT_BIN that does not work is an error, not a reason to look further:
// whoever set it wants that binary and no other.
func Locate(ctx context.Context) (string, error) {
	if path := os.Getenv(EnvVaultBin); path != "" {
		if err := usable(ctx, path); err != nil {
			return "", fmt.Errorf("%s: %w", EnvVaultBin, err)
		}
		return filepath.Abs(path)
	}
	if path, err := exec.LookPath("vault"); err == nil && usable(ctx, path) == nil {
		return filepath.Abs(path)
	}
	cached, err := cachePath()
	if err != nil {
		return "", err
	}
	if usable(ctx, cached) == nil {
		return cached, nil
	}
	return "", ErrNoVault
}

// cachePath says where a built Vault is kept. The version and the platform are
// in the name, so that a newer pin builds anew instead of reusing an old binary.
func cachePath() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder for the vault binary (set HOME, or %s to a vault binary): %w", EnvVaultBin, err)
	}
	name := fmt.Sprintf("vault-%s-%s-%s", VaultVersion, runtime.GOOS, runtime.GOARCH)
	return filepath.Join(dir, "vault-plugin-auth-claims", name), nil
}

// usable runs "vault version". An Enterprise binary does not count: it would
// stop at once for want of a licence.
func usable(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "version").Output()
	if err != nil {
		return fmt.Errorf("cannot run `%s version`: %w", path, err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	if !strings.HasPrefix(line, "Vault v") || strings.Contains(line, "+ent") {
		return fmt.Errorf("`%s version` says %q: want a Vault community build", path, line)
	}
	return nil
}
