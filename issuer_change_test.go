// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// TestIssuerDeletedIsRefusedFromThenOn: at login and at renewal, and nothing of
// it stays in storage.
func TestIssuerDeletedIsRefusedFromThenOn(t *testing.T) {
	p, kept := idp.Start(t), idp.Start(t)
	issuerBubble(t, func(t *testing.T, _ *issuerWorld) {
		m := issuerNewMount(t)
		m.write("issuer/a", issuerOf(p))
		m.write("issuer/b", issuerOf(kept))
		m.write("role/ci", issuerRole("a,b"))
		gone, stays := m.login("ci", issuerToken(p)), m.login("ci", issuerToken(kept))
		require.NoError(t, m.renew(gone))
		m.settle()
		require.Contains(t, m.storage.dump(t), "keys/a/0")

		m.remove("issuer/a")
		m.settle()
		require.Equal(t, []string{"b"}, m.list("issuer/"))
		require.Nil(t, m.read("issuer/a"))
		require.Nil(t, m.status("a"))
		for key := range m.storage.dump(t) {
			require.NotContains(t, key, "a/0")
		}
		require.Equal(t, auth.IssuerUnknown, m.reason("ci", issuerToken(p)))
		require.ErrorContains(t, m.renew(gone), "renewal refused: the issuer that the login came from is not accepted any more; log in again")
		require.NoError(t, m.renew(stays))
		m.remove("issuer/a") // once more changes nothing
		m.login("ci", issuerToken(kept))
	})
}

// TestIssuerDeletedBesideADefaultThatTakesAll: the claims of a token whose
// issuer is gone would choose the default issuer now. It did not sign them.
func TestIssuerDeletedBesideADefaultThatTakesAll(t *testing.T) {
	m := issuerNewMount(t)
	body, key := issuerStatic(t, "https://a.example")
	other, err := idp.GenerateKey("ES256", "")
	require.NoError(t, err)
	p := idp.Start(t)
	token := func(k *idp.Key) string {
		return p.MintWith(k, nil, issuerClaims(p, map[string]any{"iss": "https://a.example"}))
	}
	m.write("config", map[string]any{"jwt_validation_pubkeys": other.PEM()})
	m.write("issuer/a", issuerWith(body, "alias_names", "plain"))
	m.write("role/ci", issuerRole("a,default"))
	granted := m.login("ci", token(key))
	require.Equal(t, "alice", granted.Alias.Name)
	require.NoError(t, m.renew(granted))

	m.remove("issuer/a")
	require.Equal(t, auth.SignatureInvalid, m.reason("ci", token(key)))
	require.ErrorContains(t, m.renew(granted), "the issuer that the login came from is not accepted any more")
	ofDefault := m.login("ci", token(other))
	require.NoError(t, m.renew(ofDefault))

	m.write("issuer/a", body)
	require.ErrorContains(t, m.renew(ofDefault), "the issuer that the login came from is not accepted any more", "and the other way round")
}

// TestIssuerFailingFetchChangesNothing: an issuer that is written while its
// provider fails stays as it was, in storage and for logins.
func TestIssuerFailingFetchChangesNothing(t *testing.T) {
	p, other := idp.Start(t), idp.Start(t)
	issuerBubble(t, func(t *testing.T, w *issuerWorld) {
		m := issuerNewMount(t)
		m.write("role/ci", issuerWith(issuerRole(""), "bound_issuers", ""))
		w.fault(other, issuerDown())
		require.Contains(t, m.refuseWrite("issuer/b", issuerOf(other)),
			"the keys of the issuer cannot be fetched, and nothing was changed: discovery document of "+other.Issuer()[8:]+": answered with status 503")
		require.Nil(t, m.read("issuer/b"))
		require.Equal(t, auth.Reason(""), m.reason("ci", issuerToken(other)), "the mount is still without any issuer")

		m.write("issuer/a", issuerOf(p))
		m.write("role/ci", issuerRole("a"))
		m.settle()
		before, fetched := m.storage.dump(t), m.status("a")["last_fetch"]
		w.fault(p, idp.Fault{Body: []byte("<html>")})
		time.Sleep(time.Minute)
		require.Contains(t, m.refuseWrite("issuer/a", map[string]any{"max_token_age": 1}), "not a discovery document")
		m.settle()
		require.Equal(t, before, m.storage.dump(t))
		require.Equal(t, fetched, m.status("a")["last_fetch"], "the key source is the one that was there")
		require.Equal(t, stateHealthy, m.status("a")["state"])
		m.login("ci", issuerToken(p))

		// With force it is written, and the stored keys stand in.
		require.Len(t, m.write("issuer/a", map[string]any{"max_token_age": 3600, "force": true}), 1)
		require.Equal(t, stateFailing, m.status("a")["state"])
		require.Equal(t, true, m.status("a")["from_storage"])
		m.login("ci", issuerToken(p))
		require.Equal(t, auth.TokenTooOld, m.reason("ci", p.Mint(issuerClaims(p, map[string]any{"iat": time.Now().Add(-2 * time.Hour).Unix()}))))
	})
}

