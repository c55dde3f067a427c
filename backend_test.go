// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// Vault also calls the factory with nothing, to learn the version.
func TestFactory(t *testing.T) {
	t.Parallel()
	storage := newSpyStorage()
	b, err := Factory("v1.2.3")(t.Context(), &logical.BackendConfig{StorageView: storage})
	require.NoError(t, err)
	require.Equal(t, logical.TypeCredential, b.Type())
	require.Equal(t, "v1.2.3", b.(logical.PluginVersioner).PluginVersion().Version)
	require.Zero(t, storage.reads.Load()+storage.writes.Load(), "it reads nothing")
	require.NoError(t, b.Initialize(t.Context(), &logical.InitializationRequest{Storage: storage}))
	b.Cleanup(t.Context())

	b, err = Factory("")(t.Context(), &logical.BackendConfig{})
	require.NoError(t, err)
	require.Empty(t, b.(logical.PluginVersioner).PluginVersion().Version)
	b.Cleanup(t.Context())
}

// What may be reached without a Vault token is exactly this.
func TestSpecialPaths(t *testing.T) {
	t.Parallel()
	special := newMount(t).backend.SpecialPaths()
	require.Equal(t, []string{"login", "oidc/auth_url", "oidc/callback"}, special.Unauthenticated)
	require.Equal(t, []string{"config", "issuer/"}, special.SealWrapStorage)
	require.Empty(t, special.Root)
}

// Each path explains itself: to `vault path-help`, to OpenAPI and the UI.
func TestHelp(t *testing.T) {
	t.Parallel()
	m := newMount(t)
	for _, path := range []string{"", "config", "role/x", "role/", "login", "oidc/auth_url", "oidc/callback"} {
		require.NotEmpty(t, m.send(logical.HelpOperation, path, nil).Data["help"], path)
	}
	for _, path := range m.backend.Paths {
		require.NotEmpty(t, path.HelpSynopsis, path.Pattern)
		for name, field := range path.Fields {
			require.NotEmpty(t, field.Description, "%s %s", path.Pattern, name)
		}
		for op, handler := range path.Operations {
			require.NotEmpty(t, handler.Properties().Summary, "%s %s", path.Pattern, op)
		}
	}
}

// Generated clients and Vault's UI call operations by these names.
func TestOperationNames(t *testing.T) {
	t.Parallel()
	want := map[string][3]string{
		"login$": {"jwt", "login", ""}, "role/?": {"jwt", "list", "roles"}, "config": {"jwt", "", ""},
		"oidc/auth_url": {"jwt-oidc", "request", "authorization-url"}, "oidc/callback": {"jwt-oidc", "callback", ""},
	}
	for _, path := range newMount(t).backend.Paths {
		if names, listed := want[path.Pattern]; listed {
			require.Equal(t, names, [3]string{path.DisplayAttrs.OperationPrefix, path.DisplayAttrs.OperationVerb, path.DisplayAttrs.OperationSuffix})
			delete(want, path.Pattern)
		}
	}
	require.Empty(t, want)
}

// An OpenAPI document in which two operations have one ID is not valid.
func TestOperationIDsAreUnique(t *testing.T) {
	t.Parallel()
	doc := newMount(t).send(logical.HelpOperation, "", nil).Data["openapi"].(*framework.OASDocument)
	seen := map[string]string{}
	for path, item := range doc.Paths {
		for method, op := range map[string]*framework.OASOperation{"GET": item.Get, "POST": item.Post, "DELETE": item.Delete} {
			if op != nil {
				require.NotEmpty(t, op.OperationID, "%s %s", method, path)
				require.Empty(t, seen[op.OperationID], "%s %s has the ID %s too", method, path, op.OperationID)
				seen[op.OperationID] = method + " " + path
			}
		}
	}
	require.Equal(t, "GET /oidc/callback", seen["jwt-oidc-callback"])
	require.Equal(t, "POST /oidc/callback", seen["jwt-oidc-callback-form-post"])
	var query []string
	for _, p := range doc.Paths["/oidc/callback"].Get.Parameters {
		query = append(query, p.In+" "+p.Name)
	}
	require.Equal(t, []string{"query client_nonce", "query code", "query state"}, query)
}

// Mounts come and go a hundred times, each in a state of its own: none leaves
// a goroutine, a timer or a connection.
func TestMountCyclesLeakNothing(t *testing.T) {
	p, err := idp.New()
	require.NoError(t, err)
	defer p.Close()
	// A first mount, so that what a process starts once is there.
	cycle(t, p, 1)
	before := goleak.IgnoreCurrent()
	for i := range 100 {
		cycle(t, p, i)
	}
	p.Close()
	goleak.VerifyNone(t, before)
}

func cycle(t *testing.T, p *idp.Provider, state int) {
	t.Helper()
	ctx := context.Background()
	b := newBackend("", newFakeClock().now)
	require.NoError(t, b.Setup(ctx, &logical.BackendConfig{Logger: hclog.NewNullLogger(), System: logical.TestSystemView()}))
	storage := &logical.InmemStorage{}
	send := func(data map[string]any) {
		resp, err := b.HandleRequest(ctx, &logical.Request{Operation: logical.UpdateOperation, Path: "config", Data: data, Storage: storage})
		require.NoError(t, err)
		require.NoError(t, resp.Error())
	}
	switch state % 4 {
	case 1:
		send(discoveryOf(p))
	case 2: // replaced
		send(discoveryOf(p))
		send(map[string]any{"jwks_pairs": []any{map[string]any{"jwks_url": p.JWKSURL(), "jwks_ca_pem": p.CAPEM()}}})
	case 3: // refused, then invalidated
		resp, err := b.HandleRequest(ctx, &logical.Request{Operation: logical.UpdateOperation, Path: "config", Data: map[string]any{"jwks_url": p.JWKSURL()}, Storage: storage})
		require.NoError(t, err)
		require.Error(t, resp.Error())
		send(discoveryOf(p))
		b.InvalidateKey(ctx, "config")
	}
	b.Cleanup(ctx)
}
