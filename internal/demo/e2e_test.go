// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package demo

import (
	"bytes"
	"context"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

var demoDir = regexp.MustCompile(`\S*/vault-claims-demo-\d+`)

func TestDemo(t *testing.T) {
	t.Setenv(vaultdev.EnvVaultBin, vaultdev.Require(t))
	var shown bytes.Buffer
	require.NoError(t, run(t.Context(), &screen{w: &shown}, Options{}), "%s", &shown)
	require.Contains(t, shown.String(), "All 16 steps had the expected outcome.")
	require.NotRegexp(t, `eyJ[\w-]+\.[\w-]+\.`, shown.String(), "a whole JWT was shown")
	require.NotRegexp(t, `hvs\.[\w-]{20}`, shown.String(), "a whole Vault token was shown")
	require.NoDirExists(t, demoDir.FindString(shown.String()))
}

// interrupter plays the person who reads to the end and presses Ctrl-C.
type interrupter struct {
	bytes.Buffer
	interrupt func()
}

func (i *interrupter) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("Press Ctrl-C")) {
		i.interrupt()
	}
	return i.Buffer.Write(p)
}

func TestDemoKeepsRunningUntilInterrupted(t *testing.T) {
	t.Setenv(vaultdev.EnvVaultBin, vaultdev.Require(t))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	shown := &interrupter{interrupt: cancel}
	require.NoError(t, run(ctx, &screen{w: shown}, Options{Keep: true}), "%s", &shown.Buffer)
	require.Regexp(t, `export VAULT_ADDR=http://127\.0\.0\.1:\d+`, shown.String())
	require.Contains(t, shown.String(), "Stopping.")
	require.NoDirExists(t, demoDir.FindString(shown.String()))
}
