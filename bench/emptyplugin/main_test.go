// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

// countingView counts what would be a call from the plugin to Vault.
type countingView struct {
	logical.StaticSystemView
	replicationState atomic.Int64
}

func (v *countingView) ReplicationState() consts.ReplicationState {
	v.replicationState.Add(1)
	return consts.ReplicationUnknown
}

// The comparison is with the cheapest plugin there can be, so it matters which
// of the two styles asks Vault something at each login.
func TestOnlyPathOperationsAsksForTheReplicationState(t *testing.T) {
	for name, c := range map[string]struct {
		operations bool
		calls      int64
	}{"callbacks": {false, 0}, "operations": {true, 1}} {
		t.Run(name, func(t *testing.T) {
			view := &countingView{}
			b, err := factory(c.operations)(t.Context(), &logical.BackendConfig{System: view})
			require.NoError(t, err)
			resp, err := b.HandleRequest(t.Context(), loginRequest("service"))
			require.NoError(t, err)
			require.Equal(t, []string{"deploy"}, resp.Auth.Policies)
			require.Equal(t, c.calls, view.replicationState.Load())
		})
	}
}

func TestRoleChoosesTheKindOfToken(t *testing.T) {
	b, err := factory(false)(t.Context(), &logical.BackendConfig{System: &logical.StaticSystemView{}})
	require.NoError(t, err)
	for role, want := range map[string]logical.TokenType{"service": logical.TokenTypeDefault, "batch": logical.TokenTypeBatch} {
		resp, err := b.HandleRequest(t.Context(), loginRequest(role))
		require.NoError(t, err)
		require.Equal(t, want, resp.Auth.TokenType, role)
		require.Equal(t, time.Hour, resp.Auth.TTL)
		require.Equal(t, "anybody", resp.Auth.Alias.Name)
	}
}

func loginRequest(role string) *logical.Request {
	return &logical.Request{
		Operation: logical.UpdateOperation,
		Path:      "login",
		Data:      map[string]any{"role": role, "jwt": "a.b.c"},
		Storage:   &logical.InmemStorage{},
	}
}
