// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package shadow

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/trial"
)

const agreed = `{"data":{"allowed":true,"reason":"allowed","role":"ci","grant":{"alias":"alice","policies":["p"]}}}`

func live() auth.Outcome {
	return auth.Outcome{Allowed: true, Reason: auth.Allowed, Role: "ci", Grant: &auth.Grant{Alias: "alice", Policies: []string{"p"}}}
}

func login() Login {
	return Login{Role: "ci", Token: "secret.token.x", Peer: "192.0.2.1", At: time.Unix(1, 0), Took: 3 * time.Millisecond, Live: live}
}

// open starts a mirror to a server that answers as told.
func open(t *testing.T, answer http.HandlerFunc, change func(*Config)) *Mirror {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	c := good()
	c.Address = server.URL
	if change != nil {
		change(&c)
	}
	m, err := Open(c, trial.Defaults{}, time.Now)
	require.NoError(t, err)
	t.Cleanup(m.Close)
	return m
}

// settled waits until each mirrored login was compared or has failed.
func settled(t *testing.T, m *Mirror) Report {
	t.Helper()
	var r Report
	require.Eventually(t, func() bool {
		r = m.Report()
		return r.Mirrored == r.Seen+r.Errors
	}, 10*time.Second, time.Millisecond)
	return r
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// hangs until the client goes away, which a server only notices once it has read
// the request.
func hangs(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func TestMirrorAsksAndCompares(t *testing.T) {
	t.Parallel()
	var got atomic.Pointer[http.Request]
	var body atomic.Pointer[string]
	m := open(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		s := string(text)
		body.Store(&s)
		got.Store(r)
		says(http.StatusOK, agreed)(w, r)
	}, func(c *Config) { c.Namespace = "team" })
	l := login()
	l.DPoP, l.Certificate = "proof", []byte{1, 2, 3}
	m.Offer(l)
	report := settled(t, m)
	require.EqualValues(t, 1, report.Agreed)
	require.Equal(t, "/v1/auth/ci-staged/check", got.Load().URL.Path)
	require.Equal(t, "team", got.Load().Header.Get("X-Vault-Namespace"))
	require.Empty(t, got.Load().Header.Get("X-Vault-Token"))
	require.JSONEq(t, `{"role":"ci","jwt":"secret.token.x","dpop":"proof","remote_addr":"192.0.2.1","client_certificate":"AQID"}`, *body.Load())
	require.InDelta(t, 3, report.LiveP50, 0.7)
	require.Equal(t, report.LiveP50, report.LiveP99)
	require.Positive(t, report.StagedP50)
	text, err := json.Marshal(report)
	require.NoError(t, err)
	require.NotContains(t, string(text), "secret")
}

func TestMirrorSeesDifferences(t *testing.T) {
	t.Parallel()
	m := open(t, says(http.StatusOK, `{"data":{"allowed":false,"reason":"subject"}}`), nil)
	m.Offer(login())
	denied := login()
	denied.Live = func() auth.Outcome { return auth.Outcome{Reason: auth.SignatureInvalid} }
	m.Offer(denied)
	report := settled(t, m)
	require.EqualValues(t, 1, report.AllowToDeny)
	require.EqualValues(t, 1, report.Reason)
	m.Reset()
	require.Zero(t, m.Report().Seen)
}

// What strangers must not tell apart is not told apart by the comparison either.
func TestBeforeASignatureAllReasonsAgree(t *testing.T) {
	t.Parallel()
	m := open(t, says(http.StatusOK, `{"data":{"allowed":false,"reason":"unverified"}}`), nil)
	for _, reason := range []auth.Reason{auth.TokenForm, auth.SignatureInvalid, auth.RoleUnknown} {
		l := login()
		l.Live = func() auth.Outcome { return auth.Outcome{Reason: reason, Role: "x", Issuer: "y"} }
		m.Offer(l)
	}
	require.EqualValues(t, 3, settled(t, m).Agreed)
}

func TestErrorsAreCountedByKind(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	t.Cleanup(elsewhere.Close)
	for kind, answer := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		},
		"status":  says(http.StatusNotFound, agreed),
		"answer":  says(http.StatusOK, `{"data":{"allowed":true,"reason":"subject"}}`),
		"connect": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"timeout": hangs,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m := open(t, answer, func(c *Config) {
				c.Timeout = 10 * time.Second // a busy machine must not make it a timeout
				if kind == "timeout" {
					c.Timeout = 50 * time.Millisecond
				}
			})
			m.Offer(login())
			report := settled(t, m)
			require.EqualValues(t, 1, report.Errors)
			require.EqualValues(t, 1, report.ErrorsByKind[kind], "%v", report.ErrorsByKind)
			require.Zero(t, report.Seen)
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "{}", `{"data":{}}`, `{"data":{"allowed":true,"reason":"allowed"}}`, `{"data":{"reason":"subject","grant":{}}}`,
		strings.Repeat(" ", maxAnswer) + agreed,
	} {
		_, kind := parseAnswer([]byte(text))
		require.Equal(t, errAnswer, kind, "%.60s", text)
	}
	o, kind := parseAnswer([]byte(agreed))
	require.Empty(t, kind)
	require.Equal(t, live(), o)
}

