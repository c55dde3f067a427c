// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

func TestPromoteAndRollBack(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	alice, bob := m.issuer.token(nil), m.issuer.token(map[string]any{"sub": "bob"})
	old := m.read("role/ci")
	m.write("role/ci/candidate", map[string]any{"bound_subject": "alice", "token_policies": "read"})
	require.Nil(t, m.read("role/ci/previous"))
	require.Equal(t, old, m.read("role/ci"), "a candidate does not show in the role")
	tried := m.read("role/ci/candidate")
	require.Equal(t, "alice", tried["bound_subject"])
	require.Equal(t, []string{"bound_subject", "token_policies"}, tried["candidate_fields"])
	m.login("ci", bob)

	m.write("role/ci/candidate/promote", nil)
	require.Nil(t, m.read("role/ci/candidate"))
	m.refuse("ci", bob, auth.Subject)
	require.Equal(t, []string{"read"}, m.login("ci", alice).Policies)
	previous := m.read("role/ci/previous")
	require.Equal(t, m.clock.now().UTC(), previous["replaced"])
	delete(previous, "replaced")
	require.Equal(t, old, previous)
	now := m.read("role/ci")

	m.write("role/ci/rollback", nil)
	require.Equal(t, old, m.read("role/ci"))
	m.login("ci", bob)
	m.write("role/ci/rollback", nil)
	require.Equal(t, now, m.read("role/ci"), "a second rollback undoes the first")
	m.refuse("ci", bob, auth.Subject)

	require.Equal(t, []string{"ci"}, m.list())
	m.send(logical.DeleteOperation, "role/ci", nil)
	m.write("role/ci", jwtRole(nil))
	require.Nil(t, m.read("role/ci/previous"), "a deleted role takes its other versions with it")
	require.Nil(t, m.read("role/ci/candidate"))
}

func TestWhatACandidateLeavesOutIsTheRoles(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci/candidate", map[string]any{"bound_subject": "alice"})
	m.write("role/ci", map[string]any{"token_policies": "other", "bound_audiences": "elsewhere"})
	require.Equal(t, []string{"elsewhere"}, m.read("role/ci/candidate")["bound_audiences"])
	m.login("ci", m.issuer.token(map[string]any{"aud": "elsewhere"}))
	require.EqualValues(t, 1, m.report("ci").Agreed)
	m.write("role/ci/candidate/promote", nil)
	require.Equal(t, []string{"other"}, m.login("ci", m.issuer.token(map[string]any{"aud": "elsewhere"})).Policies)
}

// Whoever made the candidate did not see what the role got since in the same
// field, and would undo it without knowing.
func TestPromoteIsRefusedWhenTheRoleWentOn(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	change := map[string]any{"policies": "read", "bound_subject": "alice"}
	m.write("role/ci/candidate", change)
	m.write("role/ci", map[string]any{"token_policies": "deploy,audit"})
	require.Contains(t, m.refuseWrite("role/ci/candidate/promote", nil), "in fields that the candidate changes: policies;")
	m.write("role/ci/candidate", change)
	m.write("role/ci/candidate/promote", nil)
	require.Equal(t, []string{"read"}, m.login("ci", m.issuer.token(nil)).Policies)
}

// What is promoted is what was reviewed, if the reviewer says what that was.
func TestPromoteTakesTheRevisionThatWasRead(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	revision := func() string { return m.read("role/ci/candidate")["candidate_revision"].(string) }
	m.write("role/ci/candidate", map[string]any{"token_ttl": 60})
	reviewed := revision()
	require.Equal(t, reviewed, revision())
	refused := func() {
		t.Helper()
		require.Contains(t, m.refuseWrite("role/ci/candidate/promote", map[string]any{"revision": reviewed}), `the candidate is not the one with revision "`+reviewed+`"`)
		require.Nil(t, m.read("role/ci/previous"))
	}
	m.write("role/ci/candidate", map[string]any{"token_ttl": 60, "token_policies": "admin"})
	refused()
	m.write("role/ci/candidate", map[string]any{"token_ttl": 60})
	require.Equal(t, reviewed, revision())
	m.write("role/ci", map[string]any{"token_policies": "admin"}) // which the candidate would have too
	refused()
	reviewed = revision()
	m.write("role/ci/candidate/promote", map[string]any{"revision": reviewed})
	require.EqualValues(t, 60, m.read("role/ci")["token_ttl"])
}

