// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package cputime

import (
	"syscall"
	"time"
)

// Self returns the CPU time of this process, in user and in system mode, of
// all its threads.
func Self() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // the arguments are constant and right
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
