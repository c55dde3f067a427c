// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCluster(t *testing.T) {
	c := ClusterForTest(t, 3, Options{})
	before, err := c.Leader(t.Context())
	require.NoError(t, err)
	_, err = before.Client().Logical().WriteWithContext(t.Context(), "sys/policy/p", map[string]any{"policy": `path "x" { capabilities = ["read"] }`})
	require.NoError(t, err)
	after, err := c.StepDown(t.Context())
	require.NoError(t, err)
	policy, err := after.Client().Sys().GetPolicyWithContext(t.Context(), "p")
	require.NoError(t, err)
	require.NotEmpty(t, policy)
	require.Eventually(t, func() bool {
		status, err := c.Nodes[2].Client().Sys().HAStatusWithContext(t.Context())
		return err == nil && len(status.Nodes) == 3
	}, 30*time.Second, 100*time.Millisecond)
}
