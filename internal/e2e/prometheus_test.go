// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// TestPrometheusScrapes has a real Prometheus scrape a mount of a real Vault,
// with a token that can do nothing else, and asks it what the dashboard asks.
func TestPrometheusScrapes(t *testing.T) {
	r := need(t)
	promtool := needPrometheus(t, "promtool")
	m := enableOurs(t, r.server, pathFor(t, "ours"))
	p := idp.Start(t)
	m.write(t, "config", object{"oidc_discovery_url": p.Issuer(), "oidc_discovery_ca_pem": p.CAPEM()})
	m.write(t, "role/ci", object{"role_type": "jwt", "user_claim": "sub", "bound_audiences": idp.Audience})
	m.mustLogin(t, "ci", p.Mint(p.Claims(nil)))
	m.mustLogin(t, "ci", p.Mint(p.Claims(nil)))
	require.False(t, m.login(t, "ci", p.Mint(p.Claims(map[string]any{"aud": "x"}))).ok())
	require.False(t, m.login(t, "no-such-role", p.Mint(p.Claims(nil))).ok())

	token := scrapeToken(t, m)
	text := m.send(t, request{method: "GET", path: m.at("metrics"), header: map[string]string{"Authorization": "Bearer " + token}})
	require.Equal(t, 200, text.status)
	require.Equal(t, 403, m.send(t, request{method: "GET", path: m.at("metrics")}).status)
	require.Equal(t, 403, m.send(t, request{method: "GET", path: m.at("status"), token: token}).status)
	pipeTo(t, text.raw, promtool, "check", "metrics")

	prometheus := startPrometheus(t, m, token)
	prometheus.eventually(t, `vault_auth_claims_logins_total{role="ci",issuer="default",outcome="granted",reason="allowed",mount="`+m.path+`"}`, "2")
	prometheus.eventually(t, `vault_auth_claims_logins_total{role="ci",outcome="refused",reason="audience"}`, "1")
	prometheus.eventually(t, `vault_auth_claims_logins_total{role="",outcome="refused",reason="role_unknown"}`, "1")
	prometheus.eventually(t, `vault_auth_claims_issuer_state{issuer="default",state="healthy"}`, "1")
	prometheus.eventually(t, `count(vault_auth_claims_build_info{version="`+version+`"})`, "1")
	m.mustLogin(t, "ci", p.Mint(p.Claims(nil)))
	prometheus.eventually(t, `sum(vault_auth_claims_login_duration_seconds_count{outcome="granted"})`, "3")

	queries := dashboardQueries(t)
	require.Greater(t, len(queries), 20)
	for _, query := range queries {
		_, err := prometheus.query(t, query)
		require.NoError(t, err, query)
	}
}

// TestStatusOnTheCommandLine reads status and metrics as an operator does.
func TestStatusOnTheCommandLine(t *testing.T) {
	r := need(t)
	m := enableOurs(t, r.server, pathFor(t, "ours"))
	p := idp.Start(t)
	m.write(t, "config", object{"oidc_discovery_url": p.Issuer(), "oidc_discovery_ca_pem": p.CAPEM()})
	m.write(t, "role/ci", object{"role_type": "jwt", "user_claim": "sub", "bound_audiences": idp.Audience})
	m.mustLogin(t, "ci", p.Mint(p.Claims(nil)))
	require.False(t, m.login(t, "ci", "x").ok())

	table, err := r.server.CLI(t.Context(), "read", m.at("status"))
	require.NoError(t, err)
	t.Log("\n" + table)
	for _, want := range []string{
		"version                     " + version, "logins_granted              1", "logins_refused_by_reason    map[token_form:1]", "state:healthy",
	} {
		require.Contains(t, table, want)
	}
	status := m.read(t, "status")
	require.Equal(t, "v0.25.1", status["sdk_version"])
	require.Equal(t, "healthy", status["issuers"].(object)["default"].(object)["state"])

	text, err := r.server.CLI(t.Context(), "read", "-field=text", m.at("metrics"), "format=json")
	require.NoError(t, err)
	require.Contains(t, text, `vault_auth_claims_logins_total{issuer="default",outcome="granted",reason="allowed",role="ci"} 1`)
	raw, err := r.server.CLI(t.Context(), "read", "-format=raw", m.at("metrics"))
	require.NoError(t, err)
	require.Contains(t, raw, "\n# TYPE vault_auth_claims_logins_total counter\n")
	_, err = r.server.CLI(t.Context(), "read", m.at("metrics"))
	require.ErrorContains(t, err, "invalid character '#'", "docs/metrics.md says that a table cannot show it")
}

