// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/shadow"
)

// serveChecks is a Vault server as far as a mirror sees one.
func serveChecks(t testing.TB, staged *testMount) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var fields map[string]any
		if json.NewDecoder(r.Body).Decode(&fields) != nil || r.URL.Path != "/v1/auth/staged/check" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		resp, err := staged.backend.HandleRequest(r.Context(), &logical.Request{
			Operation: logical.UpdateOperation, Path: "check", Data: fields, Storage: staged.storage, Connection: &logical.Connection{RemoteAddr: "127.0.0.1"},
		})
		if err != nil || resp.IsError() {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": resp.Data})
	}))
	t.Cleanup(server.Close)
	return server
}

// newMirroredMount is a ready mount whose logins go to a staged one, which trusts
// the same issuer.
func newMirroredMount(t testing.TB) (live, staged *testMount) {
	t.Helper()
	live, staged = newReadyMount(t), newStagedMount(t)
	staged.write("config", map[string]any{"jwt_validation_pubkeys": live.issuer.key.PEM(), "bound_issuer": live.issuer.id})
	staged.backend.now = live.clock.now
	live.write("shadow", map[string]any{"mount": "staged", "address": serveChecks(t, staged).URL})
	return live, staged
}

// mirrored waits until all that was mirrored was compared.
func (m *testMount) mirrored() shadow.Report {
	m.t.Helper()
	var report shadow.Report
	require.Eventually(m.t, func() bool {
		report = m.backend.mirror.Load().Report()
		return report.Mirrored == report.Seen+report.Errors
	}, 10*time.Second, time.Millisecond)
	return report
}

func TestMirroredLoginsAgree(t *testing.T) {
	t.Parallel()
	live, staged := newMirroredMount(t)
	for _, m := range []*testMount{live, staged} {
		m.write("role/ci", map[string]any{"token_ttl": 60, "token_bound_cidrs": "192.0.2.0/24", "condition": `remote_addr == "192.0.2.10"`})
	}
	live.login("ci", live.issuer.token(nil))
	live.refuseLogin("ci", live.issuer.token(map[string]any{"aud": "other"}))
	live.refuseLogin("ci", "garbage")
	live.refuseLogin("nobody", live.issuer.token(nil))
	live.refuseLogin("", live.issuer.token(nil)) // not a login: it names no role
	report := live.mirrored()
	require.EqualValues(t, 4, report.Seen)
	require.Equal(t, report.Seen, report.Agreed, "%+v", report.Samples)
	require.Zero(t, report.Errors+report.Dropped)

	require.EqualValues(t, json.Number("4"), live.read("shadow/report")["mirrored"])
	live.send(logical.DeleteOperation, "shadow/report", nil)
	require.Zero(t, live.mirrored().Seen)
}

// What waits in the queue is bounded: no login that is longer than a token can
// be, and of the others nothing but their fields.
func TestMirrorKeepsNoMoreThanALogin(t *testing.T) {
	live, _ := newMirroredMount(t)
	long := strings.Repeat("x", 1<<20)
	for _, fields := range []map[string]any{{"role": "ci", "jwt": long}, {"role": long, "jwt": "x"}, {"role": "ci", "jwt": "x", "dpop": long}} {
		require.Error(t, live.ask(fields).Error())
	}
	require.Zero(t, live.backend.mirror.Load().Report().Mirrored)
	live.refuseLogin("ci", "x")
	require.EqualValues(t, 1, live.mirrored().Mirrored)

	// The SDK, or the server in its place, may hand over parts of one long text.
	live.write("shadow", map[string]any{"address": "http://127.0.0.1:1", "queue_size": 4096})
	entry, token := &roleEntry{}, live.issuer.token(nil)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	mirror := live.backend.mirror.Load()
	mirror.Mirror.Close() // nobody takes from the queue
	before := heap()
	for range 64 {
		whole := token + long
		live.backend.mirrorLogin(&attempt{
			snapshot: live.backend.snapshot.Load(), fields: loginFields{role: "ci", jwt: whole[:len(token)]}, entry: entry, judged: auth.Decision{Reason: auth.Subject, Payload: whole},
		}, 0)
	}
	require.EqualValues(t, 64, mirror.Report().Mirrored)
	require.Less(t, heap(), before+16<<20)
	runtime.KeepAlive(mirror)
}

