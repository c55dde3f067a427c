// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

// tidy runs what Vault runs once a minute.
func (m *testMount) tidy() error {
	_, err := m.handle(&logical.Request{Operation: logical.RollbackOperation})
	return err
}

func (m *testMount) spentRecords() int {
	n := 0
	for key := range m.storage.dump(m.t) {
		if strings.HasPrefix(key, spentPrefix) {
			n++
		}
	}
	return n
}

// Records go when the tokens have expired, and not before, also those that
// another process left behind.
func TestTidy(t *testing.T) {
	t.Parallel()
	m := newOneTimeMount(t, "storage")
	early := m.issuer.token(map[string]any{"exp": m.clock.in(time.Minute)})
	late := m.issuer.token(map[string]any{"exp": m.clock.in(time.Hour)})
	for range 2 {
		m.login("ci", early)
		m.login("ci", late)
		require.NoError(t, m.tidy())
		require.Equal(t, 2, m.spentRecords())
		m.clock.advance(6*time.Minute - time.Second)
		require.NoError(t, m.tidy())
		require.Equal(t, 2, m.spentRecords())
		m.clock.advance(time.Second)

		require.NoError(t, m.tidy())
		require.Equal(t, 1, m.spentRecords())
		require.Equal(t, replayedText, m.refuseLogin("ci", late))
		m.clock.advance(2 * time.Hour)
		require.NoError(t, m.tidy())
		require.Zero(t, m.spentRecords())

		storage := m.storage
		clock := m.clock
		issuer := m.issuer
		m = mountOn(t, storage)
		m.clock.at.Store(clock.at.Load())
		issuer.clock, m.issuer, m.spends = m.clock, issuer, true
		early = issuer.token(map[string]any{"exp": m.clock.in(time.Minute), "jti": "second"})
		late = issuer.token(map[string]any{"exp": m.clock.in(time.Hour), "jti": "third"})
	}
}

// A new process reads each record once, and then knows it.
func TestTidyReadsEachRecordOnce(t *testing.T) {
	t.Parallel()
	old := newOneTimeMount(t, "storage")
	for i := range 20 {
		old.login("ci", old.issuer.token(map[string]any{"jti": strconv.Itoa(i)}))
	}
	m := mountOn(t, old.storage)
	gets := func() int {
		n := 0
		m.storage.fail(func(op, _ string) error {
			if op == "get" {
				n++
			}
			return nil
		})
		require.NoError(t, m.tidy())
		m.storage.fail(nil)
		return n
	}
	require.Equal(t, 20, gets())
	require.Equal(t, 20, m.backend.spent.Len())
	require.Zero(t, gets())
}

// Where nobody uses one-time roles, nothing is listed once a minute.
func TestTidyIsIdleWithoutRecords(t *testing.T) {
	t.Parallel()
	m := newOneTimeMount(t, "storage")
	require.NoError(t, m.tidy())
	reads := m.storage.reads.Load()
	require.NoError(t, m.tidy())
	require.Equal(t, reads, m.storage.reads.Load())

	m.login("ci", m.issuer.token(nil))
	m.clock.advance(time.Hour)
	require.NoError(t, m.tidy())
	require.Zero(t, m.spentRecords(), "a login ends the idleness")
}

// One run is bounded, and the next one goes on where it ended.
func TestTidyIsBounded(t *testing.T) {
	t.Parallel()
	m := newOneTimeMount(t, "storage")
	for i := range 30 {
		m.login("ci", m.issuer.token(map[string]any{"jti": strconv.Itoa(i)}))
	}
	m.clock.advance(time.Hour)
	shards, err := listSpent(t.Context(), m.storage, "")
	require.NoError(t, err)
	first := shards[0]
	left, err := m.backend.tidyShard(t.Context(), m.storage, first, 0)
	require.NoError(t, err)
	require.Zero(t, left)
	require.Equal(t, 30, m.spentRecords(), "no budget, no work")

	require.Equal(t, []string{"b", "c", "a"}, after([]string{"a", "b", "c"}, "a"))
	require.Equal(t, []string{"a", "b", "c"}, after([]string{"a", "b", "c"}, "c"))
	require.Equal(t, []string{"a", "b", "c"}, after([]string{"a", "b", "c"}, ""))
	require.Equal(t, []string{"c", "a"}, after([]string{"a", "c"}, "b"))
	require.Empty(t, after(nil, "b"))
	require.NoError(t, m.tidy())
	require.Zero(t, m.spentRecords())
}

// What is in the way of one record is told, and no reason to delete it.
func TestTidyFaults(t *testing.T) {
	t.Parallel()
	m := newOneTimeMount(t, "storage")
	m.login("ci", m.issuer.token(nil))
	m.clock.advance(time.Hour)
	for _, op := range []string{"list", "get", "delete"} {
		m.storage.failOn(op)
		require.ErrorContains(t, m.tidy(), errDisk.Error())
		require.Equal(t, 1, m.spentRecords())
	}
	m.storage.fail(nil)
	m.storage.seed(t, "replay/ab/not-a-key", `{}`)
	require.NoError(t, m.tidy())
	require.Equal(t, 1, m.spentRecords(), "what has no name of ours is not touched")
}

// Only the node that may write does.
func TestTidyOnAStandby(t *testing.T) {
	t.Parallel()
	m := newOneTimeMount(t, "storage")
	m.login("ci", m.issuer.token(nil))
	m.clock.advance(time.Hour)
	system := m.backend.System().(*logical.StaticSystemView)
	for _, state := range []consts.ReplicationState{consts.ReplicationPerformanceStandby, consts.ReplicationDRSecondary} {
		system.ReplicationStateVal = state
		require.NoError(t, m.tidy())
		require.Equal(t, 1, m.spentRecords())
	}
	system.ReplicationStateVal = consts.ReplicationPerformanceSecondary
	require.NoError(t, m.tidy())
	require.Zero(t, m.spentRecords(), "its records are its own")
}
