// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

func TestSmoke(t *testing.T) {
	p := idp.Start(t)
	s := &logical.InmemStorage{}
	be, err := Factory("v1.0.0")(context.Background(), &logical.BackendConfig{Logger: hclog.NewNullLogger(), System: logical.TestSystemView(), StorageView: s})
	require.NoError(t, err)
	defer be.Cleanup(context.Background())
	do := func(op logical.Operation, path string, data map[string]any) *logical.Response {
		resp, err := be.HandleRequest(context.Background(), &logical.Request{Operation: op, Path: path, Data: data, Storage: s, Connection: &logical.Connection{RemoteAddr: "127.0.0.1"}})
		require.NoError(t, err)
		return resp
	}
	r := do(logical.UpdateOperation, "config", map[string]any{"oidc_discovery_url": p.Issuer(), "oidc_discovery_ca_pem": p.CAPEM()})
	require.Nil(t, r)
	r = do(logical.CreateOperation, "role/ci", map[string]any{"role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault", "token_policies": "p", "bound_claims": map[string]any{"repository_owner": "x"}})
	require.Nil(t, r)
	r = do(logical.UpdateOperation, "login", map[string]any{"role": "ci", "jwt": p.Mint(p.GitHubClaims(map[string]any{"repository_owner": "x"}))})
	require.False(t, r.IsError(), "%v", r)
	require.NotNil(t, r.Auth)
	t.Log(r.Auth.Alias, r.Auth.Policies, r.Auth.InternalData)
	r = do(logical.UpdateOperation, "login", map[string]any{"role": "ci", "jwt": p.Mint(p.GitHubClaims(nil))})
	require.True(t, r.IsError())
	t.Log(r.Error())
}

func BenchmarkLogin(b *testing.B) {
	for _, alg := range []string{"ES256", "RS256"} {
		b.Run(alg, func(b *testing.B) {
			p := idp.Start(b, idp.WithAlg(alg))
			s := &logical.InmemStorage{}
			be, err := Factory("v1.0.0")(context.Background(), &logical.BackendConfig{Logger: hclog.NewNullLogger(), System: logical.TestSystemView(), StorageView: s})
			require.NoError(b, err)
			defer be.Cleanup(context.Background())
			do := func(op logical.Operation, path string, data map[string]any) *logical.Response {
				resp, _ := be.HandleRequest(context.Background(), &logical.Request{Operation: op, Path: path, Data: data, Storage: s, Connection: &logical.Connection{RemoteAddr: "127.0.0.1"}})
				return resp
			}
			do(logical.UpdateOperation, "config", map[string]any{"oidc_discovery_url": p.Issuer(), "oidc_discovery_ca_pem": p.CAPEM()})
			do(logical.CreateOperation, "role/ci", map[string]any{"role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault", "token_policies": "p"})
			toks := make([]string, 5000)
			for i := range toks {
				toks[i] = p.Mint(p.GitHubClaims(nil))
			}
			do(logical.UpdateOperation, "login", map[string]any{"role": "ci", "jwt": toks[0]})
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				r := do(logical.UpdateOperation, "login", map[string]any{"role": "ci", "jwt": toks[i%5000]})
				if r.Auth == nil {
					b.Fatal(r)
				}
			}
		})
	}
}
