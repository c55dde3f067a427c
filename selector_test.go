// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// many seeds roles as another node would have: one for each repository, and as
// many that cannot be chosen.
func (m *testMount) many(n int) {
	m.t.Helper()
	m.write("role/template", autoRole("TEMPLATE", map[string]any{"token_policies": "p-TEMPLATE"}))
	m.write("role/plain", jwtRole(nil))
	auto, plain := m.storage.record(m.t, "role/template"), m.storage.record(m.t, "role/plain")
	for i := range n {
		m.storage.seed(m.t, fmt.Sprint("role/r", i), strings.ReplaceAll(auto, "TEMPLATE", fmt.Sprint("repo", i)))
		m.storage.seed(m.t, fmt.Sprint("role/p", i), plain)
	}
}

// After a restart every role is read once before one is chosen, and none after
// that.
func TestRolesAreReadOnceBeforeOneIsChosen(t *testing.T) {
	t.Parallel()
	first := newChoosingMount(t, "match")
	first.many(700)
	m := mountOn(t, first.storage)
	m.issuer = first.issuer
	token := m.job("repo123")
	require.Equal(t, []string{"p-repo123"}, m.login("", token).Policies)

	s := m.backend.snapshot.Load()
	require.Zero(t, s.selector.unread)
	plain, found := s.roles.Get([]byte("p5"))
	require.True(t, found)
	require.Nil(t, plain.role, "a role that cannot be chosen is not compiled")
	reads := m.storage.reads.Load()
	require.Equal(t, []string{"p-repo650"}, m.login("", m.job("repo650")).Policies)
	m.login("", token)
	m.refuse("", m.job("elsewhere"), auth.RoleNone)
	require.Equal(t, reads, m.storage.reads.Load(), "a warm login reads nothing")
	require.Equal(t, []string{"deploy"}, m.login("p5", token).Policies)
	require.Equal(t, reads+1, m.storage.reads.Load())
}

// A role that another node wrote is read before anything is chosen, since it may
// be the one that counts. If it cannot be read, nothing is chosen.
func TestARoleWrittenElsewhereIsReadBeforeOneIsChosen(t *testing.T) {
	t.Parallel()
	m := newChoosingMount(t, "match")
	m.write("role/a", autoRole("web", nil))
	token := m.job("web")
	require.Equal(t, "a", m.login("", token).Metadata["role"])
	elsewhere := mountOn(t, m.storage)
	elsewhere.write("role/b", autoRole("web", map[string]any{"priority": 1}))

	m.backend.InvalidateKey(t.Context(), "role/b")
	m.storage.failOn("get")
	_, err := m.handle(loginRequest("", token))
	require.ErrorIs(t, err, errDisk)
	m.login("a", token) // a login that names its role needs no other
	m.storage.fail(nil)
	require.Equal(t, "b", m.login("", token).Metadata["role"])

	elsewhere.write("role/b", map[string]any{"bound_subject": "bob"})
	m.backend.InvalidateKey(t.Context(), "role/b")
	require.Equal(t, "a", m.login("", token).Metadata["role"])
	elsewhere.send(logical.DeleteOperation, "role/a", nil)
	m.backend.InvalidateKey(t.Context(), "role/a")
	m.refuse("", token, auth.RoleNone)
	require.Zero(t, m.backend.snapshot.Load().selector.unread)

	for n := range 2 * namedUnread { // more than are kept by name
		name := fmt.Sprint("x", n)
		elsewhere.write("role/"+name, autoRole(name, nil))
		m.backend.InvalidateKey(t.Context(), "role/"+name)
	}
	require.Equal(t, "x300", m.login("", m.job("x300")).Metadata["role"])
	m.backend.InvalidateKey(t.Context(), "role/x300")
	m.backend.InvalidateKey(t.Context(), "config") // the roles stay
	require.Equal(t, "x300", m.login("", m.job("x300")).Metadata["role"])
}

// A record that nobody can read might be the role that counts.
func TestAnUnreadableRoleStopsTheChoice(t *testing.T) {
	t.Parallel()
	m := newChoosingMount(t, "match")
	m.write("role/a", autoRole("web", nil))
	m.login("", m.job("web"))
	m.storage.seed(t, "role/b", "{")
	m.backend.InvalidateKey(t.Context(), "role/b")
	_, err := m.handle(loginRequest("", m.job("web")))
	require.ErrorIs(t, err, errUnreadable)
	reads := m.storage.reads.Load()
	m.refuseLogin("", forged(m.job("web")))
	require.Equal(t, reads, m.storage.reads.Load(), "whoever has no token of an issuer causes no reads")
	m.login("a", m.job("web"))
	m.send(logical.DeleteOperation, "role/b", nil)
	m.login("", m.job("web"))
}

