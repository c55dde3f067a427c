// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !unix

package cputime

import "time"

var start = time.Now()

// Self returns the wall time since the start: this system does not tell the
// CPU time the same way.
func Self() time.Duration { return time.Since(start) }
