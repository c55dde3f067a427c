// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// TestVersion shows that Vault knows what it runs, and does not run what is not
// what was registered.
func TestVersion(t *testing.T) {
	r := need(t)
	server := ownServer(t, vaultdev.Options{})
	m := enableOurs(t, server, "ours")
	about := func() object { return m.asRoot(t, "GET", "sys/auth/ours", nil).data() }
	require.Equal(t, version, about()["plugin_version"])
	require.Equal(t, version, about()["running_plugin_version"])
	require.Equal(t, r.plugin.SHA256, about()["running_sha256"])

	wrong := r.next
	wrong.Version, wrong.SHA256 = "v9.9.9", strings.Repeat("0", 64)
	require.NoError(t, server.RegisterPlugin(t.Context(), vaultdev.PluginName, wrong))
	require.ErrorContains(t, server.EnableAuth(t.Context(), "wrong", vaultdev.PluginName, wrong.Version), "checksums did not match")

	// The right sum under another version than the plugin says it has.
	wrong.SHA256 = r.next.SHA256
	require.ErrorContains(t, server.RegisterPlugin(t.Context(), vaultdev.PluginName, wrong), "version")
	require.Equal(t, version, about()["running_plugin_version"])
}

// TestRestart stops Vault and starts it again on the same data.
func TestRestart(t *testing.T) {
	server := ownServer(t, vaultdev.Options{Storage: vaultdev.Raft})
	p := newIssuer(t)
	m := enableOurs(t, server, "ours")
	m.write(t, "config", with(p.discovery(), object{"token_types": "at+jwt", "login_errors": "detailed"}))
	m.write(t, "role/plain", with(plainRole(), object{"token_ttl": "10m"}))
	m.write(t, "role/rich", richRole())
	config, role := m.read(t, "config"), m.read(t, "role/rich")
	auth := m.mustLogin(t, "rich", p.token(nil))

	require.NoError(t, server.Restart(t.Context()))
	require.Equal(t, config, m.read(t, "config"))
	require.Equal(t, role, m.read(t, "role/rich"))
	again := m.mustLogin(t, "rich", p.token(nil))
	require.Equal(t, auth["entity_id"], again["entity_id"])
	renewed := m.send(t, request{method: "POST", path: "auth/token/renew-self", token: auth["client_token"].(string), body: object{}})
	require.Equal(t, 200, renewed.status, "%s", renewed.raw)
	refused := m.login(t, "plain", p.token(object{"iss": "https://evil.example"}))
	require.Equal(t, refusedText+" (issuer_unknown)", refused.text(), "login_errors is lost")

	// A role that only a token from before names is read when it is renewed.
	require.NoError(t, server.Restart(t.Context()))
	renewed = m.send(t, request{method: "POST", path: "auth/token/renew-self", token: auth["client_token"].(string), body: object{}})
	require.Equal(t, 200, renewed.status, "%s", renewed.raw)
}

// TestDisable removes a mount while it is in use. The process ends with its
// last mount, and nothing is left behind.
func TestDisable(t *testing.T) {
	server := sharedProcess(t, vaultdev.Options{LogLevel: "debug"})
	p := newIssuer(t)
	mounts := []string{"first", "second"}
	for _, path := range mounts {
		require.NoError(t, server.EnableAuth(t.Context(), path, vaultdev.PluginName, version))
		m := newMount(server, path)
		m.write(t, "config", p.jwks())
		m.write(t, "role/plain", plainRole())
		m.mustLogin(t, "plain", p.token(nil))
	}
	pids, err := server.PluginPIDs()
	require.NoError(t, err)
	require.Len(t, pids, 1)

	l := startLoad(t, newMount(server, "second"), 2, "plain", map[string]string{"good": p.token(nil)})
	more := func(passed int) {
		require.Eventually(t, func() bool { return l.passed() >= passed+5 }, 10*time.Second, time.Millisecond, "logins go on")
	}
	more(0)
	require.NoError(t, server.Client().Sys().DisableAuthWithContext(t.Context(), "first"))
	more(l.passed())
	l.stop()
	require.Equal(t, []int{200}, sortedStatuses(l.outcomes["good"]), "the other mount felt it")
	start := time.Now()
	require.NoError(t, server.Client().Sys().DisableAuthWithContext(t.Context(), "second"))
	t.Logf("the last mount was disabled within %s", time.Since(start).Round(time.Millisecond))
	require.Eventually(t, func() bool { return syscall.Kill(pids[0], 0) == syscall.ESRCH }, 10*time.Second, 10*time.Millisecond, "the plugin outlived its last mount")
	log, err := os.ReadFile(server.Log())
	require.NoError(t, err)
	for line := range strings.SplitSeq(string(log), "\n") {
		require.False(t, strings.Contains(line, vaultdev.PluginName) && strings.Contains(line, "[ERROR]"), line)
	}
}

// TestMountsShareNothing has two mounts in one process that trust other keys
// under one issuer's name.
func TestMountsShareNothing(t *testing.T) {
	server := sharedProcess(t, vaultdev.Options{})
	one, two := newIssuer(t), newIssuer(t)
	const name = "https://issuer.example"
	first, second := enableOurs(t, server, "first"), enableOurs(t, server, "second")
	first.write(t, "config", object{"jwt_validation_pubkeys": one.Current().PEM(), "bound_issuer": name})
	second.write(t, "config", object{"jwt_validation_pubkeys": two.Current().PEM(), "bound_issuer": name})
	first.write(t, "role/plain", plainRole())
	second.write(t, "role/plain", plainRole())
	first.write(t, "role/mine", plainRole())
	pids, err := server.PluginPIDs()
	require.NoError(t, err)
	require.Len(t, pids, 1, "the mounts are not in one process")

	ofOne, ofTwo := one.token(object{"iss": name}), two.token(object{"iss": name})
	for range 2 { // the second time, each signature is remembered where it verified
		first.mustLogin(t, "plain", ofOne)
		second.mustLogin(t, "plain", ofTwo)
		require.Equal(t, refusedText, second.login(t, "plain", ofOne).text())
		require.Equal(t, refusedText, first.login(t, "plain", ofTwo).text())
	}
	require.Equal(t, refusedText, second.login(t, "mine", ofTwo).text(), "a role of the other mount")

	// The same URL for keys, and one mount that may not use their algorithm.
	first.write(t, "config", with(one.jwks(), object{"jwt_supported_algs": "RS256"}))
	second.write(t, "config", one.jwks())
	require.Equal(t, refusedText, first.login(t, "plain", one.token(nil)).text())
	second.mustLogin(t, "plain", one.token(nil))
	first.write(t, "config", one.jwks())
	first.mustLogin(t, "plain", one.token(nil))
}
