// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/notices"
)

// ledger is Vault's end of observations and events.
type ledger struct {
	m  *testMount
	mu sync.Mutex
	// observations and events are what came, the name under "name".
	observations, events []map[string]any
}

func (l *ledger) RecordObservationFromPlugin(_ context.Context, name string, data map[string]any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.observations = append(l.observations, overlay(map[string]any{"name": name}, data))
	return nil
}

func (l *ledger) SendEvent(_ context.Context, name logical.EventType, e *logical.EventData) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, overlay(map[string]any{"name": string(name)}, e.GetMetadata().AsMap()))
	return nil
}

// observing connects a mount to a server of that version and with its ledger.
func (m *testMount) observing(version, metadata string) *ledger {
	m.t.Helper()
	l := &ledger{m: m}
	system := logical.TestSystemView()
	system.PluginEnvironment = &logical.PluginEnvironment{VaultVersion: version, VaultVersionMetadata: metadata}
	require.NoError(m.t, m.backend.Setup(m.t.Context(), &logical.BackendConfig{
		Logger: m.backend.Logger(), System: system, StorageView: m.storage, EventsSender: l, ObservationRecorder: l,
	}))
	m.backend.learnServer(m.t.Context())
	return l
}

// take waits until so many observations and events have come, checks that there
// are no more, and begins anew.
func (l *ledger) take(observations, events int) (o, e []map[string]any) {
	l.m.t.Helper()
	// What was sent last of each queue is delivered last of it.
	const end = "end"
	l.m.backend.notices.Send(notices.Notice{Sort: notices.Usual, Kind: notices.Observation, Name: end})
	l.m.backend.notices.Send(notices.Notice{Sort: notices.Urgent, Kind: notices.Observation, Name: end})
	l.m.backend.notices.Send(notices.Notice{Sort: notices.Urgent, Kind: notices.Event, Name: end})
	isEnd := func(n map[string]any) bool { return n["name"] == end }
	l.m.eventually(func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		o, e = slices.DeleteFunc(slices.Clone(l.observations), isEnd), slices.DeleteFunc(slices.Clone(l.events), isEnd)
		return len(o) == len(l.observations)-2 && len(e) == len(l.events)-1
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.observations, l.events = nil, nil
	require.Len(l.m.t, o, observations, "%v", o)
	require.Len(l.m.t, e, events, "%v", e)
	return o, e
}

// Where Vault passes notices on, it is told of changes and of logins.
func TestVaultEnterpriseIsTold(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	l := m.observing("1.21.0", "ent.hsm.fips1403")
	require.Equal(t, "all", m.read("status")["observations"])
	_, err := m.handle(&logical.Request{ID: "r1", Operation: logical.UpdateOperation, Path: "role/ci", Data: map[string]any{"token_ttl": 60}, ClientID: "c", EntityID: "e"})
	require.NoError(t, err)
	m.refuseWrite("role/ci", map[string]any{"bound_claims_type": "odd"})
	m.read("role/ci")
	o, e := l.take(1, 1)
	require.Equal(t, []map[string]any{{"name": "claims/role-write", "path": "role/ci", "request_id": "r1", "client_id": "c", "entity_id": "e"}}, o)
	require.Equal(t, []map[string]any{{"name": "claims/role-write", "path": "role/ci", "data_path": "role/ci", "operation": "update", "modified": "true"}}, e)

	req := loginRequest("ci", m.issuer.token(nil))
	req.ID = "r2"
	resp, err := m.handle(req)
	require.NoError(t, err)
	m.renew(resp.Auth)
	id := m.refusedID("ci", m.issuer.token(map[string]any{"aud": "other"}))
	m.refuse("ci", "not.a.token", auth.TokenForm) // which anybody can send
	m.write("role/ci", map[string]any{"bound_subject": "other"})
	m.refuseRenewal(resp.Auth)
	o, e = l.take(5, 1)
	require.Len(t, e, 1)
	renewalID := m.decisions()[0]
	change := slices.IndexFunc(o, func(n map[string]any) bool { return n["name"] == "claims/role-write" }) // which may have overtaken
	require.Equal(t, map[string]any{"name": "claims/role-write", "path": "role/ci", "request_id": ""}, o[change])
	require.Equal(t, []map[string]any{
		{"name": "claims/login", "path": "login", "request_id": "r2", "outcome": "granted", "role": "ci", "issuer": "default"},
		{"name": "claims/renewal", "path": "login", "request_id": "", "outcome": "granted", "role": "ci", "issuer": "default"},
		{"name": "claims/login", "path": "login", "request_id": "4711", "outcome": "refused", "role": "ci", "issuer": "default", "reason": "audience", "decision": id},
		{"name": "claims/renewal", "path": "login", "request_id": "", "outcome": "refused", "role": "ci", "issuer": "default", "reason": "subject", "decision": renewalID},
	}, slices.Delete(o, change, change+1))
	m.eventually(func() bool { return m.sample(`notices_total{kind="observation",result="sent"}`) == "10" })
}

func TestNoticesOfSelectedRoles(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.reconfigure(map[string]any{"role_selection": "union"})
	for _, name := range []string{"a", "b"} {
		m.write("role/"+name, jwtRole(map[string]any{"auto_select": true, "token_type": "service"}))
	}
	l := m.observing("1.21.0", "ent")
	require.NoError(t, m.ask(map[string]any{"jwt": m.issuer.token(nil)}).Error())
	m.write("role/b", map[string]any{"token_type": "batch"})
	resp := m.ask(map[string]any{"jwt": m.issuer.token(nil)})
	require.Error(t, resp.Error())
	o, _ := l.take(3, 1)
	o = slices.DeleteFunc(o, func(n map[string]any) bool { return n["name"] != "claims/login" })
	require.Equal(t, "a,b", o[0]["role"])
	require.Equal(t, "role_conflict", o[1]["reason"])
	require.Equal(t, "a,b", o[1]["role"])
}

// What the operator says comes before what the server is.
func TestWhatVaultIsToldOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ version, metadata, set, want string }{
		{"1.21.0", "", "", "off"},
		{"1.21.0", "", "auto", "off"},
		{"1.21.0", "", "all", "all"},
		{"1.21.0", "", "changes", "changes"},
		{"2.4.1", "bao", "auto", "off"},
		{"1.21.0", "ent", "", "all"},
		{"1.21.0+ent", "", "auto", "all"},
		{"1.21.0+entirely", "", "auto", "off"},
		{"1.21.0", "ent.hsm", "changes", "changes"},
		{"1.21.0", "ent", "off", "off"},
	} {
		m := newReadyMount(t)
		l := m.observing(c.version, c.metadata)
		if c.set != "" {
			m.reconfigure(map[string]any{"observations": c.set})
			require.Equal(t, c.set, m.read("config")["observations"])
		} else {
			require.NotContains(t, m.read("config"), "observations")
		}
		require.Equal(t, c.want, m.read("status")["observations"], "%v", c)
		m.login("ci", m.issuer.token(nil))
		changes := 0
		if c.set == "all" || c.set == "changes" || c.want != "off" && c.set != "" {
			changes = 1 // of config, which is in force when it is told of
		}
		switch c.want {
		case "off":
			m.eventually(func() bool { return m.sample("roles") == "1" })
			require.Empty(t, l.observations)
			require.Empty(t, l.events)
		case "changes":
			l.take(changes, changes)
		default:
			o, _ := l.take(changes+1, changes)
			require.Equal(t, "claims/login", o[changes]["name"])
		}
	}
	m := newReadyMount(t)
	require.Equal(t, `invalid observations: "some"; it must be 'auto', 'all', 'changes' or 'off'`,
		m.refuseWrite("config", map[string]any{"jwt_validation_pubkeys": m.issuer.key.PEM(), "observations": "some"}))
}

