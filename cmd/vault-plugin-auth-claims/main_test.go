// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be the plugin: what happens by hand is part of
// the program's surface.
func TestMain(m *testing.M) {
	if os.Getenv("CLAIMS_RUN_MAIN") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

func run(t *testing.T, args ...string) (string, int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = []string{"CLAIMS_RUN_MAIN=1"}
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

func TestByHand(t *testing.T) {
	t.Parallel()
	out, code := run(t, "-version")
	require.Equal(t, 0, code)
	require.Equal(t, version+"\n", out)

	for _, args := range [][]string{nil, {"-share-process"}} {
		out, code = run(t, args...)
		require.Equal(t, 1, code)
		require.Contains(t, out, "This binary is a plugin")
	}

	out, code = run(t, "-other")
	require.Equal(t, 2, code)
	require.Contains(t, out, "flag provided but not defined: -other")
}
