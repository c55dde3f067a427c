// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"encoding/json"
	"regexp"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// testMount is one mount as Vault sees it, with all that surrounds it in the
// test's hands: storage, clock, log and the caller's address.
type testMount struct {
	t       testing.TB
	backend *backend
	storage *spyStorage
	clock   *fakeClock
	log     *logBuffer
	peer    string
	spends  bool           // logins may write that their token was used
	issuer  *offlineIssuer // whose key newReadyMount put into config
}

// newMount mounts the plugin on empty storage.
func newMount(t testing.TB) *testMount {
	t.Helper()
	return mountOn(t, newSpyStorage())
}

// mountOn mounts the plugin on storage that already holds something, as after
// a restart of Vault or when another plugin wrote it. The keys of issuers are not
// kept in it: storage changes by requests alone, so that tests can compare it.
func mountOn(t testing.TB, storage *spyStorage) *testMount {
	t.Helper()
	m := &testMount{t: t, storage: storage, clock: newFakeClock(), log: &logBuffer{}, peer: "192.0.2.10"}
	m.backend = newBackend("v1.2.3", m.clock.now)
	system := logical.TestSystemView()
	system.PluginEnvironment = &logical.PluginEnvironment{VaultVersion: "1.21.0"} // help asks for it
	require.NoError(t, m.backend.Setup(context.Background(), &logical.BackendConfig{
		Logger:      hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: m.log}),
		System:      system,
		StorageView: storage,
	}))
	t.Cleanup(func() { m.backend.Cleanup(context.Background()) })
	return m
}

// newReadyMount is a mount that trusts one static key and has the role "ci".
// Nothing of it needs a network.
func newReadyMount(t testing.TB) *testMount {
	t.Helper()
	m := newMount(t)
	m.issuer = newOfflineIssuer(t, m.clock)
	m.write("config", map[string]any{"jwt_validation_pubkeys": m.issuer.key.PEM(), "bound_issuer": m.issuer.id})
	m.write("role/ci", jwtRole(nil))
	return m
}

// jwtRole is the body of a role that the claims of offlineIssuer satisfy. A nil
// value in over removes a field.
func jwtRole(over map[string]any) map[string]any {
	return overlay(map[string]any{
		"role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault", "token_policies": "deploy",
	}, over)
}

func overlay(base, over map[string]any) map[string]any {
	for name, value := range over {
		if base[name] = value; value == nil {
			delete(base, name)
		}
	}
	return base
}

// handle sends one request and checks what must hold for every answer that
// this method ever gives: no Auth beside an error (CVE-2026-46405), and no
// login, granted or refused, that writes to storage.
func (m *testMount) handle(req *logical.Request) (*logical.Response, error) {
	req.Storage = m.storage
	if req.Connection == nil && m.peer != "" {
		req.Connection = &logical.Connection{RemoteAddr: m.peer}
	}
	writes := m.storage.writes.Load()
	resp, err := m.backend.HandleRequest(context.Background(), req)
	if resp != nil && resp.Auth != nil {
		require.NoError(m.t, err, "an Auth came with an error")
		require.False(m.t, resp.IsError(), "an Auth came with an error response")
	}
	if granted := resp != nil && resp.Auth != nil; req.Path == loginPath && !(m.spends && (granted || err != nil)) {
		require.Equal(m.t, writes, m.storage.writes.Load(), "a login wrote to storage")
	}
	return resp, err
}

// send is handle for requests that must not end in a fault.
func (m *testMount) send(op logical.Operation, path string, data map[string]any) *logical.Response {
	m.t.Helper()
	resp, err := m.handle(&logical.Request{Operation: op, Path: path, Data: data})
	require.NoError(m.t, err)
	return resp
}

// put writes as Vault does: it asks first whether the path exists, which
// decides between create and update.
func (m *testMount) put(path string, data map[string]any) (*logical.Response, error) {
	m.t.Helper()
	var op logical.Operation = logical.UpdateOperation
	checked, exists, err := m.backend.HandleExistenceCheck(context.Background(),
		&logical.Request{Operation: logical.CreateOperation, Path: path, Data: data, Storage: m.storage})
	if err != nil {
		return nil, err
	}
	if checked && !exists {
		op = logical.CreateOperation
	}
	return m.handle(&logical.Request{Operation: op, Path: path, Data: data})
}

// write writes config or a role and returns the warnings.
func (m *testMount) write(path string, data map[string]any) []string {
	m.t.Helper()
	resp, err := m.put(path, data)
	require.NoError(m.t, err)
	if resp == nil {
		return nil
	}
	require.NoError(m.t, resp.Error())
	return resp.Warnings
}

// refuseWrite sends a write that must be refused, checks that it changed
// nothing in storage, and returns the text.
func (m *testMount) refuseWrite(path string, data map[string]any) string {
	m.t.Helper()
	before := m.storage.dump(m.t)
	resp, err := m.put(path, data)
	require.NoError(m.t, err)
	require.NotNil(m.t, resp, "the write was accepted")
	require.Error(m.t, resp.Error(), "the write was accepted")
	require.Equal(m.t, before, m.storage.dump(m.t), "a refused write changed storage")
	return resp.Error().Error()
}

// read returns what is read back, nil if there is nothing.
func (m *testMount) read(path string) map[string]any {
	m.t.Helper()
	resp := m.send(logical.ReadOperation, path, nil)
	if resp == nil {
		return nil
	}
	require.NoError(m.t, resp.Error())
	return resp.Data
}

