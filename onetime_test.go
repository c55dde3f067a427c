// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/replay"
)

const replayedText = "error validating token: the token has logged in before, and the role lets a token log in once"

func newOneTimeMount(t testing.TB, mode string) *testMount {
	t.Helper()
	m := newReadyMount(t)
	m.spends = mode == "storage"
	m.write("role/ci", map[string]any{"replay": mode})
	return m
}

// as logs in as Vault's request of that ID does.
func (m *testMount) as(id, token string) (*logical.Response, error) {
	req := loginRequest("ci", token)
	req.ID = id
	return m.handle(req)
}

// twin is the other signature that verifies for an ES256 token: s becomes n-s.
func twin(t testing.TB, token string) string {
	t.Helper()
	dot := strings.LastIndexByte(token, '.')
	sig, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	require.NoError(t, err)
	s := new(big.Int).SetBytes(sig[32:])
	s.Sub(elliptic.P256().Params().N, s).FillBytes(sig[32:])
	return token[:dot+1] + base64.RawURLEncoding.EncodeToString(sig)
}

// A token of a one-time role logs in once, whatever is done to its outside.
func TestReplayIsRefused(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"node", "storage"} {
		m := newOneTimeMount(t, mode)
		m.write("role/other", jwtRole(map[string]any{"replay": "node"}))
		m.write("role/lax", jwtRole(nil))
		for _, jti := range []any{"j1", nil} {
			token := m.issuer.token(map[string]any{"jti": jti})
			m.login("ci", token)
			for range 2 {
				require.Equal(t, replayedText, m.refuseLogin("ci", token))
			}
			require.Equal(t, replayedText, m.refuseLogin("ci", twin(t, token)), "the signature's twin is another token")
			require.Equal(t, replayedText, m.refuseLogin("ci", " "+token+"\n"))
			require.Equal(t, replayedText, m.refuseLogin("other", token), "another role")
			m.login("lax", token)
			m.login("lax", twin(t, token))
		}
		require.Equal(t, replayedText, m.refuseLogin("ci", m.issuer.token(map[string]any{"jti": "j1", "n": 1})), "the jti is what counts")
		m.login("ci", m.issuer.token(map[string]any{"jti": "j2"}))
		m.login("ci", m.issuer.token(map[string]any{"n": 2}))
	}
}

// Whatever is not a login that is granted leaves the token as it is.
func TestOnlyAGrantedLoginSpends(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"node", "storage"} {
		m := newOneTimeMount(t, mode)
		m.write("role/strict", jwtRole(map[string]any{"replay": mode, "bound_subject": "bob"}))
		m.write("role/later", jwtRole(map[string]any{"replay": mode, "token_ttl_follows_jwt": true}))
		token := m.issuer.token(map[string]any{"jti": "j1"})
		for range 2 {
			m.refuseLogin("strict", token)
			m.refuseLogin("nobody", token)
			m.refuseLogin("ci", forged(token))
			for _, op := range []logical.Operation{logical.AliasLookaheadOperation, logical.ResolveRoleOperation} {
				resp, err := m.handle(&logical.Request{Operation: op, Path: loginPath, Data: loginRequest("ci", token).Data})
				require.NoError(t, err)
				require.NoError(t, resp.Error())
			}
			m.refuseLogin("later", m.issuer.token(map[string]any{"jti": "j2", "exp": m.clock.in(-time.Second)}))
		}
		require.Zero(t, m.backend.spent.Len())
		m.login("ci", token)
		require.Equal(t, 1, m.backend.spent.Len())
		m.login("ci", m.issuer.token(map[string]any{"jti": "j2"}))
	}
}

// Of a hundred callers who show one token at once, one gets in.
func TestParallelReplaysHaveOneWinner(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"node", "storage"} {
		m := newOneTimeMount(t, mode)
		for round := range 20 {
			token := m.issuer.token(map[string]any{"jti": "j" + strconv.Itoa(round)})
			tokens := []string{token, twin(t, token)}
			var won, refused atomic.Int64
			var group sync.WaitGroup
			begin := make(chan struct{})
			for i := range 100 {
				group.Go(func() {
					<-begin
					req := loginRequest("ci", tokens[i%2])
					req.ID, req.Storage, req.Connection = strconv.Itoa(i), m.storage, &logical.Connection{RemoteAddr: m.peer}
					resp, err := m.backend.HandleRequest(context.Background(), req)
					switch {
					case err == nil && resp.Auth != nil:
						won.Add(1)
					case err == nil && resp.IsError():
						refused.Add(1)
					}
				})
			}
			close(begin)
			group.Wait()
			require.EqualValues(t, 1, won.Load(), mode)
			require.EqualValues(t, 99, refused.Load(), mode)
		}
	}
}