// A start learns what the server is.
func TestWarmStartLearnsTheServer(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.observing("1.21.0", "ent")
	m.backend.passesOn.Store(false)
	m.backend.storage = m.storage
	m.initialize()
	m.eventually(m.backend.passesOn.Load)
}

// A server without the services costs nothing more than the first attempt, and
// the SDK's word for that is understood.
func TestServerWithoutServices(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.reconfigure(map[string]any{"observations": "all"})
	m.eventually(func() bool { return strings.Count(m.log.String(), "no more are sent") == 2 })
	m.login("ci", m.issuer.token(nil))
	require.Empty(t, m.sample(`notices_total{kind="observation",result="sent"}`))
	require.Empty(t, m.sample(`notices_total{kind="observation",result="failed"}`))
	require.NoError(t, supported(nil))
	other := errors.New("x")
	require.Equal(t, other, supported(other))
}

// Each operation that stores or removes something has a name, and only those.
func TestEveryChangeHasAName(t *testing.T) {
	t.Parallel()
	silent := map[string]bool{ // they change nothing that is stored
		"update login": true, "update explain": true, "update oidc/auth_url": true, "update oidc/callback": true, "update issuer/x/refresh": true,
		"delete role/x/candidate/report": true, "delete shadow/report": true, "update lint": true,
	}
	named := map[string]bool{}
	for _, p := range newMount(t).backend.Paths {
		path := strings.TrimSuffix(p.Pattern, "$")
		for name := range p.Fields {
			if from := strings.Index(path, "(?P<"+name+">"); from >= 0 {
				to := from + strings.Index(path[from:], "(([\\w-.]+)?\\w)?)") + len("(([\\w-.]+)?\\w)?)")
				path = path[:from] + "x" + path[to:]
			}
		}
		require.NotContains(t, path, "(", p.Pattern)
		for op := range p.Operations {
			if !slices.Contains([]logical.Operation{logical.CreateOperation, logical.UpdateOperation, logical.PatchOperation, logical.DeleteOperation}, op) {
				require.Empty(t, changeOf(path, op))
				continue
			}
			request := string(op) + " " + path
			if silent[request] {
				require.Empty(t, changeOf(path, op), request)
				continue
			}
			require.Regexp(t, "^claims/[a-z]+-(write|delete|promote|rollback)$", changeOf(path, op), request)
			named[changeOf(path, op)] = true
		}
	}
	require.Len(t, named, 13)
}