// TestIssuerStorageFailureChangesNothing: a write that cannot be stored is a
// fault, and logins go on as before.
func TestIssuerStorageFailureChangesNothing(t *testing.T) {
	p := idp.Start(t)
	m := issuerNewMount(t)
	m.write("issuer/a", issuerOf(p))
	m.write("role/ci", issuerRole("a"))
	m.storage.breakWrites("issuer/")
	_, err := m.put("issuer/a", map[string]any{"jwt_supported_algs": "RS256"})
	require.ErrorIs(t, err, errIssuerDisk)
	_, err = m.put("issuer/b", issuerWith(issuerOf(p), "issuer", p.Issuer()+"/", "oidc_discovery_url", "", "jwks_url", p.JWKSURL()))
	require.ErrorIs(t, err, errIssuerDisk)
	m.login("ci", issuerToken(p))
	require.Equal(t, []string{"a"}, m.list("issuer/"))

	// Keys that cannot be stored cost no login.
	m.storage.breakWrites("keys/")
	m.write("issuer/a", map[string]any{"max_token_age": 3600})
	require.NoError(t, m.refresh("a"))
	m.login("ci", issuerToken(p))
	require.Eventually(t, func() bool { return strings.Contains(m.log.String(), "could not be stored") }, 20*time.Second, time.Millisecond)
	require.NotContains(t, m.log.String(), p.Current().PEM())
}

// TestIssuerConcurrentWritesDoNotUndoEachOther: an issuer is contacted between
// the reading and the writing of its record. Whoever comes second is told.
func TestIssuerConcurrentWritesDoNotUndoEachOther(t *testing.T) {
	for name, meanwhile := range map[string]func(*issuerMount){
		"write":  func(m *issuerMount) { m.write("issuer/a", map[string]any{"max_token_age": 60}) },
		"delete": func(m *issuerMount) { m.remove("issuer/a") },
	} {
		t.Run(name, func(t *testing.T) {
			p := idp.Start(t)
			m := issuerNewMount(t)
			m.write("issuer/a", issuerOf(p))
			p.ResetCounters()
			p.SetFault(idp.Discovery, idp.Fault{Hang: true, Times: 1})
			answer := make(chan error)
			go func() {
				resp, err := m.put("issuer/a", map[string]any{"token_types": "at+jwt"})
				if err == nil && resp != nil {
					err = resp.Error()
				}
				answer <- err
			}()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			require.NoError(t, p.AwaitRequests(ctx, idp.Discovery, 1))
			meanwhile(m)
			want := m.storage.records(t)
			p.ClearFaults()
			require.ErrorContains(t, <-answer, "somebody else wrote or deleted the issuer meanwhile")
			require.Equal(t, want, m.storage.records(t))
		})
	}
}

