// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// refusedID logs in, which must be refused, and returns the ID of the decision.
func (m *testMount) refusedID(role, token string) string {
	m.t.Helper()
	req := loginRequest(role, token)
	req.ID = "4711"
	resp, err := m.handle(req)
	require.NoError(m.t, err)
	require.Error(m.t, resp.Error(), "the login was granted")
	_, id := decisionOf(m.t, resp)
	return id
}

func TestDecisionTellsWhatTheCallerIsNotTold(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"bound_claims": map[string]any{"env": "prod"}})
	id := m.refusedID("ci", m.issuer.token(map[string]any{"env": "dev", "other": "SECRET"}))
	told := m.read("decisions/" + id)
	require.Equal(t, "claim_mismatch", told["reason"])
	require.Equal(t, "env", told["about"])
	require.Equal(t, "ci", told["role"])
	require.Equal(t, "default", told["issuer"])
	require.Equal(t, "192.0.2.10", told["remote_addr"])
	require.Equal(t, "4711", told["request_id"])
	require.Equal(t, "2030-01-01T00:00:00Z", told["time"])
	require.Equal(t, false, told["allowed"])
	require.Equal(t, map[string]any{"check": "claims", "about": "env", "ok": false, "reason": "claim_mismatch", "wanted": `"prod"`, "found": `"dev"`}, firstFailed(told))
	require.Contains(t, told["summary"], `found "dev"; wanted "prod"`)
	require.NotContains(t, fmt.Sprint(told), "SECRET")
	require.Nil(t, m.read("decisions/000000000000"))
	m.login("ci", m.issuer.token(map[string]any{"env": "prod"}))
	require.Len(t, m.decisions(), 1, "a granted login is not kept")
}

func (m *testMount) decisions() []string {
	m.t.Helper()
	keys, _ := m.send(logical.ListOperation, "decisions/", nil).Data["keys"].([]string)
	return keys
}

// What stands for the roles of a union has no checks of its own to tell of.
func TestDecisionOnSeveralRoles(t *testing.T) {
	t.Parallel()
	m := newChoosingMount(t, "union")
	for n := range decisionRoles + 1 {
		m.write(fmt.Sprint("role/r", n), autoRole("web", map[string]any{"priority": n % 2}))
	}
	m.login("", m.job("web"))
	require.Error(t, m.loginWith("", m.job("web"), map[string]any{"token_policies": "other"}).Error())
	told := m.read("decisions/" + m.decisions()[0])
	require.Equal(t, "policy_not_granted", told["reason"])
	require.Empty(t, told["checks"])

	m.reconfigure(map[string]any{"role_selection": "match"})
	m.write("role/r0", map[string]any{"priority": 1})
	text := m.refuseLogin("", m.job("web"))
	require.Contains(t, text, "have the same priority")
	require.Len(t, m.read("decisions/" + m.decisions()[0])["roles"], decisionRoles/2+1)
	for n := range decisionRoles + 1 {
		m.write(fmt.Sprint("role/r", n), map[string]any{"priority": 1})
	}
	m.refuseLogin("", m.job("web"))
	require.Len(t, m.read("decisions/" + m.decisions()[0])["roles"], decisionRoles, "names are bounded")
}

// Of a token that nobody vouches for nothing is kept, nor the name of a role
// that does not exist.
func TestDecisionKeepsNothingOfStrangers(t *testing.T) {
	t.Parallel()
	m := newStrangersMount(t)
	for reason, login := range strangers(m) {
		told := m.read("decisions/" + m.refusedID(login[0], login[1]))
		require.Equal(t, string(reason), told["reason"])
		require.Empty(t, told["checks"])
		want := login[0]
		if reason == auth.RoleUnknown {
			want = ""
		}
		require.Equal(t, want, told["role"])
	}
	id := m.refusedID("MARK-7f3a", "MARK-7f3a")
	require.NotContains(t, fmt.Sprint(m.read("decisions/"+id), m.send(logical.ListOperation, "decisions/", nil).Data), "MARK-7f3a")
}

