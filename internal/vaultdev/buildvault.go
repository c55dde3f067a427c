// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// heartbeat is how often a running build reports; terminals and CI systems
// that see no output for long tend to give up.
const heartbeat = 15 * time.Second

// vaultBuildDate is the day Vault v1.21.0 was tagged. Without it Vault makes up
// a build date at every start.
const vaultBuildDate = "2025-10-22T00:00:00Z"

// buildVault compiles the Vault that module tools/vault pins into the user's
// cache folder. The binary appears under its final name only when it is
// complete, so two builds at once are wasteful but harmless.
func buildVault(ctx context.Context, log func(string)) (string, error) {
	root, err := ModuleRoot()
	if err != nil {
		return "", fmt.Errorf("building Vault: %w", err)
	}
	target, err := cachePath()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return "", fmt.Errorf("building Vault: %w", err)
	}
	partial := fmt.Sprintf("%s.%d.partial", target, os.Getpid())
	defer os.Remove(partial)

	log("building Vault " + VaultVersion + " (about 5 minutes on a fast machine, 15 on a slow one; once per machine)…")
	start, seen := time.Now(), &buildOutput{}
	stop := every(heartbeat, func() {
		log(fmt.Sprintf("building Vault: %s so far, %s", time.Since(start).Round(time.Second), seen.progress()))
	})
	err = goBuild(ctx, buildSpec{
		moduleDir: filepath.Join(root, "tools", "vault"),
		pkg:       "github.com/hashicorp/vault",
		out:       partial,
		flags: []string{
			"-v", // a line per package: what progress counts
			"-tags", "minimal",
			"-ldflags", "-s -w -X github.com/hashicorp/vault/version.BuildDate=" + vaultBuildDate,
		},
		output: seen,
	})
	stop()
	if err != nil {
		return "", fmt.Errorf("building Vault %s: %w", VaultVersion, err)
	}
	if err := usable(ctx, partial); err != nil {
		return "", fmt.Errorf("the Vault just built does not run: %w", err)
	}
	if err := os.Rename(partial, target); err != nil {
		return "", fmt.Errorf("building Vault: %w", err)
	}
	log(fmt.Sprintf("built Vault %s in %s: %s", VaultVersion, time.Since(start).Round(time.Second), target))
	return target, nil
}

// every calls f each interval on a goroutine of its own until the returned
// function is called; that function waits until the goroutine is gone.
func every(interval time.Duration, f func()) (stop func()) {
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				f()
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-gone
	}
}