// Whoever has no good token takes neither more memory than the mount's own limit
// of tokens lets them, nor the room of those who have one.
func TestStrangersLeaveRoomInTheMirror(t *testing.T) {
	t.Parallel()
	live, _ := newMirroredMount(t)
	report := func() shadow.Report { return live.backend.mirror.Load().Report() }
	live.refuseLogin("ci", strings.Repeat("x", jws.DefaultTokenBytes+1))
	require.Zero(t, report().Mirrored+report().Dropped)
	live.refuseLogin("ci", strings.Repeat("x", jws.DefaultTokenBytes))
	live.login("ci", " "+live.issuer.token(nil)+strings.Repeat("\n", jws.DefaultTokenBytes))
	require.EqualValues(t, 2, live.mirrored().Agreed)
	live.reconfigure(map[string]any{"max_token_bytes": jws.HardTokenBytes})
	live.refuseLogin("ci", strings.Repeat("x", jws.DefaultTokenBytes+1))
	require.EqualValues(t, 3, live.mirrored().Seen)

	live.write("shadow", map[string]any{"address": "http://127.0.0.1:1", "queue_size": 40})
	live.backend.mirror.Load().Close() // nobody takes from the queue
	for range 100 {
		live.refuseLogin("ci", "garbage")
	}
	require.EqualValues(t, 10, report().Mirrored)
	require.EqualValues(t, 90, report().Dropped)
	other := live.issuer.token(map[string]any{"aud": "other"})
	for range 15 {
		live.login("ci", live.issuer.token(nil))
		live.refuseLogin("ci", other)
	}
	require.EqualValues(t, 40, report().Mirrored)
	require.EqualValues(t, 90, report().Dropped)
	live.login("ci", live.issuer.token(nil))
	require.EqualValues(t, 91, report().Dropped, "it is full")
}

func TestMirrorFindsDifferences(t *testing.T) {
	t.Parallel()
	live, staged := newMirroredMount(t)
	staged.write("role/ci", map[string]any{"bound_subject": "bob", "token_policies": "deploy,admin"})
	live.login("ci", live.issuer.token(nil))
	require.Equal(t, []string{"deploy"}, live.login("ci", live.issuer.token(map[string]any{"sub": "bob"})).Policies)
	report := live.mirrored()
	require.EqualValues(t, 1, report.AllowToDeny)
	require.EqualValues(t, 1, report.Policies)
	require.EqualValues(t, 1, report.GrantsMore)
	text, err := json.Marshal(live.read("shadow/report"))
	require.NoError(t, err)
	require.NotContains(t, string(text), "alice")
}

func TestShadowConfiguration(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	require.Nil(t, m.read("shadow"))
	require.Nil(t, m.read("shadow/report"))
	m.send(logical.DeleteOperation, "shadow/report", nil)
	require.Contains(t, m.refuseWrite("shadow", map[string]any{"mount": "staged"}), `field "address"`)
	require.Contains(t, m.refuseWrite("shadow", map[string]any{"mount": "staged", "address": "http://vault.example"}), "https://")
	require.Nil(t, m.backend.mirror.Load())
	m.write("shadow", map[string]any{"mount": "staged", "address": "http://127.0.0.1:1", "timeout": "2s"})
	first := m.backend.mirror.Load()
	require.Equal(t, map[string]any{
		"mount": "staged", "address": "http://127.0.0.1:1", "ca_pem": "", "namespace": "", "sample_rate": 1.0, "queue_size": 1000, "timeout": int64(2),
	}, m.read("shadow"))
	m.write("shadow", map[string]any{"timeout": 2})
	require.Same(t, first, m.backend.mirror.Load(), "what changes nothing keeps the report")
	m.write("shadow", map[string]any{"sample_rate": 0.5})
	require.NotSame(t, first, m.backend.mirror.Load())
	require.Equal(t, "staged", m.read("shadow")["mount"])
	require.Contains(t, m.refuseWrite("shadow", map[string]any{"queue_size": 1_000_000}), `field "queue_size"`)
	m.send(logical.DeleteOperation, "shadow", nil)
	require.Nil(t, m.backend.mirror.Load())
	require.Nil(t, m.read("shadow"))
	m.login("ci", m.issuer.token(nil))
}

