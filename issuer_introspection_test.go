// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// authServer tells about opaque tokens.
type authServer struct {
	*httptest.Server
	m        *testMount
	requests atomic.Int64
	down     atomic.Bool
	also     string // a further token of alice
}

// newAuthServer knows the token "opaque-of-alice".
func newAuthServer(m *testMount) *authServer {
	m.t.Helper()
	s := &authServer{m: m}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		if id, secret, _ := r.BasicAuth(); s.down.Load() || id != "vault" || secret != "CLIENT-SECRET" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer := map[string]any{"active": false}
		if token := r.PostFormValue("token"); token == "opaque-of-alice" || token != "" && token == s.also {
			answer = map[string]any{"active": true, "sub": "alice", "aud": "vault", "exp": m.clock.in(time.Hour)}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}))
	m.t.Cleanup(s.Close)
	return s
}

func (s *authServer) issuer(over map[string]any) map[string]any {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	return overlay(map[string]any{
		"issuer": "https://as.test", "introspection_url": s.URL, "ca_pem": string(ca),
		"introspection_client_id": "vault", "introspection_client_secret": "CLIENT-SECRET",
	}, over)
}

func newAskedMount(t *testing.T) (*testMount, *authServer) {
	t.Helper()
	m := newReadyMount(t)
	s := newAuthServer(m)
	m.write("issuer/as", s.issuer(nil))
	m.write("role/opaque", jwtRole(map[string]any{"bound_issuers": "as"}))
	return m, s
}

// refuseOpaque is refuse for tokens that the issuer is asked about, which an
// explanation is not.
func (m *testMount) refuseOpaque(role, token string, want auth.Reason) {
	m.t.Helper()
	require.Equal(m.t, refusedText, m.refuseLogin(role, token))
	require.Equal(m.t, want, m.reason(role, token))
}

func TestLoginWithAnOpaqueToken(t *testing.T) {
	t.Parallel()
	m, s := newAskedMount(t)
	require.EqualValues(t, 1, s.requests.Load(), "the write has asked about a token that nobody has")
	granted := m.login("opaque", "opaque-of-alice")
	require.Equal(t, "issuer:as:alice", granted.Alias.Name)
	require.Equal(t, []string{"deploy"}, granted.Policies)
	m.login("opaque", "opaque-of-alice")
	require.EqualValues(t, 2, s.requests.Load(), "the answer is used again")
	m.refuseOpaque("opaque", "opaque-of-bob", auth.TokenInactive)
	m.refuse("ci", "opaque-of-alice", auth.TokenForm)
	m.refuseOpaque("opaque", m.issuer.token(nil), auth.IssuerUnknown)
	m.login("ci", m.issuer.token(nil))
	require.EqualValues(t, 3, s.requests.Load())

	status := m.read("issuer/as/status")
	require.Equal(t, "healthy", status["state"])
	require.EqualValues(t, 3, status["requests"])
	require.EqualValues(t, 1, status["active"])
	require.EqualValues(t, 2, status["inactive"])
	require.EqualValues(t, 2, status["from_cache"], "one of them is the refusal that was judged again")

	s.down.Store(true)
	m.renew(granted)
	m.login("opaque", "opaque-of-alice")
	m.clock.advance(time.Minute)
	m.refuseOpaque("opaque", "opaque-of-alice", auth.IntrospectionFailed)
	status = m.read("issuer/as/status")
	require.Equal(t, "failing", status["state"])
	require.Contains(t, status["last_error"], "status 401")
	resp := m.send(logical.UpdateOperation, "issuer/as/refresh", nil)
	require.ErrorContains(t, resp.Error(), "status 401")
	s.down.Store(false)
	require.Equal(t, "healthy", m.send(logical.UpdateOperation, "issuer/as/refresh", nil).Data["state"])

	m.send(logical.DeleteOperation, "issuer/as", nil)
	require.Contains(t, m.refuseRenewal(granted), "not accepted any more")
	m.refuseOpaque("opaque", "opaque-of-alice", auth.TokenForm)
	for _, secret := range []string{"opaque-of", "CLIENT-SECRET"} {
		require.NotContains(t, m.log.String(), secret)
	}
}

