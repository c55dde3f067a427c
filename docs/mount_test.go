// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	claimsauth "github.com/vault-claims/vault-plugin-auth-claims"
)

// mount is the method, mounted in this process.
type mount struct {
	backend logical.Backend
	storage logical.Storage
}

func newMount(t *testing.T) *mount {
	t.Helper()
	storage := &logical.InmemStorage{}
	config := &logical.BackendConfig{Logger: hclog.NewNullLogger(), System: logical.TestSystemView(), StorageView: storage}
	backend, err := claimsauth.Factory("")(context.Background(), config)
	require.NoError(t, err)
	t.Cleanup(func() { backend.Cleanup(context.Background()) })
	return &mount{backend, storage}
}

func (m *mount) do(t *testing.T, operation logical.Operation, path string, data map[string]any) *logical.Response {
	t.Helper()
	resp, err := m.backend.HandleRequest(t.Context(), &logical.Request{
		Operation: operation, Path: path, Data: data, Storage: m.storage, Connection: &logical.Connection{RemoteAddr: "127.0.0.1"},
	})
	require.NoError(t, err)
	return resp
}

// write fails unless the method takes the data without an error or a warning.
func (m *mount) write(t *testing.T, path string, data map[string]any) {
	t.Helper()
	resp := m.do(t, logical.UpdateOperation, path, data)
	if resp == nil {
		return
	}
	require.NoError(t, resp.Error(), path)
	require.Empty(t, resp.Warnings, path)
}

// fields returns the names of the fields that a path takes, as the method
// itself describes them.
func (m *mount) fields(t *testing.T, path string) []string {
	t.Helper()
	resp := m.do(t, logical.HelpOperation, path, nil)
	document, err := json.Marshal(resp.Data["openapi"])
	require.NoError(t, err)
	var described struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	require.NoError(t, json.Unmarshal(document, &described))
	seen := map[string]bool{}
	var names []string
	for _, schema := range described.Components.Schemas {
		for name := range schema.Properties {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	require.NotEmpty(t, names, path)
	return names
}

func TestEveryFieldIsExplained(t *testing.T) {
	m, p := newMount(t), readPage(t, "configuration.md")
	for _, path := range []string{"config", "role/x", "login"} {
		for _, name := range m.fields(t, path) {
			require.Contains(t, p.prose, "`"+name+"`", "configuration.md on the field %s of %s", name, path)
		}
	}
}
