// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !linux

package vaultdev

import (
	"bytes"
	"fmt"
	"os/exec"
)

// children asks ps(1), whose options used here are POSIX.
func children(parent int) ([]int, error) {
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	var pids []int
	for line := range bytes.Lines(out) {
		var pid, ppid int
		if _, err := fmt.Sscan(string(line), &pid, &ppid); err == nil && ppid == parent {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
