// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// issuerMount is a mount with storage and log in the test's hands. Its clock is
// that of the machine, or of the bubble of testing/synctest around the test.
type issuerMount struct {
	t       testing.TB
	backend *backend
	storage *issuerStorage
	log     *issuerLog
}

func issuerNewMount(t testing.TB) *issuerMount {
	t.Helper()
	return issuerMountOn(t, &issuerStorage{})
}

// issuerMountOn mounts the plugin on storage that holds something already, as
// after a restart of Vault.
func issuerMountOn(t testing.TB, storage *issuerStorage) *issuerMount {
	t.Helper()
	m := &issuerMount{t: t, backend: newBackend("v1.2.3", time.Now), storage: storage, log: &issuerLog{}}
	m.backend.storage = storage
	require.NoError(t, m.backend.Setup(context.Background(), &logical.BackendConfig{
		Logger:      hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: m.log}),
		System:      logical.TestSystemView(),
		StorageView: storage,
	}))
	t.Cleanup(m.close)
	return m
}

func (m *issuerMount) close() { m.backend.Cleanup(context.Background()) }

// restart is the same storage under a new backend, some time later.
func (m *issuerMount) restart() *issuerMount {
	m.t.Helper()
	m.close()
	return issuerMountOn(m.t, m.storage)
}

// handle sends one request. No Auth ever comes with an error.
func (m *issuerMount) handle(ctx context.Context, req *logical.Request) (*logical.Response, error) {
	req.Storage = m.storage
	req.Connection = &logical.Connection{RemoteAddr: "192.0.2.10"}
	resp, err := m.backend.HandleRequest(ctx, req)
	if resp != nil && resp.Auth != nil {
		require.NoError(m.t, err)
		require.False(m.t, resp.IsError())
	}
	return resp, err
}

// put writes as Vault does, which asks first whether the path exists.
func (m *issuerMount) put(path string, data map[string]any) (*logical.Response, error) {
	var op logical.Operation = logical.UpdateOperation
	checked, exists, err := m.backend.HandleExistenceCheck(context.Background(),
		&logical.Request{Operation: logical.CreateOperation, Path: path, Data: data, Storage: m.storage})
	if err != nil {
		return nil, err
	}
	if checked && !exists {
		op = logical.CreateOperation
	}
	return m.handle(context.Background(), &logical.Request{Operation: op, Path: path, Data: maps.Clone(data)})
}

// write returns the warnings of a write that must be accepted.
func (m *issuerMount) write(path string, data map[string]any) []string {
	m.t.Helper()
	resp, err := m.put(path, data)
	require.NoError(m.t, err)
	if resp == nil {
		return nil
	}
	require.NoError(m.t, resp.Error())
	return resp.Warnings
}

// refuseWrite returns the text of a write that must be refused and change
// nothing.
func (m *issuerMount) refuseWrite(path string, data map[string]any) string {
	m.t.Helper()
	before := m.storage.records(m.t)
	resp, err := m.put(path, data)
	require.NoError(m.t, err)
	require.NotNil(m.t, resp, "the write was accepted")
	require.Error(m.t, resp.Error(), "the write was accepted")
	require.Equal(m.t, before, m.storage.records(m.t), "a refused write changed storage")
	return resp.Error().Error()
}

func (m *issuerMount) send(op logical.Operation, path string) *logical.Response {
	m.t.Helper()
	resp, err := m.handle(context.Background(), &logical.Request{Operation: op, Path: path})
	require.NoError(m.t, err)
	return resp
}

// read returns what is read back, nil for nothing.
func (m *issuerMount) read(path string) map[string]any {
	m.t.Helper()
	resp := m.send(logical.ReadOperation, path)
	if resp == nil {
		return nil
	}
	require.NoError(m.t, resp.Error())
	return resp.Data
}

func (m *issuerMount) list(path string) []string {
	m.t.Helper()
	names, _ := m.send(logical.ListOperation, path).Data["keys"].([]string)
	return names
}