// Computed policies are not counted among what every login gets more, and are
// told of all the same.
func TestPromoteWarnsOfComputedPolicies(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	warnings := func(change map[string]any) string {
		m.write("role/ci/candidate", change)
		return strings.Join(m.write("role/ci/candidate/promote", nil), "\n")
	}
	const text = "computes policies otherwise than before"
	require.Contains(t, warnings(map[string]any{"policies_expression": `[string(claims.sub)]`, "allowed_policies": "alice"}), text)
	require.NotContains(t, warnings(map[string]any{"token_ttl": 60}), text)
	require.Contains(t, warnings(map[string]any{"allowed_policies": "*"}), text)
	require.NotContains(t, warnings(map[string]any{"policies_expression": "", "allowed_policies": ""}), text)
}

func TestCandidatesAreCheckedLikeRoles(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"examples": []any{map[string]any{
		"name": "alice", "claims": map[string]any{"sub": "alice", "aud": "vault"}, "expect": map[string]any{"allow": true},
	}}})
	require.Contains(t, m.refuseWrite("role/ci/candidate", map[string]any{"bound_subject": "bob"}), `examples: "alice" failed`)
	require.Contains(t, m.refuseWrite("role/ci/candidate", map[string]any{"condition": "1 +"}), "condition")
	require.Contains(t, m.refuseWrite("role/ci/candidate", map[string]any{"bound_issuers": "nobody"}), "nobody")
	require.Equal(t, "a candidate needs at least one field that it changes", m.refuseWrite("role/ci/candidate", nil))
	require.Equal(t, `there is no role "nobody" for a candidate to be tried beside`, m.refuseWrite("role/nobody/candidate", map[string]any{"bound_subject": "x"}))
	require.Equal(t, `there is no role "nobody"`, m.refuseWrite("role/nobody/candidate/promote", nil))
	require.Equal(t, `the role "ci" has no candidate`, m.refuseWrite("role/ci/candidate/promote", nil))
	require.Equal(t, `the role "ci" has no previous version`, m.refuseWrite("role/ci/rollback", nil))
	require.Nil(t, m.read("role/ci/candidate"))
}

// A change to the role may leave its candidate without sense. The role goes on.
func TestCandidateThatDoesNotFitAnyMore(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci/candidate", map[string]any{"token_period": 60})
	warnings := m.write("role/ci", map[string]any{"token_type": "batch"})
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "the role's candidate does not fit it any more and is not tried")
	m.login("ci", m.issuer.token(nil))
	require.Zero(t, m.report("ci").Seen)
	require.NotEmpty(t, m.read("role/ci/candidate/report")["candidate_fault"])
	require.NotEmpty(t, m.read("role/ci/candidate")["candidate_fault"])
	require.Contains(t, m.refuseWrite("role/ci/candidate/promote", nil), "batch")
	m.send(logical.DeleteOperation, "role/ci/candidate", nil)
	require.Nil(t, m.read("role/ci/candidate"))
	m.login("ci", m.issuer.token(nil))
}

// A promotion or rollback whose one write fails has changed nothing.
func TestPromotionIsOneWrite(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	bob := m.issuer.token(map[string]any{"sub": "bob"})
	m.write("role/ci/candidate", map[string]any{"bound_subject": "alice"})
	for _, path := range []string{"role/ci/candidate/promote", "role/ci/rollback"} {
		before, role := m.storage.dump(t), m.read("role/ci")
		m.storage.failOn("put")
		_, err := m.put(path, nil)
		require.ErrorIs(t, err, errDisk)
		m.storage.fail(nil)
		require.Equal(t, before, m.storage.dump(t))
		require.Equal(t, role, m.read("role/ci"))
		writes := m.storage.writes.Load()
		m.write(path, nil)
		require.EqualValues(t, 1, m.storage.writes.Load()-writes)
		require.NotEqual(t, role, m.read("role/ci"))
	}
	m.login("ci", bob)
}

func TestCandidateOutlivesARestartAndReachesOtherNodes(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	other := mountOn(t, m.storage)
	other.clock, other.issuer = m.clock, m.issuer
	other.backend.now = m.clock.now
	bob := m.issuer.token(map[string]any{"sub": "bob"})
	other.login("ci", bob)
	m.write("role/ci/candidate", map[string]any{"bound_subject": "alice"})
	require.Zero(t, m.report("ci").Seen)
	other.backend.InvalidateKey(t.Context(), "role/ci")
	other.login("ci", bob)
	require.EqualValues(t, 1, other.report("ci").AllowToDeny)
	require.Zero(t, m.report("ci").Seen, "a report is that of its node")

	m.write("role/ci/candidate/promote", nil)
	other.backend.InvalidateKey(t.Context(), "role/ci")
	other.refuse("ci", bob, auth.Subject)
	restarted := mountOn(t, m.storage)
	restarted.backend.now = m.clock.now
	restarted.refuse("ci", bob, auth.Subject)
	restarted.write("role/ci/rollback", nil)
	restarted.login("ci", bob)
}
