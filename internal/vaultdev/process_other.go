// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !linux

package vaultdev

import "os/exec"

func tieToParent(*exec.Cmd) {}

func killWithChildren(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // fails only if it is gone
}