func (m *testMount) list() []string {
	m.t.Helper()
	keys, _ := m.send(logical.ListOperation, "role/", nil).Data["keys"].([]string)
	return keys
}

func loginRequest(role, token string) *logical.Request {
	return &logical.Request{Operation: logical.UpdateOperation, Path: loginPath, Data: map[string]any{"role": role, "jwt": token}}
}

// login logs in, which must succeed.
func (m *testMount) login(role, token string) *logical.Auth {
	m.t.Helper()
	resp, err := m.handle(loginRequest(role, token))
	require.NoError(m.t, err)
	require.NoError(m.t, resp.Error())
	require.NotNil(m.t, resp.Auth)
	return resp.Auth
}

// refuse logs in, which must be refused for that reason, and returns what the
// caller reads.
func (m *testMount) refuse(role, token string, want auth.Reason) string {
	m.t.Helper()
	resp, err := m.handle(loginRequest(role, token))
	require.NoError(m.t, err, "a refusal is an answer, not a fault")
	require.Error(m.t, resp.Error(), "the login was granted")
	text := m.requireRecorded(resp, kindLogin, want)
	require.Equal(m.t, want, m.reason(role, token), "refused for another reason: %s", text)
	if role != "" { // then each role's verdict would be told
		m.requireExplained(role, token, want)
	}
	if want.BeforeSignature() {
		require.Equal(m.t, refusedText, text, "a caller without a verified token could tell causes apart")
	}
	return text
}

// reason runs the same decision as a login once more and returns why it was
// made. Callers are not told as much.
func (m *testMount) reason(role, token string) auth.Reason {
	m.t.Helper()
	req := loginRequest(role, token)
	req.Storage, req.Connection = m.storage, &logical.Connection{RemoteAddr: m.peer}
	a, _, err := m.backend.decide(context.Background(), req)
	require.NoError(m.t, err)
	return a.decision.Reason
}

// refuseLogin logs in, which must be refused, and returns what the caller reads.
func (m *testMount) refuseLogin(role, token string) string {
	m.t.Helper()
	resp, err := m.handle(loginRequest(role, token))
	require.NoError(m.t, err)
	require.Error(m.t, resp.Error(), "the login was granted")
	text, _ := decisionOf(m.t, resp)
	return text
}

// tryRenew renews a token as Vault does: what the login answered comes back
// through storage, that is, through JSON.
func (m *testMount) tryRenew(granted *logical.Auth) (*logical.Response, error) {
	m.t.Helper()
	a := stored(m.t, granted)
	a.IssueTime = granted.IssueTime // which Vault keeps beside it
	return m.handle(&logical.Request{Operation: logical.RenewOperation, Path: loginPath, Auth: a})
}

// stored is an Auth after a round through Vault's storage.
func stored(t testing.TB, a *logical.Auth) *logical.Auth {
	t.Helper()
	text, err := json.Marshal(a)
	require.NoError(t, err)
	var back logical.Auth
	require.NoError(t, json.Unmarshal(text, &back))
	return &back
}

// renew renews a token, which must succeed.
func (m *testMount) renew(granted *logical.Auth) *logical.Auth {
	m.t.Helper()
	resp, err := m.tryRenew(granted)
	require.NoError(m.t, err)
	require.NoError(m.t, resp.Error())
	return resp.Auth
}

// refuseRenewal renews a token, which must be refused, and returns the text.
func (m *testMount) refuseRenewal(granted *logical.Auth) string {
	m.t.Helper()
	resp, err := m.tryRenew(granted)
	require.NoError(m.t, err)
	require.Error(m.t, resp.Error(), "the renewal was granted")
	text, _ := decisionOf(m.t, resp)
	return text
}

// of is the mount after a restart: the same clock and issuer.
func (m *testMount) of(before *testMount) *testMount {
	m.clock, m.issuer = before.clock, before.issuer
	m.backend.now = m.clock.now
	return m
}

var decisionSuffix = regexp.MustCompile(`^(.*) \(decision ([0-9a-f]{12})\)$`)

// decisionOf parts the text of a refusal from the ID of the decision, "" if it
// has none.
func decisionOf(t testing.TB, resp *logical.Response) (text, id string) {
	t.Helper()
	text = resp.Error().Error()
	if m := decisionSuffix.FindStringSubmatch(text); m != nil {
		return m[1], m[2]
	}
	return text, ""
}

// requireRecorded checks that the refusal leads to a decision that tells its
// reason, and returns the text without the ID.
func (m *testMount) requireRecorded(resp *logical.Response, kind string, want auth.Reason) string {
	m.t.Helper()
	text, id := decisionOf(m.t, resp)
	require.NotEmpty(m.t, id, "a refusal without the ID of a decision")
	told := m.read("decisions/" + id)
	require.Equal(m.t, kind, told["kind"])
	require.Equal(m.t, string(want), told["reason"])
	if checks := told["checks"].([]map[string]any); want.BeforeSignature() {
		require.Empty(m.t, checks, "something of a token that nobody vouches for was kept")
	} else if first := firstFailed(told); len(checks) > 0 {
		require.Equal(m.t, string(want), first["reason"])
	}
	return text
}

// requireRefusal checks the text of a refusal, but for the ID of its decision.
func requireRefusal(t testing.TB, resp *logical.Response, want string) {
	t.Helper()
	require.Error(t, resp.Error(), "the login was granted")
	text, _ := decisionOf(t, resp)
	require.Equal(t, want, text)
}