// needPrometheus finds a program of the Prometheus package.
func needPrometheus(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("there is no %s here: install Prometheus (Debian: apt-get install --no-install-recommends prometheus)", name)
	}
	return path
}

// scrapeToken is the token that docs/metrics.md tells to make.
func scrapeToken(t *testing.T, m *mount) string {
	t.Helper()
	policy := fmt.Sprintf("path %q {\n  capabilities = [\"read\"]\n}\n", m.at("metrics"))
	require.True(t, m.asRoot(t, "PUT", "sys/policies/acl/"+m.path, object{"policy": policy}).ok())
	a := m.asRoot(t, "POST", "auth/token/create-orphan", object{"policies": []string{m.path}, "no_default_policy": true, "period": "72h"})
	require.True(t, a.ok(), "%s", a.raw)
	return a.auth()["client_token"].(string)
}

// pipeTo runs a command that must find nothing to say.
func pipeTo(t *testing.T, input []byte, command ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Stdin = bytes.NewReader(input)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%v: %s", command, out)
	require.NotContains(t, string(out), "use ", "advice: %s", out)
	require.Empty(t, strings.TrimSpace(strings.ReplaceAll(string(out), "SUCCESS", "")), "%v", command)
}

// prometheus is a running server.
type prometheus struct{ url string }

// startPrometheus runs a server that scrapes the mount every second, until the
// end of the test.
func startPrometheus(t *testing.T, m *mount, token string) *prometheus {
	t.Helper()
	program, promtool, dir := needPrometheus(t, "prometheus"), needPrometheus(t, "promtool"), t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	write("vault-token", token)
	write("rules.yml", alertRules(t))
	config := write("prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
  - job_name: vault-auth-claims
    metrics_path: /v1/%s
    authorization: {credentials_file: vault-token}
    static_configs:
      - targets: [%q]
        labels: {mount: %s}
`, m.at("metrics"), strings.TrimPrefix(m.base, "http://"), m.path))
	out, err := exec.CommandContext(t.Context(), promtool, "check", "config", config).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "7 rules found")

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := listener.Addr().String()
	require.NoError(t, listener.Close())
	cmd := exec.CommandContext(t.Context(), program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+addr)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // when the test is over
	cmd.WaitDelay = 10 * time.Second
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Wait() // it was told to end
		if t.Failed() {
			t.Logf("the log of Prometheus:\n%s", log.String())
		}
	})
	return &prometheus{"http://" + addr}
}

// query returns the value of each series.
func (p *prometheus) query(t *testing.T, query string) ([]string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/api/v1/query?query="+url.QueryEscape(query), nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	var body struct {
		Status, Error string
		Data          struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.Unmarshal(raw, &body); err != nil || body.Status != "success" {
		return nil, fmt.Errorf("%s: %s", resp.Status, raw)
	}
	values := make([]string, len(body.Data.Result))
	for i, r := range body.Data.Result {
		values[i], _ = r.Value[1].(string)
	}
	return values, nil
}

// eventually waits for a query to have one answer.
func (p *prometheus) eventually(t *testing.T, query, want string) {
	t.Helper()
	require.Eventually(t, func() bool {
		got, err := p.query(t, query)
		return err == nil && len(got) == 1 && got[0] == want
	}, 30*time.Second, 200*time.Millisecond, "%s is not %s", query, want)
}

// alertRules is the block of docs/metrics.md.
func alertRules(t *testing.T) string {
	t.Helper()
	_, rules, found := strings.Cut(readDoc(t, "metrics.md"), "```yaml\ngroups:\n")
	require.True(t, found)
	rules, _, found = strings.Cut(rules, "```")
	require.True(t, found)
	return "groups:\n" + rules
}

// dashboardQueries are those of the dashboard, as Grafana would send them.
func dashboardQueries(t *testing.T) []string {
	t.Helper()
	var dashboard struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	require.NoError(t, json.Unmarshal([]byte(readDoc(t, "grafana/vault-auth-claims.json")), &dashboard))
	var all []string
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			all = append(all, strings.NewReplacer("$job", ".*", "$mount", ".*", "$__rate_interval", "1m").Replace(target.Expr))
		}
	}
	return all
}

func readDoc(t *testing.T, name string) string {
	t.Helper()
	root, err := vaultdev.ModuleRoot()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docs", name))
	require.NoError(t, err)
	return string(text)
}