// The newest are kept and listed first. What config says of their number holds
// from the next refusal on, and 0 ends it all.
func TestDecisionLogSize(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	config := func(size int) {
		m.write("config", map[string]any{"jwt_validation_pubkeys": m.issuer.key.PEM(), "bound_issuer": m.issuer.id, "decision_log_size": size})
	}
	require.NotContains(t, m.read("config"), "decision_log_size")
	config(12)
	require.Equal(t, 12, m.read("config")["decision_log_size"])
	var ids []string
	for range 11 {
		ids = append([]string{m.refusedID("ci", m.issuer.token(map[string]any{"aud": "x"}))}, ids...)
	}
	require.Equal(t, ids[:9], m.decisions(), "the other quarter is for strangers")
	config(8)
	require.Equal(t, ids[:6], m.decisions())
	ids = append([]string{m.refusedID("ci", m.issuer.token(map[string]any{"aud": "x"}))}, ids...)
	require.Equal(t, ids[:6], m.decisions())
	config(16)
	require.Equal(t, ids[:6], m.decisions(), "what is gone stays gone")
	ids = append([]string{m.refusedID("ci", m.issuer.token(map[string]any{"aud": "x"}))}, ids...)
	require.Equal(t, ids[:7], m.decisions())

	config(0)
	require.Empty(t, m.decisions())
	require.Empty(t, m.refusedID("ci", "hello"))
	require.Equal(t, refusedText, m.refuseLogin("ci", "hello"), "without a log the texts are those of Vault's own method")
	require.Nil(t, m.read("decisions/"+ids[0]))
	for _, size := range []int{-1, maxDecisionLog + 1} {
		text := m.refuseWrite("config", map[string]any{"jwt_validation_pubkeys": m.issuer.key.PEM(), "decision_log_size": size})
		require.Equal(t, "invalid decision_log_size: it must be from 0 to 10000", text)
	}
}

// Anybody can send garbage, as much as they like. It pushes out garbage only,
// and is itself found among the others in the order of time.
func TestStrangersDoNotFlushTheDecisionLog(t *testing.T) {
	t.Parallel()
	m := newStrangersMount(t)
	m.reconfigure(map[string]any{"decision_log_size": 8})
	wrong := func() string { return m.refusedID("ci", m.issuer.token(map[string]any{"aud": "x"})) }
	kept := []string{wrong(), wrong(), wrong()}
	for range 3 {
		for _, login := range strangers(m) {
			m.refusedID(login[0], login[1])
		}
	}
	last := m.refusedID("ci", "hello")
	kept = append(kept, wrong())
	ids := m.decisions()
	require.Len(t, ids, 4+2)
	require.Equal(t, []string{kept[3], last}, ids[:2])
	require.Equal(t, []string{kept[2], kept[1], kept[0]}, ids[3:])
	for range 10 {
		wrong()
	}
	require.Contains(t, m.decisions(), last, "nor the other way round")
	require.NotContains(t, m.decisions(), kept[3])

	m.reconfigure(map[string]any{"decision_log_size": 1})
	require.Empty(t, m.refusedID("ci", "hello"))
	require.Equal(t, []string{wrong()}, m.decisions())
	for size, share := range map[int]int{0: 0, 1: 0, 2: 1, 4: 1, 5: 2, 1000: 250, 10_000: 2500} {
		require.Equal(t, share, strangersShare(size))
	}
}

// A renewal that is refused has a decision too.
func TestDecisionOfARenewal(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	granted := m.login("ci", m.issuer.token(map[string]any{"env": "dev"}))
	m.write("role/ci", map[string]any{"bound_claims": map[string]any{"env": "prod"}})
	resp, err := m.tryRenew(granted)
	require.NoError(t, err)
	text, id := decisionOf(t, resp)
	require.True(t, strings.HasPrefix(text, "renewal refused: "), text)
	told := m.read("decisions/" + id)
	require.Equal(t, "renewal", told["kind"])
	require.Equal(t, `"dev"`, firstFailed(told)["found"])
	require.NotContains(t, told["summary"], "exp", "a renewal does not look at the times of the login's token")
	m.write("role/ci", map[string]any{"bound_claims": map[string]any{"env": "dev"}})
	m.renew(granted)
}

