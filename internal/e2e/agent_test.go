// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// agent is a Vault Agent that logs in with the token in one file and writes
// what it gets to another.
type agent struct {
	jwt, sink, log string
}

// startAgent runs `vault agent` until the test ends.
func startAgent(t *testing.T, m *mount, role string, extra object) *agent {
	t.Helper()
	dir := t.TempDir()
	a := &agent{jwt: filepath.Join(dir, "job.jwt"), sink: filepath.Join(dir, "token"), log: filepath.Join(dir, "agent.log")}
	config := object{
		"vault": object{"address": m.base},
		"auto_auth": object{
			"enable_reauth_on_new_credentials": true,
			"method":                           object{"type": "jwt", "mount_path": "auth/" + m.path, "config": with(object{"path": a.jwt, "role": role}, extra)},
			"sinks":                            []object{{"sink": object{"type": "file", "config": object{"path": a.sink, "mode": 0o600}}}},
		},
	}
	file := filepath.Join(dir, "agent.json")
	require.NoError(t, os.WriteFile(file, encode(config), 0o600))

	cmd := exec.Command(vaultdev.Require(t), "agent", "-config="+file)
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	log, err := os.Create(a.log)
	require.NoError(t, err)
	defer log.Close() // the agent has its own descriptor
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // ends with the signal's status
		if t.Failed() {
			t.Log(a.said(t))
		}
	})
	return a
}

// said is the agent's log.
func (a *agent) said(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(a.log)
	require.NoError(t, err)
	return string(text)
}

// provide puts a token into the agent's file in one step. Shells and editors
// end a file with a line break.
func (a *agent) provide(t *testing.T, token string) {
	t.Helper()
	require.NoError(t, os.WriteFile(a.jwt+".new", []byte(token+"\n"), 0o600))
	require.NoError(t, os.Rename(a.jwt+".new", a.jwt))
}

// await returns the Vault token in the sink, as soon as it is another one than
// the given.
func (a *agent) await(t *testing.T, old string) string {
	t.Helper()
	var token string
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(a.sink)
		token = string(text)
		return err == nil && token != "" && token != old
	}, 20*time.Second, 20*time.Millisecond, "the agent wrote no new token")
	return token
}

// TestAgent logs a Vault Agent in and gives it a new token to log in with.
func TestAgent(t *testing.T) {
	r := need(t)
	p := newIssuer(t)
	m := enableOurs(t, r.server, pathFor(t, "ours"))
	m.write(t, "config", p.discovery())
	m.write(t, "role/job", with(plainRole(), object{"token_policies": "job", "token_ttl": "10m"}))
	for name, extra := range map[string]object{
		"removes the file": nil,
		"keeps the file":   {"remove_jwt_after_reading": false, "jwt_read_period": "100ms"},
	} {
		t.Run(name, func(t *testing.T) {
			a := startAgent(t, m, "job", extra)
			a.provide(t, p.token(nil))
			first := a.await(t, "")
			require.Equal(t, m.path+"-alice", lookedUp(t, m, first)["display_name"])
			a.provide(t, p.token(object{"sub": "bob"}))
			second := a.await(t, first)
			about := lookedUp(t, m, second)
			require.Equal(t, m.path+"-bob", about["display_name"])
			require.Equal(t, []any{"default", "job"}, about["policies"])
			if extra == nil {
				require.NoFileExists(t, a.jwt)
			}
		})
	}
}

// TestAgentIsRefused shows that an agent with a token that is not accepted goes
// on trying, and gets in with the next one.
func TestAgentIsRefused(t *testing.T) {
	r := need(t)
	p := newIssuer(t)
	m := enableOurs(t, r.server, pathFor(t, "ours"))
	m.write(t, "config", p.discovery())
	m.write(t, "role/job", plainRole())
	a := startAgent(t, m, "job", object{"remove_jwt_after_reading": false, "jwt_read_period": "100ms"})
	refused := p.token(object{"aud": "other", "sub": "mallory"})
	a.provide(t, refused)
	require.Eventually(t, func() bool { return strings.Contains(a.said(t), "invalid audience (aud) claim") }, 20*time.Second, 20*time.Millisecond)
	a.provide(t, p.token(nil))
	require.Equal(t, m.path+"-alice", lookedUp(t, m, a.await(t, ""))["display_name"])
	require.NotContains(t, a.said(t), strings.Split(refused, ".")[2])
}

func lookedUp(t *testing.T, m *mount, token string) object {
	t.Helper()
	a := m.asRoot(t, "POST", "auth/token/lookup", object{"token": token})
	require.Equal(t, 200, a.status, "%s", a.raw)
	return a.data()
}
