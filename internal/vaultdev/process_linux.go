// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"os/exec"
	"syscall"
)

// tieToParent puts the child into a process group of its own, so that Ctrl-C
// in a terminal reaches only this process, which then stops the child in
// order; and has the kernel ask the child to stop when this process dies.
// SIGTERM, because a Vault that is asked takes its plugins with it.
func tieToParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// killWithChildren kills the process group that tieToParent made: the child
// and the plugins it runs, and nothing else.
func killWithChildren(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // fails only if all are gone
}
