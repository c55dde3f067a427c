// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/notices"
)

// Somebody with a good token that no role takes may be refused as fast as they
// like: a change is told of all the same, and so are the logins of others.
func TestRefusalsPushOutNoChange(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	l := m.observing("1.21.0", "ent")
	l.mu.Lock() // Vault takes nothing meanwhile
	other := m.issuer.token(map[string]any{"aud": "other"})
	const refusals = notices.Room + 500
	for range refusals {
		m.refuseLogin("ci", other)
	}
	m.write("role/backdoor", jwtRole(nil))
	m.login("ci", m.issuer.token(nil))
	m.backend.notices.Send(notices.Notice{Kind: notices.Observation, Name: "end"})
	l.mu.Unlock()
	m.eventually(func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.observations) > 0 && l.observations[len(l.observations)-1]["name"] == "end"
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	found := map[any]int{}
	for _, o := range l.observations {
		found[o["name"]]++
		found[o["outcome"]]++
	}
	require.Equal(t, 1, found["claims/role-write"])
	require.Equal(t, 1, found["granted"])
	require.GreaterOrEqual(t, found["refused"], notices.PlentifulPerSecond)
	require.Len(t, l.events, 1)
	dropped, err := strconv.Atoi(m.sample(`notices_total{kind="observation",result="dropped"}`))
	require.NoError(t, err)
	require.Equal(t, refusals, found["refused"]+dropped)
	position := func(key, value string) int {
		return slices.IndexFunc(l.observations, func(o map[string]any) bool { return o[key] == value })
	}
	require.Less(t, position("name", "claims/role-write"), 2, "it went before all but the one that Vault was taking")
	require.Greater(t, position("outcome", "granted"), notices.PlentifulPerSecond)
}
