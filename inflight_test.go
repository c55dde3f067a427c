// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// whileReading sends a request that has to read the role "ci" from storage, does
// something while that read hangs, and returns the answer.
func (m *testMount) whileReading(req *logical.Request, meanwhile func()) (*logical.Response, error) {
	m.t.Helper()
	type answer struct {
		resp *logical.Response
		err  error
	}
	reading, done, answered := make(chan struct{}), make(chan struct{}), make(chan answer, 1)
	var hung atomic.Bool
	m.storage.fail(func(op, key string) error {
		if op == "get" && key == "role/ci" && hung.CompareAndSwap(false, true) {
			close(reading)
			<-done
		}
		return nil
	})
	defer m.storage.fail(nil)
	go func() {
		resp, err := m.backend.HandleRequest(m.t.Context(), withStorage(m, req))
		answered <- answer{resp, err}
	}()
	<-reading
	meanwhile()
	close(done)
	a := <-answered
	return a.resp, a.err
}

// A login is judged by one state: never by the issuer of before a change of
// hands and the role of after it.
func TestALoginSeesOneState(t *testing.T) {
	t.Parallel()
	before := newReadyMount(t)
	next := newOfflineIssuer(t, before.clock)
	next.id = "https://next.test"
	for holder, token := range map[string]string{"before": before.issuer.token(nil), "after": next.token(nil)} {
		m := mountOn(t, before.storage).of(before)
		m.reconfigure(nil)
		m.write("role/ci", map[string]any{"token_policies": "of-the-first"})
		m = mountOn(t, before.storage).of(before)
		m.refuse("nosuch", before.issuer.token(nil), auth.RoleUnknown) // so that all but the role is loaded
		resp, err := m.whileReading(loginRequest("ci", token), func() {
			m.write("config", map[string]any{"jwt_validation_pubkeys": next.key.PEM(), "bound_issuer": next.id})
			m.write("role/ci", map[string]any{"token_policies": "of-the-next"})
		})
		require.NoError(t, err)
		if holder == "before" {
			require.True(t, resp.IsError(), "%v", resp.Auth)
			continue
		}
		require.NoError(t, resp.Error())
		require.Equal(t, []string{"of-the-next"}, resp.Auth.Policies)
	}
}

// So is a renewal, also one of a token that several roles stand behind.
func TestARenewalSeesOneState(t *testing.T) {
	t.Parallel()
	for _, names := range []string{"ci", "aa,ci", "ci,zz"} {
		before := newReadyMount(t)
		before.write("role/aa", jwtRole(nil))
		before.write("role/zz", jwtRole(nil))
		granted := before.login("ci", before.issuer.token(map[string]any{"jti": "lost"}))
		granted.InternalData["role"] = names
		before.renew(granted)
		m := mountOn(t, before.storage).of(before)
		m.refuse("nosuch", before.issuer.token(nil), auth.RoleUnknown)
		resp, err := m.whileReading(&logical.Request{Operation: logical.RenewOperation, Path: loginPath, Auth: stored(t, granted)}, func() {
			m.write("revocation/x", map[string]any{"issuer": "default", "jti": "lost"})
			m.write("role/ci", map[string]any{"token_ttl": 60})
		})
		require.NoError(t, err)
		require.ErrorContains(t, resp.Error(), "the token has been revoked", names)
	}
}

// A batch role on a mount that is tuned to service tokens gives tokens that can
// be renewed, and are judged like others then.
func TestABatchTokenThatVaultMadeAServiceTokenIsJudgedAtRenewal(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"token_type": "batch"})
	granted := m.login("ci", m.issuer.token(map[string]any{"jti": "lost"}))
	require.Equal(t, logical.TokenTypeBatch, granted.TokenType)
	granted.TokenType = logical.TokenTypeService
	m.renew(granted)
	m.write("revocation/x", map[string]any{"issuer": "default", "jti": "lost"})
	require.Contains(t, m.refuseRenewal(granted), "the token has been revoked")
	m.send(logical.DeleteOperation, "revocation/x", nil)
	m.write("role/ci", map[string]any{"bound_subject": "nobody"})
	require.Contains(t, m.refuseRenewal(granted), "invalid subject")
	m.write("role/ci", map[string]any{"bound_subject": "", "bound_claims": map[string]any{"team": "core"}})
	require.Contains(t, m.refuseRenewal(m.login("ci", m.issuer.token(map[string]any{"team": "core"}))), `claim "team"`)
}

// A claim that was not kept must not count as one that the login did not have.
func TestARenewalWithFewClaimsTrustsNoExpression(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]auth.Reason{"service": auth.Condition, "batch": auth.ClaimsNotKept} {
		m := newReadyMount(t)
		m.write("role/ci", map[string]any{"token_type": kind})
		granted := m.login("ci", m.issuer.token(map[string]any{"contractor": "acme"}))
		m.renew(granted)
		m.write("role/ci", map[string]any{"condition": `!has(claims.contractor)`})
		resp, err := m.tryRenew(granted)
		require.NoError(t, err)
		m.requireRecorded(resp, kindRenewal, want)
	}
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"token_type": "batch"})
	granted := m.login("ci", m.issuer.token(nil))
	granted.InternalData[internalFew] = false
	require.Contains(t, m.refuseRenewal(granted), "cannot be read", "no login says so")
}

// What comes after Vault has ended the mount opens nothing that nobody would close.
func TestARequestAfterTheEnd(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("shadow", map[string]any{"mount": "x", "address": "http://127.0.0.1:1"})
	m.backend.Cleanup(t.Context())
	_, err := m.handle(loginRequest("ci", m.issuer.token(nil)))
	require.True(t, errors.Is(err, errEnded), "%v", err)
	require.Nil(t, m.backend.mirror.Load())
	require.Nil(t, m.backend.snapshot.Load())
}
