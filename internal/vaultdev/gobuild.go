// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// buildSpec is one run of "go build".
type buildSpec struct {
	moduleDir string
	pkg       string
	out       string
	flags     []string
	output    *buildOutput
}

// goBuild compiles one command, statically and without paths of this machine
// in it. On failure the error carries the end of the compiler's output.
func goBuild(ctx context.Context, spec buildSpec) error {
	args := append([]string{"build", "-trimpath", "-buildvcs=false"}, spec.flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "-o", spec.out, spec.pkg)...)
	cmd.Dir = spec.moduleDir
	// A go.work above the clone must not change which versions are built.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	cmd.Stdout, cmd.Stderr = spec.output, spec.output
	// On an interrupt the go tool stops its compilers and tidies up.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go build %s in %s: %w\n%s", spec.pkg, spec.moduleDir, err, spec.output.tail())
	}
	return nil
}
