// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/fakevault"
	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/rollout"
	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

// bench is a fake Vault with a new binary to try.
type bench struct {
	*fakevault.Server
	binary string
	dir    string // plugin directory
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{Server: fakevault.Start(t), dir: t.TempDir(), binary: filepath.Join(t.TempDir(), "plugin")}
	b.Dir = b.dir
	require.NoError(t, os.WriteFile(b.binary, fakevault.Program(), 0o644))
	return b
}

func (b *bench) rollout(t *testing.T) *rollout.Rollout { return b.rolloutOf(t, "ci", false) }

func (b *bench) rolloutOf(t *testing.T, mount string, dryRun bool) *rollout.Rollout {
	t.Helper()
	config := api.DefaultConfig()
	config.Address, config.MaxRetries = b.URL, 0
	client, err := api.NewClient(config)
	require.NoError(t, err)
	client.SetToken("root")
	v, err := vault.New(client)
	require.NoError(t, err)
	return rollout.Start(v, mount, dryRun, nil)
}

func (b *bench) options() rollout.NewOptions {
	return rollout.NewOptions{Binary: b.binary, Version: "v0.2.0", Mirror: rollout.Mirror{Address: b.URL, SampleRate: 1}}
}

// staged has v0.2.0 on trial, with a report of so many logins.
func staged(t *testing.T, seen int) *bench {
	t.Helper()
	b := newBench(t)
	require.NoError(t, b.rollout(t).New(t.Context(), b.options()))
	b.Mounts["ci"].Data["shadow/report"] = fakevault.Object{"seen": seen, "agreed": seen, "mirrored": seen, "dropped": 0, "errors": 0, "grants_more": 0}
	b.Changes = nil
	return b
}

// states are the steps of a rollout, as "name: state".
func states(r *rollout.Rollout) string {
	var lines []string
	for _, step := range r.Steps() {
		lines = append(lines, step.Name+": "+string(step.State))
	}
	return strings.Join(lines, "\n")
}

func requireRefused(t *testing.T, err error, text string) {
	t.Helper()
	var refusal *rollout.Refusal
	require.ErrorAs(t, err, &refusal)
	require.ErrorContains(t, err, text)
}
