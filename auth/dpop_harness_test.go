// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

const proofURL = "https://vault.test:8200/v1/auth/ci/login"

// prover is a client that holds the key which its token is bound to.
type prover struct {
	*fixture
	key   *idp.Key
	token string
}

func newProver(t testing.TB, alg string) *prover {
	t.Helper()
	key, err := idp.GenerateKey(alg, "k")
	require.NoError(t, err)
	p := &prover{fixture: newFixture(t), key: key}
	p.spec.Proof, p.spec.DPoPURLs = ProofDPoP, []string{proofURL}
	p.token = p.fixture.token(`"cnf":{"jkt":"` + jkt(t, key) + `"}`)
	return p
}

// jkt computes the thumbprint with the standard library alone (RFC 7638):
// encoding/json sorts the members of a map.
func jkt(t testing.TB, key *idp.Key) string {
	t.Helper()
	required := map[string]any{}
	for name, value := range key.JWK() {
		if strings.Contains("crv kty x y e n", name) {
			required[name] = value
		}
	}
	text, err := json.Marshal(required)
	require.NoError(t, err)
	return b64sum(string(text))
}

func b64sum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// bare is the public key without kid, use and alg.
func (p *prover) bare() map[string]any {
	m := maps.Clone(map[string]any(p.key.JWK()))
	for _, name := range []string{"kid", "use", "alg"} {
		delete(m, name)
	}
	return m
}

// proof makes a good proof with changes in header and claims; nil takes a
// member away.
func (p *prover) proof(header, claims map[string]any) string {
	p.t.Helper()
	h := map[string]any{"typ": "dpop+jwt", "alg": p.key.Alg, "jwk": p.bare()}
	c := map[string]any{"jti": "j1", "htm": "POST", "htu": proofURL, "iat": p.now.Unix(), "ath": b64sum(p.token)}
	return p.sign(changed(p.t, h, header), changed(p.t, c, claims))
}

func changed(t testing.TB, base, over map[string]any) string {
	for name, value := range over {
		if base[name] = value; value == nil {
			delete(base, name)
		}
	}
	text, err := json.Marshal(base)
	require.NoError(t, err)
	return string(text)
}

// sign signs the bytes as they are.
func (p *prover) sign(header, payload string) string {
	p.t.Helper()
	enc := base64.RawURLEncoding
	input := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(payload))
	signature, err := idp.SignRaw(p.key.Alg, p.key.Private, []byte(input))
	require.NoError(p.t, err)
	return input + "." + enc.EncodeToString(signature)
}

// show logs in with the token and that proof.
func (p *prover) show(proof string) Decision {
	p.t.Helper()
	return Decide(p.t.Context(), Request{p.token, Circumstances{Peer: "192.0.2.10", DPoP: proof, Now: p.now}}, p.issuers, p.role())
}

func (p *prover) requireGood(proof string) *Use {
	p.t.Helper()
	d := p.show(proof)
	require.Equal(p.t, Allowed, d.Reason, d.About)
	require.NotNil(p.t, d.Use)
	return d.Use
}

func (p *prover) requireBad(proof, about, why string) {
	p.t.Helper()
	d := p.show(proof)
	require.Equal(p.t, ProofInvalid, d.Reason, why)
	require.Equal(p.t, about, d.About, why)
	require.Nil(p.t, d.Use, why)
}
