// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

const replayedText = "error validating token: the token has logged in before, and the role lets a token log in once"

// TestOneLoginPerJWT is the recipe of that name, on a real Vault: one after the
// other, all at once, and with the plugin's process killed in between.
func TestOneLoginPerJWT(t *testing.T) {
	server := ownServer(t, vaultdev.Options{Storage: vaultdev.Raft})
	p, m := newIssuer(t), enableOurs(t, server, "github")
	m.write(t, "config", p.discovery())
	roles := recipeRoles(t, "one-login-per-jwt.md")
	require.Len(t, roles, 1)
	require.Equal(t, "storage", roles["deploy"]["replay"])
	m.write(t, "role/deploy", roles["deploy"])
	m.write(t, "role/node", with(roles["deploy"], object{"replay": "node"}))
	job := func(jti string) string {
		return p.token(object{
			"aud": "https://vault.example.com", "jti": jti, "repository": "octo-org/octo-repo", "repository_id": "74205631",
			"ref": "refs/heads/main", "environment": "production", "run_id": "9817364520",
		})
	}
	replayed := func(t *testing.T, role, token string) {
		t.Helper()
		a := m.login(t, role, token)
		require.Equal(t, 400, a.status, "%s", a.raw)
		require.Equal(t, replayedText, a.text())
		require.Equal(t, "token_replayed", m.read(t, "decisions/"+a.decision())["reason"])
	}

	t.Run("twice", func(t *testing.T) {
		first := job("twice")
		require.ElementsMatch(t, []any{"default", "deploy"}, m.mustLogin(t, "deploy", first)["policies"])
		replayed(t, "deploy", first)
		replayed(t, "node", first)
		m.mustLogin(t, "deploy", job("once more"))
		stranger := p.token(object{"aud": "https://vault.example.com", "jti": "x", "repository_id": "99120034"})
		require.Equal(t, 400, m.login(t, "deploy", stranger).status)
	})
	for _, role := range []string{"node", "deploy"} {
		t.Run("at once, "+role, func(t *testing.T) { oneOfMany(t, m, role, job("crowd-"+role)) })
	}
	t.Run("killed", func(t *testing.T) {
		kept, forgotten := job("killed"), job("killed-node")
		m.mustLogin(t, "deploy", kept)
		m.mustLogin(t, "node", forgotten)
		killPlugin(t, server)
		replayed(t, "deploy", kept)
		m.mustLogin(t, "deploy", job("after the kill"))
		m.mustLogin(t, "node", forgotten) // as the page says of node: which tells that the process is another
		replayed(t, "node", forgotten)
	})
}

// oneOfMany shows one JWT twenty times at once.
func oneOfMany(t *testing.T, m *mount, role, token string) {
	const callers = 20
	before := accessors(t, m)
	answers := make([]answer, callers)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			<-start
			answers[i], _ = m.try(t.Context(), request{method: "POST", path: m.at("login"), body: object{"role": role, "jwt": token}})
		})
	}
	close(start)
	all.Wait()
	granted := 0
	for _, a := range answers {
		if a.status == 200 {
			granted++
			continue
		}
		require.Equal(t, 400, a.status, "%s", a.raw)
		require.Equal(t, replayedText, a.text())
	}
	require.Equal(t, 1, granted)
	require.Equal(t, before+1, accessors(t, m), "Vault made another number of tokens")
}

// accessors counts the tokens that Vault has.
func accessors(t *testing.T, m *mount) int {
	t.Helper()
	keys, _ := m.asRoot(t, "LIST", "auth/token/accessors", nil).data()["keys"].([]any)
	require.NotEmpty(t, keys)
	return len(keys)
}

// killPlugin kills the one process of the plugin, and waits until it is gone.
func killPlugin(t *testing.T, server *vaultdev.Server) {
	t.Helper()
	pids, err := server.PluginPIDs()
	require.NoError(t, err)
	require.Len(t, pids, 1)
	require.NoError(t, syscall.Kill(pids[0], syscall.SIGKILL))
	require.Eventually(t, func() bool {
		now, err := server.PluginPIDs()
		return err == nil && (len(now) == 0 || now[0] != pids[0])
	}, 10*time.Second, 10*time.Millisecond)
}
