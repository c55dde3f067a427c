// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// These tests run in real time, since a hanging connection stops the clock of
// a bubble. They never wait for a timeout of the product: what hangs goes on
// hanging until the test has seen that nobody else is held up.

// issuerSeeded stores an issuer without contacting it, as it is on a node that
// finds it in storage.
func issuerSeeded(t *testing.T, storage *issuerStorage, name string, body map[string]any) {
	t.Helper()
	r, err := issuerApply(body)
	require.NoError(t, err)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	storage.seed(t, "issuer/"+name, string(text))
}

func issuerAwait(t *testing.T, p *idp.Provider, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, p.AwaitRequests(ctx, idp.Discovery, n))
}

// TestIssuerThatHangsDelaysNobodyElse: neither a login of another issuer, nor a
// write of config, issuers and roles, nor a look at its own status.
func TestIssuerThatHangsDelaysNobodyElse(t *testing.T) {
	slow, p, def, late := idp.Start(t), idp.Start(t), idp.Start(t), idp.Start(t)
	slow.SetFault(idp.Discovery, idp.Fault{Hang: true})
	storage := &issuerStorage{}
	issuerSeeded(t, storage, "slow", issuerOf(slow))
	issuerSeeded(t, storage, "ci", issuerOf(p))
	m := issuerMountOn(t, storage)
	m.write("role/ci", issuerRole("slow,ci"))
	answered := make(chan auth.Reason, 1)
	go func() { answered <- m.reason("ci", issuerToken(slow)) }()
	issuerAwait(t, slow, 1)

	begun := time.Now()
	for range 200 {
		m.login("ci", issuerToken(p))
	}
	m.write("config", issuerConfig(def))
	m.write("role/ci", map[string]any{"bound_issuers": "slow,ci,default"})
	m.login("ci", issuerToken(def))
	m.write("issuer/late", issuerOf(late))
	require.NoError(t, m.refresh("ci"))
	require.Equal(t, stateCold, m.status("slow")["state"])
	require.Contains(t, m.status("slow")["summary"], "Tokens of this issuer are refused: there are no keys yet.")
	require.Contains(t, m.list("issuer/"), "late")
	select {
	case reason := <-answered:
		t.Fatalf("the login of the hanging issuer was answered with %q after %v: nothing was shown", reason, time.Since(begun))
	default:
	}
	slow.ClearFaults()
	require.Equal(t, auth.Allowed, <-answered)
}

// TestIssuerThatHangsWhileItIsWritten: the lock of writers is not held while
// an issuer is contacted.
func TestIssuerThatHangsWhileItIsWritten(t *testing.T) {
	slow, p := idp.Start(t), idp.Start(t)
	m := issuerNewMount(t)
	m.write("issuer/ci", issuerOf(p))
	m.write("role/ci", issuerRole("ci"))
	slow.SetFault(idp.Discovery, idp.Fault{Hang: true})
	var writes sync.WaitGroup
	for _, path := range []string{"issuer/slow", "config"} {
		body := issuerOf(slow)
		if path == "config" {
			body = issuerWith(issuerConfig(slow), "bound_issuer", "https://other.example")
		}
		writes.Go(func() { m.write(path, body) })
	}
	issuerAwait(t, slow, 2)
	for range 50 {
		m.login("ci", issuerToken(p))
	}
	m.write("issuer/ci", map[string]any{"max_token_age": 3600})
	m.write("role/ci", map[string]any{"token_ttl": "1m"})
	m.login("ci", issuerToken(p))
	require.Equal(t, []string{"ci"}, m.list("issuer/"))
	slow.ClearFaults()
	writes.Wait()
	require.Equal(t, []string{"ci", "default", "slow"}, m.list("issuer/"))
}

// TestIssuerThatHangsHoldsNoCrowd is K10 and K23: many logins of a hanging
// issuer share one fetch, each leaves when its caller does, and nothing of them
// stays behind.
func TestIssuerThatHangsHoldsNoCrowd(t *testing.T) {
	slow := idp.Start(t)
	storage := &issuerStorage{}
	issuerSeeded(t, storage, "slow", issuerOf(slow))
	slow.SetFault(idp.Discovery, idp.Fault{Hang: true})
	m := issuerMountOn(t, storage)
	m.write("role/ci", issuerRole("slow"))
	issuerAwait(t, slow, 1)
	before := runtime.NumGoroutine()

	token := issuerToken(slow)
	var crowd sync.WaitGroup
	for range 300 {
		crowd.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			resp, err := m.handle(ctx, issuerLogin("ci", token))
			require.NoError(t, err)
			requireRefusal(t, resp, refusedText)
		})
	}
	crowd.Wait()
	require.Equal(t, 1, slow.Requests(idp.Discovery), "all of them caused no fetch but the one in the air")
	require.Less(t, runtime.NumGoroutine(), before+100, "the crowd is gone, though the issuer still hangs")

	begun := time.Now()
	m.close()
	require.Less(t, time.Since(begun), 5*time.Second, "closing ends the fetch and does not wait for its timeout")
}

// TestIssuersStartIndependently: 64 issuers, one of which hangs, on a node that
// has just started.
func TestIssuersStartIndependently(t *testing.T) {
	slow, p := idp.Start(t), idp.Start(t)
	slow.SetFault(idp.Discovery, idp.Fault{Hang: true})
	storage := &issuerStorage{}
	issuerSeeded(t, storage, "slow", issuerOf(slow))
	for n := range 63 {
		issuerSeeded(t, storage, fmt.Sprintf("i%d", n), map[string]any{
			"issuer": fmt.Sprintf("https://%d.example", n), "jwks_url": p.JWKSURL(), "ca_pem": p.CAPEM(),
		})
	}
	m := issuerMountOn(t, storage)
	for n := range 63 {
		name := fmt.Sprintf("i%d", n)
		m.write("role/"+name, issuerRole(name))
		resp, err := m.handle(t.Context(), issuerLogin(name, p.Mint(issuerClaims(p, map[string]any{"iss": fmt.Sprintf("https://%d.example", n)}))))
		require.NoError(t, err)
		require.NoError(t, resp.Error(), name)
		require.Equal(t, "issuer:"+name+":alice", resp.Auth.Alias.Name)
	}
	require.Len(t, m.send(logical.ListOperation, "issuer/").Data["keys"], 64)
	require.Equal(t, 63, p.Requests(idp.JWKS))
	require.Equal(t, stateCold, m.status("slow")["state"])
}
