// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Command emptyplugin is an external auth plugin that verifies nothing: each
// login gets the same constant answer. What it costs is what Vault and the
// plugin protocol cost, so it is the floor that a real plugin can be held to.
//
// It is written as plainly as a plugin can be, and without anything that would
// make it slower: no role is resolved, no metadata returned. With the argument
// "operations" its path is declared by path.Operations, as most plugins do
// today, for which the framework asks Vault for its replication state before
// each login; without, by path.Callbacks, which spares that call.
//
// Never mount it in a Vault that guards anything.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/plugin"
)

func main() {
	backend := factory(slices.Contains(os.Args[1:], "operations"))
	if err := plugin.ServeMultiplex(&plugin.ServeOpts{BackendFactoryFunc: backend}); err != nil {
		fmt.Fprintf(os.Stderr, "emptyplugin: %v\n", err)
		os.Exit(1)
	}
}

func factory(operations bool) logical.Factory {
	return func(ctx context.Context, config *logical.BackendConfig) (logical.Backend, error) {
		b := &framework.Backend{
			BackendType:  logical.TypeCredential,
			PathsSpecial: &logical.Paths{Unauthenticated: []string{"login"}},
			Paths:        []*framework.Path{loginPath(operations)},
		}
		return b, b.Setup(ctx, config)
	}
}

func loginPath(operations bool) *framework.Path {
	path := &framework.Path{
		Pattern: "login$",
		Fields: map[string]*framework.FieldSchema{
			"role": {Type: framework.TypeString},
			"jwt":  {Type: framework.TypeString},
		},
	}
	if operations {
		path.Operations = map[logical.Operation]framework.OperationHandler{
			logical.UpdateOperation: &framework.PathOperation{Callback: login},
		}
	} else {
		path.Callbacks = map[logical.Operation]framework.OperationFunc{logical.UpdateOperation: login}
	}
	return path
}

// login answers a constant. The role chooses nothing but the kind of token.
func login(_ context.Context, _ *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	auth := &logical.Auth{
		Policies:     []string{"deploy"},
		DisplayName:  "anybody",
		Alias:        &logical.Alias{Name: "anybody"},
		LeaseOptions: logical.LeaseOptions{TTL: time.Hour, Renewable: true},
	}
	if d.Get("role") == "batch" {
		auth.TokenType = logical.TokenTypeBatch
	}
	return &logical.Response{Auth: auth}, nil
}
