// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

const panicText = "internal error: the request was stopped, see the server log"

// One process serves every mount of the plugin, so a panic anywhere must end
// in an answer. Its value may quote a request: it goes nowhere.
func TestPanicsOfStorageAreAnswered(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(nil)
	fresh := mountOn(t, m.storage)
	fresh.storage.fail(func(string, string) error { panic("SECRET " + token) })
	requests := []*logical.Request{
		loginRequest("ci", token),
		{Operation: logical.AliasLookaheadOperation, Path: loginPath, Data: map[string]any{"role": "ci", "jwt": token}},
		{Operation: logical.ResolveRoleOperation, Path: loginPath, Data: map[string]any{"role": "ci"}},
		{Operation: logical.ReadOperation, Path: "config"},
		{Operation: logical.UpdateOperation, Path: "config", Data: map[string]any{"jwt_validation_pubkeys": m.issuer.key.PEM()}},
		{Operation: logical.UpdateOperation, Path: "role/ci", Data: jwtRole(nil)},
		{Operation: logical.DeleteOperation, Path: "role/ci"},
		{Operation: logical.ListOperation, Path: "role/"},
		{Operation: logical.UpdateOperation, Path: "oidc/auth_url"},
		{Operation: logical.RenewOperation, Auth: &logical.Auth{InternalData: map[string]any{"role": "ci"}}},
	}
	for _, req := range requests {
		resp, err := fresh.handle(req)
		require.EqualError(t, err, panicText, "%s %s", req.Operation, req.Path)
		require.Nil(t, resp)
	}
	_, _, err := fresh.backend.HandleExistenceCheck(t.Context(), &logical.Request{Operation: logical.CreateOperation, Path: "role/ci", Storage: fresh.storage})
	require.EqualError(t, err, panicText)

	require.EqualValues(t, len(requests)+1, fresh.backend.panics.Load())
	require.Contains(t, fresh.log.String(), "recovered from a panic")
	require.NotContains(t, fresh.log.String(), "SECRET")
	require.NotContains(t, fresh.log.String(), token)

	fresh.storage.fail(nil) // no lock was left behind
	fresh.login("ci", token)
	fresh.write("role/ci", map[string]any{"bound_subject": "alice"})
}

// Revocations are read by goroutines of their own, whose panics would end the
// process.
func TestPanicsOfReadingRevocationsAreAnswered(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("revocation/r1", map[string]any{"issuer": "default", "sub": "bob"})
	fresh := mountOn(t, m.storage)
	fresh.storage.fail(func(_, key string) error {
		if key == "revocation/r1" {
			panic("SECRET")
		}
		return nil
	})
	resp, err := fresh.handle(loginRequest("ci", m.issuer.token(nil)))
	require.EqualError(t, err, panicText)
	require.Nil(t, resp)
	require.EqualValues(t, 1, fresh.backend.panics.Load())
	require.NotContains(t, fresh.log.String(), "SECRET")

	fresh.storage.fail(nil) // no lock was left behind
	fresh.login("ci", m.issuer.token(nil))
	fresh.refuse("ci", m.issuer.token(map[string]any{"sub": "bob"}), auth.Revoked)
}

// faultyKeys is a source of keys with a defect.
type faultyKeys struct{}

func (faultyKeys) Keys(time.Time) *jwk.Set                  { panic("SECRET") }
func (faultyKeys) Renew(context.Context, *jwk.Set) *jwk.Set { panic("SECRET") }

func TestPanicsOfKeySourcesAreAnswered(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	healthy := m.backend.snapshot.Load()
	issuer := *healthy.issuers.Default
	issuer.Keys = faultyKeys{}
	broken := *healthy
	broken.issuers = auth.NewIssuers(healthy.issuers.TokenBytes, &issuer, nil)
	m.backend.snapshot.Store(&broken)
	resp, err := m.handle(loginRequest("ci", m.issuer.token(nil)))
	require.EqualError(t, err, panicText)
	require.Nil(t, resp)
	require.NotContains(t, m.log.String(), "SECRET")
	m.backend.snapshot.Store(healthy)
	m.login("ci", m.issuer.token(nil))
}

// Requests as no Vault sends them are answered, one way or the other.
func TestRequestsWithHolesDoNotPanic(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	operations := []logical.Operation{
		logical.CreateOperation, logical.ReadOperation, logical.UpdateOperation, logical.PatchOperation, logical.DeleteOperation,
		logical.ListOperation, logical.AliasLookaheadOperation, logical.ResolveRoleOperation, logical.RevokeOperation,
		logical.RenewOperation, logical.RollbackOperation, logical.HeaderOperation, "", "no-such-operation",
	}
	paths := []string{"", "/", "config", "role", "role/", "role/ci", "role/x", "login", "login/", "login/x", "oidc/auth_url", "oidc/callback", "issuer/", "issuer/x", "issuer/x/status", "issuer/default/refresh", "nothing"}
	bodies := []map[string]any{nil, {}, {"role": nil, "jwt": nil}, {"name": 7}, {"bound_claims": "x", "ttl": "x"}}
	for _, path := range paths {
		_, _ = m.handle(&logical.Request{Operation: logical.HelpOperation, Path: path})
		for _, op := range operations {
			for _, data := range bodies {
				_, _ = m.handle(&logical.Request{Operation: op, Path: path, Data: data})
				_, _ = m.handle(&logical.Request{Operation: op, Path: path, Data: data, Auth: &logical.Auth{}})
				_, _, _ = m.backend.HandleExistenceCheck(t.Context(), &logical.Request{Operation: op, Path: path, Data: data, Storage: m.storage})
			}
		}
	}
	require.Zero(t, m.backend.panics.Load(), "%s", m.log)
}