// Nothing of a token is in what Vault is told, whatever became of it.
func TestNothingOfATokenIsObserved(t *testing.T) {
	t.Parallel()
	const mark = "MARK-7f3a"
	m := newStrangersMount(t)
	m.write("role/marked", markedRole(mark))
	l := m.observing("1.21.0", "ent")
	var tokens []string
	for reason, token := range marked(m, mark) {
		if reason != auth.AudienceNone {
			m.refuse("marked", token, reason)
			tokens = append(tokens, token)
		}
	}
	text := fmt.Sprint(l.take(2*len(tokens), 0)) // refuse tries everything twice
	for reason, login := range strangers(m) {
		m.refuse(login[0], login[1], reason)
	}
	l.take(0, 0)
	good := m.issuer.token(map[string]any{"sub": mark, "email": mark, "team": mark, "desk": mark, "groups": []any{mark}, "jti": mark})
	m.renew(m.login("marked", good))
	text += fmt.Sprint(l.take(2, 0))
	require.Contains(t, text, "claims/renewal")
	require.NotContains(t, text, mark)
	require.NotContains(t, text, base64.RawURLEncoding.EncodeToString([]byte(mark))[:8])
	for _, token := range append(tokens, good) {
		for _, trace := range traces(token) {
			require.NotContains(t, text, trace)
		}
	}
}
