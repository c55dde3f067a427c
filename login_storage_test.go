// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// A warm login reads no storage, granted or refused.
func TestLoginWarmReadsNoStorage(t *testing.T) {
	t.Parallel()
	m := newStrangersMount(t)
	cold := mountOn(t, m.storage)
	cold.issuer = m.issuer
	logins := func() {
		cold.login("ci", m.issuer.token(nil))
		for _, login := range strangers(m) {
			cold.refuseLogin(login[0], login[1])
		}
	}
	before := cold.storage.reads.Load()
	logins()
	require.Equal(t, before+8, cold.storage.reads.Load(), "the names of the roles, issuers and revocations, the configuration, shadow, and each role once")
	for range 10 {
		logins()
	}
	require.Equal(t, before+8, cold.storage.reads.Load())
}

// faulty runs a login that storage makes impossible: an error, which Vault
// answers with status 500, and neither an Auth nor a hint.
func (m *testMount) faulty(token string) {
	m.t.Helper()
	for _, op := range []logical.Operation{logical.UpdateOperation, logical.AliasLookaheadOperation} {
		req := loginRequest("ci", token)
		req.Operation = op
		resp, err := m.handle(req)
		require.Error(m.t, err)
		require.Nil(m.t, resp)
		require.NotContains(m.t, err.Error(), token)
	}
}

// Storage that cannot be read refuses by failing, at each place where a cold
// login reads it, and heals without a restart.
func TestLoginStorageFaults(t *testing.T) {
	t.Parallel()
	ready := newReadyMount(t)
	token := ready.issuer.token(nil)
	for _, place := range []string{"list role/", "get config", "get role/ci"} {
		m := mountOn(t, ready.storage)
		m.storage.fail(func(op, key string) error {
			if op+" "+key == place {
				return errDisk
			}
			return nil
		})
		m.faulty(token)
		m.storage.fail(nil)
		m.login("ci", token)
	}
}

// A record that is no JSON, or other JSON than ours, is a fault that names the
// record and quotes nothing of it.
func TestLoginCorruptRecords(t *testing.T) {
	t.Parallel()
	ready := newReadyMount(t)
	token := ready.issuer.token(nil)
	anywhere := []string{"SECRET", `{"SECRET`, `["SECRET"]`, `"SECRET"`, ""}
	for key, corrupt := range map[string][]string{
		"config":  append(anywhere, `{"jwt_supported_algs":"SECRET"}`, `{"bound_issuer":{"SECRET":1}}`),
		"role/ci": append(anywhere, `{"token_ttl":"SECRET"}`, `{"bound_audiences":{"SECRET":1}}`),
	} {
		for _, record := range corrupt {
			storage := newSpyStorage()
			for k, v := range ready.storage.dump(t) {
				storage.seed(t, k, v)
			}
			storage.seed(t, key, record)
			m := mountOn(t, storage)
			m.faulty(token)
			_, err := m.handle(loginRequest("ci", token))
			require.ErrorContains(t, err, `the record "`+key+`" in storage is not readable`)
			require.NotContains(t, err.Error()+m.log.String(), "SECRET")
		}
	}
}

// A write that storage refuses changes nothing: what was in force stays.
func TestWriteFaultsChangeNothing(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(nil)
	m.login("ci", token)
	for _, op := range []string{"put", "get"} {
		m.storage.failOn(op)
		for _, path := range []string{"config", "role/ci", "role/new"} {
			body := jwtRole(map[string]any{"bound_subject": "bob"})
			if path == "config" {
				body = map[string]any{"jwt_validation_pubkeys": newOfflineIssuer(t, m.clock).key.PEM()}
			}
			_, err := m.put(path, body)
			require.ErrorIs(t, err, errDisk, "%s on %s", path, op)
		}
		m.storage.fail(nil)
		m.login("ci", token)
		m.refuse("new", token, auth.RoleUnknown)
	}
	m.storage.failOn("delete")
	_, err := m.handle(&logical.Request{Operation: logical.DeleteOperation, Path: "role/ci"})
	require.ErrorIs(t, err, errDisk)
	m.storage.fail(nil)
	m.login("ci", token)
}

// Reads report the fault too, instead of answering that nothing is there.
func TestReadFaults(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.storage.fail(func(string, string) error { return errDisk })
	for _, req := range []*logical.Request{
		{Operation: logical.ReadOperation, Path: "config"},
		{Operation: logical.ReadOperation, Path: "role/ci"},
		{Operation: logical.ListOperation, Path: "role/"},
	} {
		resp, err := m.handle(req)
		require.ErrorIs(t, err, errDisk, req.Path)
		require.Nil(t, resp)
	}
}