// TestIssuerRecordsSurvive: a new backend on the same storage has the same
// issuers, and their tokens log in.
func TestIssuerRecordsSurvive(t *testing.T) {
	p, other := idp.Start(t), idp.Start(t)
	m := issuerNewMount(t)
	m.write("config", issuerConfig(other))
	m.write("issuer/a", issuerWith(issuerOf(p), "max_token_age", 3600, "token_types", "at+jwt"))
	m.write("role/ci", issuerRole("a,default"))
	granted, before := m.login("ci", issuerToken(p)), m.read("issuer/a")
	m = m.restart()
	require.Equal(t, before, m.read("issuer/a"))
	require.Equal(t, []string{"a", "default"}, m.list("issuer/"))
	require.Equal(t, "issuer:a:alice", m.login("ci", issuerToken(p)).Alias.Name)
	require.Equal(t, "alice", m.login("ci", issuerToken(other)).Alias.Name)
	require.NoError(t, m.renew(granted))
}

// TestIssuerWrittenByAnotherNode: Vault tells by the key what has changed.
func TestIssuerWrittenByAnotherNode(t *testing.T) {
	p, other := idp.Start(t), idp.Start(t)
	active := issuerNewMount(t)
	active.write("issuer/a", issuerOf(p))
	active.write("role/ci", issuerRole("a"))
	standby := issuerMountOn(t, active.storage)
	standby.login("ci", issuerToken(p))
	source := standby.backend.snapshot.Load().named["a"]

	active.write("issuer/b", issuerOf(other))
	active.write("role/both", issuerRole("a,b"))
	require.Equal(t, auth.IssuerUnknown, standby.reason("ci", issuerToken(other)), "it has not been told yet")
	standby.backend.InvalidateKey(t.Context(), "issuer/b")
	standby.backend.InvalidateKey(t.Context(), "role/both")
	standby.login("both", issuerToken(other))
	require.Same(t, source, standby.backend.snapshot.Load().named["a"], "an issuer that did not change keeps its keys")

	active.write("issuer/a", map[string]any{"jwt_supported_algs": "RS256"})
	standby.backend.InvalidateKey(t.Context(), "issuer/a")
	require.Equal(t, auth.TokenAlgorithm, standby.reason("ci", issuerToken(p)))
	active.remove("issuer/b")
	standby.backend.InvalidateKey(t.Context(), "issuer/b")
	require.Equal(t, auth.IssuerUnknown, standby.reason("both", issuerToken(other)))
	standby.backend.InvalidateKey(t.Context(), "keys/a/0")
	require.True(t, standby.backend.snapshot.Load().ready, "stored keys are read when they are needed")
}

// TestIssuerThatCannotBeUsed: a record that this version cannot use refuses its
// tokens, hurts nobody else, and says so.
func TestIssuerThatCannotBeUsed(t *testing.T) {
	p := idp.Start(t)
	m := issuerNewMount(t)
	m.write("issuer/good", issuerOf(p))
	m.write("role/ci", issuerRole("good"))
	for name, record := range map[string]string{
		"url":     `{"issuer":"https://bad.example","jwks_url":"ftp://bad.example"}`,
		"empty":   `{}`,
		"pem":     `{"issuer":"https://pem.example","jwt_validation_pubkeys":["x"]}`,
		"nobody":  `{"issuer":"https://t.example/{tenantid}","jwks_url":"https://t.example"}`,
		"garbage": `not JSON`,
	} {
		m.storage.seed(t, "issuer/"+name, record)
	}
	m = m.restart()
	m.login("ci", issuerToken(p))
	for _, name := range []string{"url", "empty", "pem", "nobody", "garbage"} {
		status := m.status(name)
		require.Equal(t, stateUnusable, status["state"], name)
		require.Contains(t, status["summary"], "Tokens of this issuer are refused", name)
		if name != "nobody" {
			require.NotEmpty(t, status["last_error"], name)
		}
	}
	require.Contains(t, m.log.String(), "keys of a stored issuer cannot be used; write it anew")
	require.Equal(t, `the record "issuer/garbage" in storage is not readable by this version`, m.status("garbage")["last_error"])

	repaired := issuerWith(issuerOf(p), "issuer", p.Issuer()+"/", "oidc_discovery_url", "", "jwks_url", p.JWKSURL(), "alias_names", "prefixed")
	m.write("issuer/url", repaired)
	require.Equal(t, stateHealthy, m.status("url")["state"])
	m.remove("issuer/url")
	m.remove("issuer/garbage")
	m.write("issuer/garbage", repaired)
	require.Equal(t, stateHealthy, m.status("garbage")["state"])
}