// After a restart, and on a node that is told of a write, logins are mirrored as
// stored. A record that makes no sense costs no login.
func TestMirrorIsLoadedFromStorage(t *testing.T) {
	t.Parallel()
	live, _ := newMirroredMount(t)
	again := mountOn(t, live.storage)
	again.backend.now, again.issuer = live.clock.now, live.issuer
	again.login("ci", live.issuer.token(nil))
	require.EqualValues(t, 1, again.mirrored().Agreed)

	live.send(logical.DeleteOperation, "shadow", nil)
	again.backend.InvalidateKey(t.Context(), "shadow")
	again.login("ci", live.issuer.token(nil))
	require.Nil(t, again.backend.mirror.Load())

	for _, record := range []string{"nonsense", `{"mount": "x", "address": "http://vault.example", "sample_rate": 1}`} {
		live.storage.seed(t, "shadow", record)
		broken := mountOn(t, live.storage)
		broken.backend.now = live.clock.now
		broken.login("ci", live.issuer.token(nil))
		require.Nil(t, broken.backend.mirror.Load())
		require.Contains(t, broken.log.String(), "logins are not mirrored")
	}
}

func TestStagedMountMirrorsNothing(t *testing.T) {
	t.Parallel()
	m := newStagedMount(t)
	for _, path := range []string{"shadow", "shadow/report"} {
		_, err := m.handle(&logical.Request{Operation: logical.ReadOperation, Path: path})
		require.ErrorIs(t, err, logical.ErrUnsupportedPath)
	}
	m.storage.seed(t, "shadow", `{"mount": "x", "address": "http://127.0.0.1:1", "sample_rate": 1, "queue_size": 1, "timeout": 1000000000}`)
	m.backend.InvalidateKey(t.Context(), "shadow")
	require.True(t, m.check(map[string]any{"role": "ci", "jwt": m.issuer.token(nil)}).Allowed)
	require.Nil(t, m.backend.mirror.Load())
}

// A staged mount that hangs, answers errors or is not there changes no login.
func TestBrokenStagedMountDelaysNoLogin(t *testing.T) {
	t.Parallel()
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	failing := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(hanging.Close)
	t.Cleanup(failing.Close)
	for name, address := range map[string]string{"hanging": hanging.URL, "failing": failing.URL, "absent": "http://127.0.0.1:1"} {
		m := newReadyMount(t)
		m.write("shadow", map[string]any{"mount": "staged", "address": address, "queue_size": 8, "timeout": 30})
		token := m.issuer.token(nil)
		begun := time.Now()
		for range 200 {
			m.login("ci", token)
		}
		require.Less(t, time.Since(begun), 5*time.Second, name)
		report := m.backend.mirror.Load().Report()
		require.EqualValues(t, 200, report.Mirrored+report.Dropped, name)
		require.Zero(t, report.Seen, name)
		if name == "hanging" {
			require.GreaterOrEqual(t, report.Dropped, int64(200-8-4))
		}
		m.refuse("ci", m.issuer.token(map[string]any{"aud": "other"}), auth.Audience)
		begun = time.Now()
		m.backend.Cleanup(t.Context())
		require.Less(t, time.Since(begun), 5*time.Second, "the end of the mount does not wait for an answer")
		require.NotContains(t, m.log.String(), token)
	}
}
