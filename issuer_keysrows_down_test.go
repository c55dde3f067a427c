// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// These are the scenes in which the issuer does not answer as it should.

func sceneDownWarm(s *issuerScene) {
	s.warm()
	s.world.fault(s.p, issuerDown())
	require.Error(s.t, s.m.refresh("ci"))
	s.login(issuerToken(s.p))
	s.p.ResetCounters()
	time.Sleep(50 * time.Minute)
	require.InDelta(s.t, 58, s.p.Requests(idp.Discovery), 12, "once a minute or a little more often")
	s.login(issuerToken(s.p))
	status := s.look()
	require.Contains(s.t, status["last_error"], "answered with status 503")
	require.Equal(s.t, "2000-01-01T01:00:00Z", status["stale_until"])
}

func sceneDownCold(s *issuerScene) {
	s.world.fault(s.p, issuerDown())
	issuerSeeded(s.t, s.m.storage, "ci", issuerOf(s.p))
	s.m.write("role/ci", issuerRole("ci"))
	s.login(issuerToken(s.p))
	at := time.Now()
	for range 100 {
		s.login(issuerToken(s.p))
	}
	require.Zero(s.t, time.Since(at), "at once")
	require.Equal(s.t, 1, s.p.Requests(idp.Discovery), "callers do not add to the attempts")
	require.Contains(s.t, s.look()["last_error"], "answered with status 503")
}

func sceneDownAfterRestart(s *issuerScene) {
	s.warm()
	s.m.settle()
	s.world.fault(s.p, issuerDown())
	time.Sleep(30 * time.Minute)
	s.m = s.m.restart()
	s.login(issuerToken(s.p))
	status := s.look()
	require.Equal(s.t, true, status["from_storage"])
	require.Equal(s.t, "2000-01-01T01:00:00Z", status["stale_until"], "with the age they have")
}

func sceneHanging(s *issuerScene) {
	s.warm()
	s.p.SetFault(idp.Discovery, idp.Fault{Hang: true})
	var waiting sync.WaitGroup
	defer waiting.Wait()
	waiting.Go(func() { s.m.reason("ci", s.unknownKid()) })
	issuerAwait(s.t, s.p, 1)
	begun := time.Now()
	s.login(issuerToken(s.p))
	require.Less(s.t, time.Since(begun), 3*time.Second)
	s.look()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	s.loginIn(ctx, s.unknownKid())
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && s.m.status("ci")["failures"] == 0; {
		time.Sleep(20 * time.Millisecond)
	}
	require.Contains(s.t, s.look()["last_error"], "timed out waiting for the answer")
}

func sceneGarbage(s *issuerScene) {
	s.warm()
	for _, body := range []string{"<html>sign in</html>", `{"error":"x"}`, `{"keys":[],"keys":[]}`, "{", ""} {
		s.world.fault(s.p, idp.Fault{Body: []byte(body)})
		require.Error(s.t, s.m.refresh("ci"), body)
		s.login(issuerToken(s.p))
		s.look()
	}
}

func sceneEmptySet(s *issuerScene) {
	s.warm()
	s.world.outside(func() { s.p.SetFault(idp.JWKS, idp.Fault{Body: []byte(`{"keys":[]}`)}) })
	require.ErrorContains(s.t, s.m.refresh("ci"), "the document has no usable key")
	s.login(issuerToken(s.p))
	s.look()
}

func sceneOneBadKey(s *issuerScene) {
	s.p.SetExtraKeys(`{"kty":"RSA","kid":"weak","n":"AQAB","e":"AQAB"}`, `{"kty":"oct","k":"c2VjcmV0"}`, `null`)
	s.warm()
	s.login(issuerToken(s.p))
	skipped := s.look()["skipped_keys"].([]map[string]any)
	require.Len(s.t, skipped, 3)
	require.Contains(s.t, skipped[0]["reason"], "RSA modulus")
	require.Contains(s.t, skipped[1]["reason"], "secret or private")
}

func sceneRedirect(s *issuerScene) {
	s.warm()
	target := idp.Fault{RedirectTo: strings.Replace(s.p.JWKSURL(), "127.0.0.1", "localhost", 1)}
	s.world.outside(func() { s.p.SetFault(idp.Discovery, target) })
	require.ErrorContains(s.t, s.m.refresh("ci"), "answered with a redirect (status 302), which is not followed; set the final URL")
	require.Zero(s.t, s.p.Requests(idp.JWKS))
	s.login(issuerToken(s.p))
	s.look()
}

func scenePinNotMatched(s *issuerScene) {
	s.warm("key_thumbprints", s.m.thumbprints(s.p))
	good, kid := issuerToken(s.p), s.p.Current().KID
	s.p.Rotate("ES256")
	s.p.Remove(kid)
	require.ErrorContains(s.t, s.m.refresh("ci"), "no key has a thumbprint that is pinned")
	s.login(good)
	s.look()
}

func sceneMaxStale(s *issuerScene) {
	s.warm()
	s.world.fault(s.p, issuerDown())
	time.Sleep(time.Hour - time.Second)
	s.login(issuerToken(s.p))
	s.look()
	time.Sleep(time.Second)
	s.login(issuerToken(s.p))
	s.look()
}

func sceneRecovered(s *issuerScene) {
	s.warm()
	s.world.fault(s.p, issuerDown())
	time.Sleep(2 * time.Hour)
	s.login(issuerToken(s.p))
	s.look()
	s.world.heal(s.p)
	time.Sleep(time.Minute)
	s.login(issuerToken(s.p))
	s.look()
}