// A login that waits for the roles gives up with its request, and the next one
// goes on.
func TestAWaitForRolesEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	first := newChoosingMount(t, "match")
	first.many(10)
	m := mountOn(t, first.storage)
	m.issuer = first.issuer
	token := m.job("repo1")
	m.login("template", m.job("TEMPLATE"))
	m.backend.InvalidateKey(t.Context(), "role/r1")
	m.backend.filling <- struct{}{} // somebody is reading
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := m.backend.HandleRequest(ctx, withStorage(m, loginRequest("", token)))
	require.ErrorIs(t, err, context.Canceled)
	<-m.backend.filling
	m.login("", token)
}

// What was compiled before roles are chosen is filed when that begins, and the
// way of choosing can change at any time.
func TestSelectionCanBeTurnedOnAndOff(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/a", autoRole("web", nil))
	m.write("role/b", autoRole("web", map[string]any{"token_policies": "more"}))
	token := m.job("web")
	require.Nil(t, m.backend.snapshot.Load().selector)
	require.Equal(t, "missing role", m.refuseLogin("", token))
	m.reconfigure(map[string]any{"role_selection": "match"})
	m.refuse("", token, auth.RoleAmbiguous)
	m.reconfigure(map[string]any{"role_selection": "union"})
	require.ElementsMatch(t, []string{"for-web", "more"}, m.login("", token).Policies)
	m.write("issuer/other", map[string]any{"issuer": "https://other.test", "jwt_validation_pubkeys": m.issuer.key.PEM()})
	m.login("", token)
	m.reconfigure(nil)
	require.Equal(t, "missing role", m.refuseLogin("", token))
}

// Whatever is written during a login: it gets the role that counted before or
// after the write, and never one that did not count in any state.
func TestRoleWritesDuringSelection(t *testing.T) {
	t.Parallel()
	m := newChoosingMount(t, "match")
	token := m.job("web")
	low := autoRole("web", map[string]any{"token_policies": "low"})
	m.write("role/low", low)
	m.write("role/high", autoRole("web", map[string]any{"priority": 9, "token_policies": "high"}))
	var all sync.WaitGroup
	var granted atomic.Int64
	for i := range 60 {
		all.Go(func() {
			switch i % 4 {
			case 0: // only its limits change: it always counts
				_, err := m.put("role/high", map[string]any{"token_ttl": i + 1})
				assert.NoError(t, err)
			case 1: // never counts
				_, err := m.put("role/low", map[string]any{"token_ttl": i + 1})
				assert.NoError(t, err)
			case 2: // does not admit the token
				_, err := m.put(fmt.Sprint("role/other", i), autoRole(fmt.Sprint("other", i), map[string]any{"priority": 100}))
				assert.NoError(t, err)
			default:
				m.backend.InvalidateKey(t.Context(), []string{"role/high", "role/low", "config"}[i%3])
			}
		})
	}
	for range 200 {
		all.Go(func() {
			resp, err := m.backend.HandleRequest(t.Context(), withStorage(m, loginRequest("", token)))
			if assert.NoError(t, err) && assert.NoError(t, resp.Error()) {
				granted.Add(1)
				assert.Equal(t, []string{"high"}, resp.Auth.Policies)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 200, granted.Load())
	require.Zero(t, m.backend.panics.Load())
}

// The work for a mount that just starts begins with its first request.
func TestRolesAreReadAheadOfTheFirstChoice(t *testing.T) {
	t.Parallel()
	first := newChoosingMount(t, "match")
	first.many(20)
	m := mountOn(t, first.storage)
	m.backend.storage = m.storage // as after Factory
	m.issuer = first.issuer
	require.NotEmpty(t, m.read("role/template"))
	m.login("template", m.job("TEMPLATE"))
	require.Eventually(t, func() bool { return m.backend.snapshot.Load().selector.unread == 0 }, 10*time.Second, time.Millisecond)
	names := m.list()
	slices.Sort(names)
	require.Len(t, names, 42)
	m.login("", m.job("repo7"))
}
