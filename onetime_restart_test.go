// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Vault sends a login once more if the plugin's process died under it. That is
// no replay, however far the first attempt got.
func TestOneRequestSentTwice(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"node", "storage"} {
		m := newOneTimeMount(t, mode)
		token := m.issuer.token(map[string]any{"jti": "j1"})
		granted := func(m *testMount, id string) bool {
			resp, err := m.as(id, token)
			require.NoError(t, err)
			return !resp.IsError()
		}
		require.True(t, granted(m, "r1"))
		require.True(t, granted(m, "r1"))
		require.False(t, granted(m, "r2"))

		again := mountOn(t, m.storage) // the process was started anew
		again.spends = true
		require.True(t, granted(again, "r1"))
		require.False(t, granted(again, "r2"))
		require.False(t, granted(again, ""))
	}
}

// A replay that was refused stays refused when Vault sends it once more, also
// after a restart, when storage knows of the login and memory does not.
func TestARefusedReplaySentTwice(t *testing.T) {
	t.Parallel()
	m := newOneTimeMount(t, "storage")
	m.write("role/node", jwtRole(map[string]any{"replay": "node"}))
	token := m.issuer.token(map[string]any{"jti": "j1"})
	send := func(m *testMount, id string) error {
		resp, err := m.as(id, token)
		require.NoError(t, err)
		return resp.Error()
	}
	require.NoError(t, send(m, "r1"))
	again := mountOn(t, m.storage)
	again.spends = true
	for range 3 {
		require.ErrorContains(t, send(again, "r2"), replayedText)
	}
	require.ErrorContains(t, send(again, ""), replayedText)
	require.NoError(t, send(again, "r1"), "the one that spent it")
	require.ErrorContains(t, send(again, "r2"), replayedText)

	req := loginRequest("node", token) // which asks memory alone
	req.ID = "r2"
	resp, err := again.handle(req)
	require.NoError(t, err)
	require.ErrorContains(t, resp.Error(), replayedText)
}

// exp may have a fraction. What is stored is remembered as long as the token is
// good, and no longer than the second that it ends in.
func TestReplayIsRememberedForTheFraction(t *testing.T) {
	t.Parallel()
	m := newOneTimeMount(t, "storage")
	m.write("role/ci", map[string]any{"clock_skew_leeway": 300})
	token := m.issuer.with(fmt.Sprintf(`"exp":%d.5`, m.clock.in(10*time.Minute)), map[string]any{"exp": nil})
	m.login("ci", token)
	fresh := func() *testMount {
		again := mountOn(t, m.storage).of(m)
		again.spends = true
		return again
	}
	m.clock.advance(15*time.Minute + 100*time.Millisecond)
	again := fresh()
	require.Equal(t, replayedText, again.refuseLogin("ci", token), "of storage")
	m.clock.advance(400*time.Millisecond - time.Nanosecond)
	require.Equal(t, replayedText, again.refuseLogin("ci", token), "of memory")
	require.Equal(t, replayedText, fresh().refuseLogin("ci", token), "of storage")
	m.clock.advance(time.Nanosecond)
	require.Contains(t, fresh().refuseLogin("ci", token), "token is expired")
	require.EqualValues(t, 7, secondsUp(time.Unix(7, 0)))
	require.EqualValues(t, 8, secondsUp(time.Unix(7, 1)))
}

// What storage holds survives the process. Memory does not, as documented.
func TestReplayAfterARestart(t *testing.T) {
	t.Parallel()
	node, storage := newOneTimeMount(t, "node"), newOneTimeMount(t, "storage")
	for _, m := range []*testMount{node, storage} {
		token := m.issuer.token(nil)
		m.login("ci", token)
		fresh := mountOn(t, m.storage)
		if m == node {
			fresh.login("ci", token)
			continue
		}
		require.Equal(t, replayedText, fresh.refuseLogin("ci", token))
		require.Equal(t, replayedText, fresh.refuseLogin("ci", token), "from memory by now")
	}
}