// One decision holds some kilobytes at most, and those of the failed check first.
func TestDecisionIsBounded(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	bound, claims := map[string]any{"z": "no"}, map[string]any{"z": "failed"}
	for n := range 20 {
		name := fmt.Sprintf("c%02d", n)
		bound[name], claims[name] = strings.Repeat("x", 300), strings.Repeat("x", 300)
	}
	m.write("role/ci", map[string]any{"bound_claims": bound})
	told := m.read("decisions/" + m.refusedID("ci", m.issuer.token(claims)))
	require.Equal(t, `"failed"`, firstFailed(told)["found"])
	require.Contains(t, told["summary"], "(too much to keep)")
	require.Less(t, len(fmt.Sprint(told["checks"])), 3*decisionTexts)
}

// What is kept of refusals keeps nothing else of what was asked in memory.
func TestDecisionsKeepNoRequest(t *testing.T) {
	m := newReadyMount(t)
	heap := func() uint64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	token := m.issuer.token(nil)
	ask := func(n int) {
		// More than a refusal keeps, in texts of which it keeps a part.
		policies := fmt.Sprint("p", n, strings.Repeat(" ", 65_000))
		whole := "192.0.2.10" + "4711" + policies
		req := loginRequest("ci", token)
		req.Data["token_policies"], req.ID = policies, whole[10:14]
		req.Connection = &logical.Connection{RemoteAddr: whole[:10]}
		resp, err := m.handle(req)
		require.NoError(t, err)
		require.Error(t, resp.Error())
	}
	ask(0)
	before := heap()
	for n := range defaultDecisionLog {
		ask(n)
	}
	grown := int64(heap()) - int64(before)
	require.Less(t, grown, int64(8<<20))
	ids := m.decisions()
	require.Len(t, ids, defaultDecisionLog-strangersShare(defaultDecisionLog))
	told := m.read("decisions/" + ids[0])
	require.Equal(t, "policy_not_granted", told["reason"])
	require.Equal(t, fmt.Sprint("p", defaultDecisionLog-1), told["about"])
	require.Equal(t, "192.0.2.10", told["remote_addr"])
	require.Equal(t, "4711", told["request_id"])
}

// The checks of a refusal cost more than the refusal, so a crowd does not get
// them; it is counted and recorded all the same.
func TestDecisionChecksHaveABudget(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	told := func() int {
		n := 0
		for range accountsPerSecond + 10 {
			id := m.refusedID("ci", m.issuer.token(map[string]any{"aud": "x"}))
			if len(m.read("decisions/" + id)["checks"].([]map[string]any)) > 0 {
				n++
			}
		}
		return n
	}
	require.Equal(t, accountsPerSecond, told())
	m.clock.advance(time.Minute)
	require.Equal(t, accountsPerSecond, told())
}

// Refusals, readers and writes of config do not get into each other's way.
func TestDecisionLogIsSafe(t *testing.T) {
	t.Parallel()
	l := newDecisionLog()
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for n := range 200 {
				l.add(1+(n+worker)%7, refused{at: time.Now()}, func() []auth.Check { return []auth.Check{{Name: "x"}} })
				require.LessOrEqual(t, len(l.last(5)), 5)
			}
		})
	}
	wg.Wait()
	require.Len(t, l.last(1), 1)
}

// Garbage is refused at a small and constant cost, recorded or not.
func TestDecisionOfGarbageIsCheap(t *testing.T) {
	m := newReadyMount(t)
	garbage := strings.Repeat("x", 16<<10)
	req := withStorage(m, loginRequest("ci", garbage))
	allocations := testing.AllocsPerRun(200, func() {
		resp, err := m.backend.HandleRequest(context.Background(), req)
		require.NoError(t, err)
		require.True(t, resp.IsError())
	})
	require.LessOrEqual(t, allocations, 25.0)
}
