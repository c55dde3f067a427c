// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

const peerModule = "github.com/hashicorp/vault-plugin-auth-jwt"

// peerName is what vault-plugin-auth-jwt is called, with its version.
func peerName() string { return "vault-plugin-auth-jwt " + moduleVersion(peerModule) }

// moduleVersion is the version of a module that this program is built with.
func moduleVersion(module string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown version)"
	}
	for _, dep := range info.Deps {
		if dep.Path == module {
			return dep.Version
		}
	}
	return "(unknown version)"
}

// describe prints what one must know to compare the numbers with others.
func describe(ctx context.Context, w io.Writer, s settings) error {
	fmt.Fprintf(w, "%s, %s/%s, %d cores, %s, load %s\n", time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), cpuModel(), loadAverage())
	fmt.Fprintf(w, "%s, vault/sdk %s, grpc %s, this project at %s\n", runtime.Version(),
		moduleVersion("github.com/hashicorp/vault/sdk"), moduleVersion("google.golang.org/grpc"), revision(ctx))
	if s.vault {
		path, err := vaultdev.FindVault(ctx, func(line string) { fmt.Fprintln(os.Stderr, line) })
		if err != nil {
			return err
		}
		version, err := exec.CommandContext(ctx, path, "version").Output()
		if err != nil {
			return fmt.Errorf("%s version: %w", path, err)
		}
		fmt.Fprintf(w, "%s\n", strings.TrimSpace(string(version)))
	}
	fmt.Fprintln(w)
	return nil
}

func cpuModel() string {
	info, _ := os.ReadFile("/proc/cpuinfo") // Linux only
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}

// loadAverage tells what else the machine had to do in the minute before.
func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg") // Linux only
	first, _, _ := strings.Cut(string(text), " ")
	if first == "" {
		return "unknown"
	}
	return first
}

func revision(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "an unknown revision"
	}
	return strings.TrimSpace(string(out))
}