// What a role says of the life of tokens holds for opaque ones too.
func TestLifeOfAnOpaqueToken(t *testing.T) {
	t.Parallel()
	m, s := newAskedMount(t)
	s.also = "opaque.of-alice"
	m.write("role/opaque", map[string]any{"replay": "node", "renew": "revalidate"})
	granted := m.login("opaque", "opaque-of-alice")
	require.Contains(t, m.refuseRenewal(granted), "cannot be read")
	m.login("opaque", "opaque.of-alice")
	for _, token := range []string{"opaque-of-alice", "opaque.of-alice"} {
		resp, err := m.handle(loginRequest("opaque", token))
		require.NoError(t, err)
		require.ErrorContains(t, resp.Error(), "logged in before")
	}
	m.write("role/opaque", map[string]any{"replay": "off", "renew": "role"})
	m.renew(m.login("opaque", "opaque-of-alice"))
}

// The secret is stored, seal-wrapped, and read back nowhere.
func TestIntrospectionSecret(t *testing.T) {
	t.Parallel()
	m, s := newAskedMount(t)
	read := m.read("issuer/as")
	require.Equal(t, s.URL, read["introspection_url"])
	require.Equal(t, "vault", read["introspection_client_id"])
	require.NotContains(t, read, "introspection_client_secret")
	require.Contains(t, m.storage.record(t, "issuer/as"), "CLIENT-SECRET")
	require.Contains(t, m.backend.PathsSpecial.SealWrapStorage, "issuer/")
	require.True(t, m.backend.pathIssuer().Fields["introspection_client_secret"].DisplayAttrs.Sensitive)

	// It cannot be had by sending it elsewhere.
	thief := newAuthServer(m)
	for _, change := range []map[string]any{{"introspection_url": thief.URL}, {"ca_pem": ""}, {"proxy": thief.URL}} {
		require.Contains(t, m.refuseWrite("issuer/as", change), "introspection_client_secret must be sent again")
	}
	require.Zero(t, thief.requests.Load())
	m.write("issuer/as", map[string]any{"introspection_rate": 100, "introspection_cache_ttl": "5s"})
	require.Equal(t, 100, m.read("issuer/as")["introspection_rate"])
	require.EqualValues(t, 5, m.read("issuer/as")["introspection_cache_ttl"])
	m.write("issuer/as", thief.issuer(nil))
	m.login("opaque", "opaque-of-alice")

	// After a restart it is there.
	again := mountOn(t, m.storage)
	again.login("opaque", "opaque-of-alice")
}

func TestIntrospectionWrites(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	s := newAuthServer(m)
	for want, over := range map[string]map[string]any{
		"status 401":                      {"introspection_client_secret": "WRONG"},
		"introspection_client_id and":     {"introspection_client_secret": ""},
		"must begin with https://":        {"introspection_url": "http://127.0.0.1/"},
		"exactly one of":                  {"jwks_url": s.URL},
		"need introspection_url":          {"introspection_url": "", "jwks_url": s.URL},
		"introspection_rate must be":      {"introspection_rate": 5000},
		"introspection_cache_ttl must be": {"introspection_cache_ttl": "1h"},
		"introspection_auth_method must":  {"introspection_auth_method": "private_key_jwt"},
		"missing issuer":                  {"issuer": ""},
		"key_thumbprints has no meaning":  {"key_thumbprints": sha("x")},
		"tenants has no meaning":          {"issuer": "https://as.test/{tenantid}", "tenants": "a"},
		"preset has no meaning":           {"preset": "keycloak"},
	} {
		text := m.refuseWrite("issuer/as", s.issuer(over))
		require.Contains(t, text, want)
		require.NotContains(t, text+m.log.String(), "CLIENT-SECRET")
		require.NotContains(t, text+m.log.String(), "WRONG")
	}
	s.down.Store(true)
	require.Contains(t, m.write("issuer/as", s.issuer(map[string]any{"force": true}))[0], "status 401")
	require.Equal(t, "failing", m.read("issuer/as/status")["state"])
}