// remove deletes, which must succeed.
func (m *issuerMount) remove(path string) {
	m.t.Helper()
	require.NoError(m.t, m.send(logical.DeleteOperation, path).Error())
}

// refresh fetches the keys of an issuer, and returns why that failed.
func (m *issuerMount) refresh(name string) error {
	m.t.Helper()
	return m.send(logical.UpdateOperation, "issuer/"+name+"/refresh").Error()
}

func (m *issuerMount) status(name string) map[string]any {
	m.t.Helper()
	return m.read("issuer/" + name + "/status")
}

func issuerLogin(role, token string) *logical.Request {
	return &logical.Request{Operation: logical.UpdateOperation, Path: loginPath, Data: map[string]any{"role": role, "jwt": token}}
}

// tryLogin logs in and returns the answer.
func (m *issuerMount) tryLogin(role, token string) *logical.Response {
	m.t.Helper()
	resp, err := m.handle(context.Background(), issuerLogin(role, token))
	require.NoError(m.t, err, "a refusal is an answer, not a fault")
	return resp
}

// login logs in, which must succeed.
func (m *issuerMount) login(role, token string) *logical.Auth {
	m.t.Helper()
	resp := m.tryLogin(role, token)
	require.NoError(m.t, resp.Error())
	require.NotNil(m.t, resp.Auth)
	return resp.Auth
}

// reason is the decision about a login: one decision, as for a login.
func (m *issuerMount) reason(role, token string) auth.Reason {
	m.t.Helper()
	return m.reasonIn(context.Background(), role, token)
}

func (m *issuerMount) reasonIn(ctx context.Context, role, token string) auth.Reason {
	m.t.Helper()
	req := issuerLogin(role, token)
	req.Storage, req.Connection = m.storage, &logical.Connection{RemoteAddr: "192.0.2.10"}
	a, _, err := m.backend.decide(ctx, req)
	require.NoError(m.t, err)
	return a.decision.Reason
}

// renew renews a token after a round through Vault's storage, and returns why
// it was refused.
func (m *issuerMount) renew(granted *logical.Auth) error {
	m.t.Helper()
	text, err := json.Marshal(granted)
	require.NoError(m.t, err)
	var back logical.Auth
	require.NoError(m.t, json.Unmarshal(text, &back))
	resp, err := m.handle(context.Background(), &logical.Request{Operation: logical.RenewOperation, Path: loginPath, Auth: &back})
	require.NoError(m.t, err)
	return resp.Error()
}

// issuerRole is the body of a role for tokens of the issuers named.
func issuerRole(issuers string) map[string]any {
	return map[string]any{
		"role_type": "jwt", "user_claim": "sub", "groups_claim": "groups", "bound_audiences": idp.Audience, "token_policies": "deploy", "bound_issuers": issuers,
	}
}

// issuerClaims are claims that issuerRole takes.
func issuerClaims(p *idp.Provider, changes map[string]any) map[string]any {
	claims := p.Claims(map[string]any{"groups": []string{"dev"}})
	for name, value := range changes {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	return claims
}

// issuerToken is a token that issuerRole takes.
func issuerToken(p *idp.Provider) string { return p.Mint(issuerClaims(p, nil)) }

// issuerOf is the body that makes a named issuer of a provider.
func issuerOf(p *idp.Provider) map[string]any {
	return map[string]any{"issuer": p.Issuer(), "oidc_discovery_url": p.Issuer(), "ca_pem": p.CAPEM()}
}

// issuerConfig is the body that makes a provider the default issuer.
func issuerConfig(p *idp.Provider) map[string]any {
	return map[string]any{"oidc_discovery_url": p.Issuer(), "oidc_discovery_ca_pem": p.CAPEM()}
}

func issuerWith(body map[string]any, changes ...any) map[string]any {
	body = maps.Clone(body)
	for i := 0; i < len(changes); i += 2 {
		body[changes[i].(string)] = changes[i+1]
	}
	return body
}