// A token goes nowhere unless the server proves who it is.
func TestTLSIsChecked(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		says(http.StatusOK, agreed)(w, r)
	}))
	t.Cleanup(server.Close)
	c := good()
	c.Address, c.Timeout = server.URL, 10*time.Second // a busy machine must not make it a timeout
	untrusted, err := Open(c, trial.Defaults{}, time.Now)
	require.NoError(t, err)
	t.Cleanup(untrusted.Close)
	untrusted.Offer(login())
	require.EqualValues(t, 1, settled(t, untrusted).ErrorsByKind["connect"])
	require.Zero(t, asked.Load())

	c.CAPEM = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	trusted, err := Open(c, trial.Defaults{}, time.Now)
	require.NoError(t, err)
	t.Cleanup(trusted.Close)
	trusted.Offer(login())
	require.EqualValues(t, 1, settled(t, trusted).Agreed)
}

func TestSampling(t *testing.T) {
	t.Parallel()
	for rate, bounds := range map[float64][2]int64{0: {0, 0}, 0.5: {300, 700}, 1: {1000, 1000}} {
		m := open(t, says(http.StatusOK, agreed), func(c *Config) { c.SampleRate, c.QueueSize = rate, 1000 })
		for range 1000 {
			m.Offer(login())
		}
		report := m.Report()
		require.GreaterOrEqual(t, report.Mirrored, bounds[0])
		require.LessOrEqual(t, report.Mirrored, bounds[1])
		require.Zero(t, report.Dropped)
	}
}

// A server that never answers costs logins nothing but a place in the queue,
// and Close does not wait for it.
func TestHangingServerDropsAndDelaysNobody(t *testing.T) {
	t.Parallel()
	m := open(t, hangs, func(c *Config) { c.Timeout = MaxTimeout })
	begun := time.Now()
	for range 10_000 {
		m.Offer(login())
	}
	require.Less(t, time.Since(begun), 2*time.Second)
	report := m.Report()
	require.EqualValues(t, 10_000, report.Mirrored+report.Dropped)
	require.LessOrEqual(t, report.Mirrored, int64(good().QueueSize+workers))
	begun = time.Now()
	m.Close()
	require.Less(t, time.Since(begun), 5*time.Second)
}

// What strangers wait for is theirs again when it was taken from the queue or
// did not fit, and never more than a quarter of the queue.
func TestStrangersHaveAShareOfTheQueue(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	m := open(t, func(w http.ResponseWriter, r *http.Request) {
		<-release
		says(http.StatusOK, agreed)(w, r)
	}, func(c *Config) { c.QueueSize, c.Timeout = 8, MaxTimeout })
	defer func() {
		select {
		case <-release:
		default:
			close(release)
		}
	}()
	stranger := login()
	stranger.Stranger = true
	for range workers {
		m.Offer(login())
	}
	require.Eventually(t, func() bool { return len(m.queue) == 0 }, 10*time.Second, time.Millisecond, "all workers ask")
	for range 5 {
		m.Offer(stranger)
	}
	require.EqualValues(t, workers+2, m.Report().Mirrored)
	require.EqualValues(t, 3, m.Report().Dropped)
	for range 6 {
		m.Offer(login())
	}
	require.EqualValues(t, workers+8, m.Report().Mirrored)
	m.Offer(login())
	m.Offer(stranger)
	require.EqualValues(t, 5, m.Report().Dropped)
	close(release)
	require.EqualValues(t, workers+8, settled(t, m).Agreed)
	require.Zero(t, m.waiting.Load())
	m.Offer(stranger)
	require.EqualValues(t, workers+9, settled(t, m).Mirrored)

	for size, share := range map[int]int64{1: 0, 2: 1, 4: 1, 5: 2, 8: 2, MaxQueue: MaxQueue / 4} {
		require.Equal(t, share, Config{QueueSize: size}.strangersShare(), size)
	}
}

func TestPanicIsAnError(t *testing.T) {
	t.Parallel()
	m := open(t, says(http.StatusOK, agreed), nil)
	for range 2 * workers {
		l := login()
		l.Live = func() auth.Outcome { panic("boom") }
		m.Offer(l)
		require.NotZero(t, settled(t, m).ErrorsByKind["internal"])
	}
	m.Offer(login())
	require.EqualValues(t, 1, settled(t, m).Agreed, "its workers live on")
}