// Writes of config, issuers and roles do not make a token good again.
func TestWritesForgetNoReplay(t *testing.T) {
	t.Parallel()
	m := newOneTimeMount(t, "node")
	token := m.issuer.token(nil)
	m.login("ci", token)
	m.reconfigure(nil)
	m.write("role/ci", map[string]any{"token_ttl": "1m"})
	m.send(logical.DeleteOperation, "role/ci", nil)
	m.write("role/ci", jwtRole(map[string]any{"replay": "node"}))
	m.backend.InvalidateKey(t.Context(), "config")
	require.Equal(t, replayedText, m.refuseLogin("ci", token))
}

// A token is remembered as long as any role would take it.
func TestReplayIsRememberedPastTheLeeway(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"node", "storage"} {
		m := newOneTimeMount(t, mode)
		m.write("role/late", jwtRole(map[string]any{"replay": mode, "clock_skew_leeway": "300s"}))
		token := m.issuer.token(nil)
		m.login("ci", token)
		m.clock.advance(10*time.Minute + 299*time.Second)
		require.Equal(t, replayedText, m.refuseLogin("late", token))
		m.clock.advance(time.Second)
		require.Contains(t, m.refuseLogin("late", token), "token is expired")
	}
}

// Memory that is full lets nobody in whom it could not remember.
func TestReplayFull(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"node", "storage"} {
		m := newOneTimeMount(t, mode)
		m.backend.spent = replay.New(1)
		m.login("ci", m.issuer.token(map[string]any{"jti": "j1"}))
		second := m.issuer.token(map[string]any{"jti": "j2"})
		require.Contains(t, m.refuseLogin("ci", second), "no room to remember")
		require.NotContains(t, m.refuseLogin("ci", second), "j2")
		m.clock.advance(15 * time.Minute)
		m.login("ci", m.issuer.token(map[string]any{"jti": "j3"}))
	}
}

// Storage that fails lets nobody in, and does not use a token up.
func TestReplayStorageFault(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"get", "put"} {
		m := newOneTimeMount(t, "storage")
		token := m.issuer.token(map[string]any{"jti": "j1"})
		m.login("ci", m.issuer.token(nil))
		m.storage.failOn(op)
		resp, err := m.as("r1", token)
		require.ErrorIs(t, err, errDisk)
		require.Nil(t, resp)
		require.NotContains(t, err.Error(), "replay/", "the storage key is a hash of something of the token")
		m.storage.fail(nil)
		m.login("ci", token)
		require.Equal(t, replayedText, m.refuseLogin("ci", token))
	}
	m := newOneTimeMount(t, "storage")
	token := m.issuer.token(nil)
	m.login("ci", token)
	for key := range m.storage.dump(t) {
		if strings.HasPrefix(key, "replay/") {
			m.storage.seed(t, key, "{")
		}
	}
	_, err := mountOn(t, m.storage).as("r1", token)
	require.ErrorContains(t, err, "is not readable by this version")
}

// A node that may not write says so in the way that makes Vault Enterprise ask
// the one that may, although the error has become text on its way here.
func TestReplayOnAStandby(t *testing.T) {
	t.Parallel()
	m := newOneTimeMount(t, "storage")
	token := m.issuer.token(nil)
	m.storage.fail(func(op, _ string) error {
		if op == "put" {
			return errors.New(logical.ErrReadOnly.Error())
		}
		return nil
	})
	_, err := m.as("r1", token)
	require.Equal(t, logical.ErrReadOnly, err)
	m.storage.fail(nil)
	m.login("ci", token)
}

// The record tells nothing of the token, and is not sent to other clusters,
// which could not write it.
func TestReplayRecords(t *testing.T) {
	t.Parallel()
	m := newOneTimeMount(t, "storage")
	_, err := m.as("request-1", m.issuer.token(map[string]any{"jti": "MARK"}))
	require.NoError(t, err)
	var records []string
	for key, record := range m.storage.dump(t) {
		if strings.HasPrefix(key, "replay/") {
			records = append(records, key)
			require.Regexp(t, `^replay/([0-9a-f]{2})/[0-9a-f]{64}$`, key)
			require.NotContains(t, key+record, "MARK")
			require.JSONEq(t, `{"request":"request-1","until":`+strconv.FormatInt(m.clock.in(15*time.Minute), 10)+`}`, record)
		}
	}
	require.Len(t, records, 1)
	require.Contains(t, m.backend.SpecialPaths().LocalStorage, "replay/")
}

func BenchmarkOneTimeLogin(b *testing.B) {
	for _, mode := range []string{"off", "node", "storage"} {
		b.Run(mode, func(b *testing.B) {
			m := newReadyMount(b)
			m.write("role/ci", map[string]any{"replay": mode})
			tokens := make([]string, b.N)
			for i := range tokens {
				tokens[i] = m.issuer.token(map[string]any{"jti": strconv.Itoa(i)})
			}
			b.ReportAllocs()
			b.ResetTimer()
			for _, token := range tokens {
				req := loginRequest("ci", token)
				req.Storage, req.Connection = m.storage, &logical.Connection{RemoteAddr: m.peer}
				resp, err := m.backend.HandleRequest(context.Background(), req)
				if err != nil || resp.Auth == nil {
					b.Fatal(resp, err)
				}
			}
		})
	}
}
