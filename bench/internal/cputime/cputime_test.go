// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package cputime_test

import (
	"crypto/sha256"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/cputime"
)

// Both readings of this process agree, and grow by about what it works.
func TestReadingsAgree(t *testing.T) {
	self := cputime.Self()
	outside, err := cputime.Of(os.Getpid())
	require.NoError(t, err)
	if outside == 0 {
		t.Skip("this system does not tell the CPU time of other processes")
	}
	for cputime.Self()-self < 300*time.Millisecond {
		sha256.Sum256(make([]byte, 1<<16))
	}
	after, err := cputime.Of(os.Getpid())
	require.NoError(t, err)
	require.InDelta(t, float64(cputime.Self()-self), float64(after-outside), float64(100*time.Millisecond))
}
