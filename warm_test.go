// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// restarted is a mount on storage that a mount wrote before, set up by Vault and not
// yet initialised. It may work outside of requests.
func restarted(t *testing.T, storage *spyStorage) *testMount {
	m := mountOn(t, storage)
	m.backend.storage = storage
	return m
}

func (m *testMount) initialize() {
	m.t.Helper()
	require.NoError(m.t, m.backend.Initialize(m.t.Context(), &logical.InitializationRequest{Storage: m.storage}))
}

// eventually waits for something that goes on in the background.
func (m *testMount) eventually(done func() bool) {
	m.t.Helper()
	require.Eventually(m.t, done, 10*time.Second, 5*time.Millisecond)
}

// After a start the mount has config, issuers and keys before anybody asks.
func TestWarmStart(t *testing.T) {
	t.Parallel()
	before, p := newMount(t), idp.Start(t)
	before.write("issuer/ci", map[string]any{"issuer": p.Issuer(), "oidc_discovery_url": p.Issuer(), "ca_pem": p.CAPEM()})
	p.ResetCounters()
	m := restarted(t, before.storage)
	require.Zero(t, p.Requests(idp.JWKS), "not before Vault says that the mount is set up")
	m.initialize()
	m.eventually(func() bool {
		s := m.backend.snapshot.Load()
		return s != nil && s.named["ci"].remote[0].Status().Successes == 1
	})
	reads := m.storage.reads.Load()
	require.Equal(t, "healthy", m.read("issuer/ci/status")["state"])
	require.Equal(t, reads, m.storage.reads.Load(), "what is loaded is not read again")
}

// Storage that does not answer does not hold up the mount, nor what Vault does.
func TestWarmStartDoesNotBlock(t *testing.T) {
	t.Parallel()
	ready := newReadyMount(t)
	m := restarted(t, ready.storage)
	answer, asked := make(chan struct{}), make(chan struct{}, 100)
	m.storage.fail(func(string, string) error { asked <- struct{}{}; <-answer; return nil })
	m.initialize()
	<-asked
	require.Nil(t, m.backend.snapshot.Load())
	close(answer)
	m.login("ci", ready.issuer.token(nil))
}

// A start that fails is made up for by the first request.
func TestWarmStartThatFails(t *testing.T) {
	t.Parallel()
	ready := newReadyMount(t)
	m := restarted(t, ready.storage)
	m.storage.failOn("list")
	m.initialize()
	m.backend.unclosed.Wait()
	require.Contains(t, m.log.String(), "could not be loaded at its start")
	require.Nil(t, m.backend.snapshot.Load())
	m.storage.fail(func(string, string) error { panic("SECRET") })
	m.initialize()
	m.backend.unclosed.Wait()
	require.EqualValues(t, 1, m.backend.panics.Load())
	require.NotContains(t, m.log.String(), "SECRET")
	m.storage.fail(nil)
	m.login("ci", ready.issuer.token(nil))
}

// What would be loaded after the mount's end would never be closed.
func TestWarmStartAfterTheEnd(t *testing.T) {
	t.Parallel()
	m := restarted(t, newReadyMount(t).storage)
	m.backend.Cleanup(t.Context())
	reads := m.storage.reads.Load()
	m.initialize()
	m.backend.unclosed.Wait()
	require.Nil(t, m.backend.snapshot.Load())
	require.Equal(t, reads, m.storage.reads.Load())
	require.NotContains(t, m.log.String(), "could not be loaded")
}

// A mount that Vault only asks for its version has no storage.
func TestWarmStartWithoutStorage(t *testing.T) {
	t.Parallel()
	m := mountOn(t, newReadyMount(t).storage)
	m.initialize()
	require.Nil(t, m.backend.snapshot.Load())
}
