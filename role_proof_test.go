// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/replay"
)

const loginURL = "https://vault.test:8200/v1/auth/ci/login"

func sha(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// client holds the key that its tokens are bound to.
type client struct {
	m   *testMount
	key *idp.Key
	jwk map[string]any
}

func newClient(m *testMount) *client {
	m.t.Helper()
	key, err := idp.GenerateKey("EdDSA", "")
	require.NoError(m.t, err)
	return &client{m, key, map[string]any{"crv": "Ed25519", "kty": "OKP", "x": key.JWK()["x"]}}
}

func (c *client) token(over map[string]any) string {
	text, err := json.Marshal(c.jwk) // in the order that RFC 7638 wants
	require.NoError(c.m.t, err)
	return c.m.issuer.token(overlay(map[string]any{"cnf": map[string]any{"jkt": sha(string(text))}}, over))
}

func (c *client) proof(token, jti string) string {
	header, err := json.Marshal(map[string]any{"typ": "dpop+jwt", "alg": "EdDSA", "jwk": c.jwk})
	require.NoError(c.m.t, err)
	claims, err := json.Marshal(map[string]any{"jti": jti, "htm": "POST", "htu": loginURL, "iat": c.m.clock.now().Unix(), "ath": sha(token)})
	require.NoError(c.m.t, err)
	enc := base64.RawURLEncoding
	input := enc.EncodeToString(header) + "." + enc.EncodeToString(claims)
	signature, err := idp.SignRaw("EdDSA", c.key.Private, []byte(input))
	require.NoError(c.m.t, err)
	return input + "." + enc.EncodeToString(signature)
}

func newProofMount(t testing.TB, over map[string]any) *testMount {
	t.Helper()
	m := newReadyMount(t)
	m.write("role/bound", jwtRole(overlay(map[string]any{"proof": "dpop", "dpop_urls": loginURL}, over)))
	return m
}

// attempt logs in, and returns the text of a refusal, "" for a login.
func (m *testMount) attempt(op logical.Operation, role, token string, more map[string]any, c *logical.Connection) string {
	m.t.Helper()
	req := loginRequest(role, token)
	req.Operation, req.Connection = op, c
	overlay(req.Data, more)
	resp, err := m.handle(req)
	require.NoError(m.t, err)
	if resp.IsError() {
		text, _ := decisionOf(m.t, resp)
		return text
	}
	require.NotNil(m.t, resp.Auth)
	require.Empty(m.t, resp.Warnings)
	return ""
}

func (m *testMount) withProof(token, proof string) string {
	m.t.Helper()
	return m.attempt(logical.UpdateOperation, "bound", token, map[string]any{"dpop": proof}, nil)
}

func TestLoginWithDPoP(t *testing.T) {
	t.Parallel()
	m := newProofMount(t, nil)
	c := newClient(m)
	token := c.token(nil)
	require.Equal(t, "the role asks for a DPoP proof in the field dpop", m.refuse("bound", token, auth.ProofMissing))
	require.Empty(t, m.withProof(token, c.proof(token, "1")))
	for range 2 {
		told := m.explain(map[string]any{"role": "bound", "jwt": token, "dpop": c.proof(token, "e")})
		require.Equal(t, true, told["allowed"])
	}
	require.Equal(t, "proof_missing", m.explain(map[string]any{"role": "bound", "jwt": token})["reason"])
	require.Empty(t, m.withProof(token, c.proof(token, "e")), "explaining has not used it up")
	require.Equal(t, "the DPoP proof was used before; make a new one for each login", m.withProof(token, c.proof(token, "1")))
	require.Empty(t, m.withProof(token, c.proof(token, "2")), "the token may be shown again with another proof")

	stolen := newClient(m)
	require.Equal(t, "the DPoP proof is not one for this login and token: its jkt is not as it must be", m.withProof(token, stolen.proof(token, "3")))
	require.Contains(t, m.withProof(m.issuer.token(nil), c.proof(token, "3")), "the token is bound to no key: its claim cnf has no valid jkt")
	resp, err := m.handle(&logical.Request{Operation: logical.UpdateOperation, Path: loginPath, Data: map[string]any{"role": "bound", "jwt": token, "dpop": []any{c.proof(token, "3"), c.proof(token, "4")}}})
	require.NoError(t, err)
	require.EqualError(t, resp.Error(), `field "dpop" must be a string`, "RFC 9449, section 4.3, rule 1")

	// The proof is of the login: a renewal has none.
	granted, err := m.handle(&logical.Request{Operation: logical.UpdateOperation, Path: loginPath, Data: map[string]any{"role": "bound", "jwt": token, "dpop": c.proof(token, "5")}})
	require.NoError(t, err)
	m.renew(granted.Auth)
	require.NotContains(t, m.log.String(), strings.Split(c.proof(token, "1"), ".")[1])
}

// Only a login that is granted uses a proof up.
func TestProofIsUsedUpByGrantedLoginsAlone(t *testing.T) {
	t.Parallel()
	m := newProofMount(t, nil)
	m.write("role/bound", map[string]any{"groups_claim": "groups"})
	c := newClient(m)
	token := c.token(nil)
	proof := map[string]any{"dpop": c.proof(token, "1")}
	require.Contains(t, m.withProof(token, c.proof(token, "1")), "groups claim")
	m.write("role/bound", map[string]any{"groups_claim": ""})
	for range 2 {
		require.Empty(t, m.attempt(logical.AliasLookaheadOperation, "bound", token, proof, nil), "a look-ahead")
	}
	require.Empty(t, m.withProof(token, c.proof(token, "1")))
	require.Empty(t, m.attempt(logical.AliasLookaheadOperation, "bound", token, proof, nil))
	require.Contains(t, m.withProof(token, c.proof(token, "1")), "used before")
}

// Of many logins with one proof at once, one is granted.
func TestProofOnceAmongMany(t *testing.T) {
	t.Parallel()
	m := newProofMount(t, nil)
	c := newClient(m)
	token := c.token(nil)
	proof := c.proof(token, "1")
	granted := make(chan bool, 64)
	for range cap(granted) {
		go func() {
			req := loginRequest("bound", token)
			req.Data["dpop"], req.Storage = proof, m.storage
			resp, err := m.backend.HandleRequest(t.Context(), req)
			granted <- err == nil && resp.Auth != nil
		}()
	}
	count := 0
	for range cap(granted) {
		if <-granted {
			count++
		}
	}
	require.Equal(t, 1, count)
}

// A proof that cannot be remembered is refused. Vault's own repetition of a
// request, after the plugin's process died under it, is the same login.
func TestProofMemory(t *testing.T) {
	t.Parallel()
	m := newProofMount(t, nil)
	m.backend.proofs = replay.New(1)
	c := newClient(m)
	token := c.token(nil)
	login := func(id, jti string) string {
		req := loginRequest("bound", token)
		req.ID, req.Data["dpop"] = id, c.proof(token, jti)
		resp, err := m.handle(req)
		require.NoError(t, err)
		if resp.IsError() {
			text, _ := decisionOf(t, resp)
			return text
		}
		return ""
	}
	require.Empty(t, login("r1", "1"))
	require.Empty(t, login("r1", "1"), "the same request")
	require.Contains(t, login("r2", "1"), "used before")
	require.Equal(t, "the memory of used DPoP proofs is full; try again in two minutes", login("r3", "2"))
	m.clock.advance(2 * time.Minute)
	require.Empty(t, login("r3", "2"))
}

func TestLoginWithClientCertificate(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/bound", jwtRole(map[string]any{"proof": "mtls"}))
	over := func(certificates ...string) *logical.Connection {
		state := &tls.ConnectionState{}
		for _, raw := range certificates {
			state.PeerCertificates = append(state.PeerCertificates, &x509.Certificate{Raw: []byte(raw)})
		}
		return &logical.Connection{RemoteAddr: m.peer, ConnState: state}
	}
	token := m.issuer.token(map[string]any{"cnf": map[string]any{"x5t#S256": sha("leaf")}})
	login := func(c *logical.Connection) string {
		return m.attempt(logical.UpdateOperation, "bound", token, nil, c)
	}
	require.Empty(t, login(over("leaf", "ca")))
	require.Empty(t, login(over("leaf")), "as often as it likes")
	require.Equal(t, "the token is bound to another TLS client certificate", login(over("ca", "leaf")), "only the leaf counts")
	none := "the role asks for the TLS client certificate that the token is bound to, and Vault saw none"
	require.Equal(t, none, login(over()))
	require.Equal(t, none, login(&logical.Connection{RemoteAddr: m.peer}), "without TLS")
	token = m.issuer.token(nil)
	require.Contains(t, login(over("leaf")), "its claim cnf has no valid x5t#S256")
}

// A token that says it is bound to a key is no bearer token.
func TestLoginBoundTokens(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := newClient(m).token(nil)
	require.Contains(t, m.refuse("ci", token, auth.ProofMissing), "set the role's proof")
	m.write("role/ci", map[string]any{"proof": "none"})
	m.login("ci", token)
	m.write("role/ci", map[string]any{"proof": ""})
	m.refuse("ci", token, auth.ProofMissing)
	m.login("ci", m.issuer.token(nil))
}

func TestRoleProofFields(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	require.NotContains(t, m.read("role/ci"), "proof")
	require.NotContains(t, m.read("role/ci"), "dpop_urls")
	require.Contains(t, m.refuseWrite("role/ci", map[string]any{"proof": "tls"}), `proof: must be "none", "dpop" or "mtls"`)
	require.Contains(t, m.refuseWrite("role/ci", map[string]any{"proof": "dpop"}), "dpop_urls: required")
	require.Contains(t, m.refuseWrite("role/ci", map[string]any{"proof": "dpop", "dpop_urls": "/v1/auth/ci/login"}), "dpop_urls: each must be")
	require.Contains(t, m.refuseWrite("role/web", map[string]any{"user_claim": "sub", "allowed_redirect_uris": loginURL, "proof": "mtls"}), "needs role_type 'jwt'")
	m.write("role/ci", map[string]any{"proof": "dpop", "dpop_urls": loginURL})
	m.write("role/ci", map[string]any{"token_policies": "other"})
	require.Equal(t, "dpop", m.read("role/ci")["proof"])
	require.Equal(t, []string{loginURL}, m.read("role/ci")["dpop_urls"])
	m.write("role/ci", map[string]any{"proof": "mtls"})
	require.Equal(t, "mtls", m.read("role/ci")["proof"])
}

// Whoever makes proof after proof keeps nobody else out.
func TestOneUserDoesNotFillTheMemoryOfProofs(t *testing.T) {
	t.Parallel()
	m := newProofMount(t, nil)
	m.backend.proofs = replay.New(8)
	greedy, other := newClient(m), newClient(m)
	token, another := greedy.token(nil), other.token(map[string]any{"sub": "somebody-else"})
	for _, jti := range []string{"1", "2"} {
		require.Empty(t, m.withProof(token, greedy.proof(token, jti)))
	}
	full := "the memory of used DPoP proofs is full; try again in two minutes"
	require.Equal(t, full, m.withProof(token, greedy.proof(token, "3")))
	again := newClient(m)
	rekeyed := again.token(nil)
	require.Equal(t, full, m.withProof(rekeyed, again.proof(rekeyed, "3")), "another key is the same user")
	require.Empty(t, m.withProof(another, other.proof(another, "1")))
}
