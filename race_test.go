// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// Fifty writers and two hundred logins at once. A login sees the whole of one
// write or of another: whoever gets a policy satisfied the role that gives it.
func TestConcurrentWritesAndLogins(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	other := newOfflineIssuer(t, m.clock)
	alice, bob := m.issuer.token(nil), m.issuer.token(map[string]any{"sub": "bob"})
	roles := map[string]map[string]any{
		"alice": {"bound_subject": "alice", "token_policies": "for-alice"},
		"bob":   {"bound_subject": "bob", "token_policies": "for-bob"},
	}
	var all sync.WaitGroup
	var granted atomic.Int64
	for i := range 50 {
		all.Go(func() {
			switch {
			case i%5 == 0: // the same key, with or without a stranger's
				keys := []string{m.issuer.key.PEM(), other.key.PEM()}[:1+i%2]
				_, err := m.put("config", map[string]any{"jwt_validation_pubkeys": keys, "bound_issuer": m.issuer.id})
				assert.NoError(t, err)
			case i%5 == 1:
				m.backend.InvalidateKey(t.Context(), []string{"config", "role/ci"}[i%2])
			default:
				_, err := m.put("role/ci", roles[[]string{"alice", "bob"}[i%2]])
				assert.NoError(t, err)
			}
		})
	}
	for i := range 200 {
		token, policy := alice, "for-alice"
		if i%2 == 1 {
			token, policy = bob, "for-bob"
		}
		all.Go(func() {
			resp, err := m.backend.HandleRequest(t.Context(), withStorage(m, loginRequest("ci", token)))
			if !assert.NoError(t, err) || resp.IsError() {
				return
			}
			granted.Add(1)
			assert.Contains(t, []string{policy, "deploy"}, resp.Auth.Policies[0], "a subject got the policy of another")
		})
	}
	all.Wait()
	require.Zero(t, m.backend.panics.Load())
	require.NotZero(t, granted.Load())
	m.write("role/ci", roles["alice"])
	m.login("ci", alice)
	m.refuse("ci", bob, auth.Subject)
}

func withStorage(m *testMount, req *logical.Request) *logical.Request {
	req.Storage, req.Connection = m.storage, &logical.Connection{RemoteAddr: m.peer}
	return req
}

// Partial updates of one role follow one another: none is lost.
func TestConcurrentPartialUpdatesAreNotLost(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	fields := []string{"token_ttl", "token_max_ttl", "token_explicit_max_ttl", "max_age", "token_num_uses", "expiration_leeway"}
	var all sync.WaitGroup
	for i, field := range fields {
		all.Go(func() {
			_, err := m.put("role/ci", map[string]any{field: i + 1})
			assert.NoError(t, err)
		})
	}
	all.Wait()
	data := m.read("role/ci")
	for i, field := range fields {
		require.EqualValues(t, i+1, data[field], field)
	}
}

// A login that has to read its role while the key is replaced is judged by what
// holds when it has: never by the old key and a role that may be meant for the
// new one. It leaves nothing behind. The method that we replace puts the old key
// back here.
func TestLoginInFlightDoesNotBringAReplacedKeyBack(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(nil)
	next := newOfflineIssuer(t, m.clock)

	// The login reads its role from storage, having begun with the old key.
	m.backend.InvalidateKey(t.Context(), "role/ci")
	reading, replaced := make(chan struct{}), make(chan struct{})
	var once sync.Once
	m.storage.fail(func(op, key string) error {
		if op == "get" && key == "role/ci" {
			once.Do(func() { close(reading); <-replaced })
		}
		return nil
	})
	answer := make(chan error, 1)
	go func() {
		resp, err := m.backend.HandleRequest(t.Context(), withStorage(m, loginRequest("ci", token)))
		if err == nil {
			err = resp.Error()
		}
		answer <- err
	}()
	<-reading
	m.write("config", map[string]any{"jwt_validation_pubkeys": next.key.PEM(), "bound_issuer": m.issuer.id})
	close(replaced)
	require.ErrorContains(t, <-answer, refusedText)

	m.refuse("ci", token, auth.SignatureInvalid)
	m.login("ci", next.token(nil))
}

// The same for a role: what a slow login read before the write does not
// replace what was written.
func TestLoginInFlightDoesNotBringAReplacedRoleBack(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(nil)
	m.backend.InvalidateKey(t.Context(), "role/ci")
	first := true
	m.storage.fail(func(op, key string) error {
		if op == "get" && key == "role/ci" && first {
			first = false
			// The read is answered only after this write has gone through.
			m.write("role/ci", map[string]any{"bound_subject": "bob"})
		}
		return nil
	})
	resp, err := m.backend.HandleRequest(t.Context(), withStorage(m, loginRequest("ci", token)))
	require.NoError(t, err)
	text, _ := decisionOf(t, resp)
	require.Equal(t, "error validating token: invalid subject (sub) claim", text)
	require.False(t, first)
	m.storage.fail(nil)
	m.refuse("ci", token, auth.Subject)
	m.login("ci", m.issuer.token(map[string]any{"sub": "bob"}))
}

// Vault tells a node by the key what another node wrote.
func TestInvalidate(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token, next := m.issuer.token(nil), newOfflineIssuer(t, m.clock)
	m.login("ci", token)
	elsewhere := mountOn(t, m.storage) // another node on the same storage

	elsewhere.write("role/ci", map[string]any{"bound_subject": "bob"})
	elsewhere.write("role/new", jwtRole(nil))
	for _, key := range []string{"role/ci", "role/new"} {
		m.backend.InvalidateKey(t.Context(), key)
	}
	m.refuse("ci", token, auth.Subject)
	m.login("new", token)

	elsewhere.send(logical.DeleteOperation, "role/ci", nil)
	m.backend.InvalidateKey(t.Context(), "role/ci")
	m.refuse("ci", token, auth.RoleUnknown)

	elsewhere.write("config", map[string]any{"jwt_validation_pubkeys": next.key.PEM()})
	m.backend.InvalidateKey(t.Context(), "config")
	m.refuse("new", token, auth.SignatureInvalid)
	m.login("new", next.token(nil))

	for _, other := range []string{"", "role/", "role/never", "other", fmt.Sprint("role/", "a/b")} {
		m.backend.InvalidateKey(t.Context(), other)
	}
	m.login("new", next.token(nil))
	m.refuse("never", next.token(nil), auth.RoleUnknown)
}
