// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// offlineIssuer signs tokens and publishes nothing. Its raw form can say what
// no JSON encoder writes.
type offlineIssuer struct {
	t     testing.TB
	id    string
	key   *idp.Key
	clock *fakeClock
}

// newOfflineIssuer makes an issuer with a P-256 key of its own.
func newOfflineIssuer(t testing.TB, clock *fakeClock) *offlineIssuer {
	t.Helper()
	return offlineIssuerOf(t, clock, "ES256")
}

func offlineIssuerOf(t testing.TB, clock *fakeClock, alg string) *offlineIssuer {
	t.Helper()
	key, err := idp.GenerateKey(alg, "")
	require.NoError(t, err)
	return &offlineIssuer{t: t, id: "https://issuer.test", key: key, clock: clock}
}

// claims is an ordinary claim set, valid for ten minutes. A nil value in over
// removes a claim.
func (o *offlineIssuer) claims(over map[string]any) map[string]any {
	return overlay(map[string]any{
		"iss": o.id, "sub": "alice", "aud": "vault",
		"iat": o.clock.in(0), "nbf": o.clock.in(0), "exp": o.clock.in(10 * time.Minute),
	}, over)
}

// token signs claims(over).
func (o *offlineIssuer) token(over map[string]any) string {
	o.t.Helper()
	return o.raw(o.header(""), payload(o.t, o.claims(over)))
}

// with signs the ordinary claims with more members written verbatim before the
// closing brace: extra is `"name":value`.
func (o *offlineIssuer) with(extra string, over map[string]any) string {
	o.t.Helper()
	return o.raw(o.header(""), strings.TrimSuffix(payload(o.t, o.claims(over)), "}")+","+extra+"}")
}

// header is the usual header with more members written verbatim.
func (o *offlineIssuer) header(extra string) string {
	if extra != "" {
		extra = "," + extra
	}
	return `{"alg":"` + o.key.Alg + `","typ":"JWT"` + extra + `}`
}

// raw signs the bytes as they are.
func (o *offlineIssuer) raw(header, payload string) string {
	o.t.Helper()
	enc := base64.RawURLEncoding
	input := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(payload))
	signature, err := idp.SignRaw(o.key.Alg, o.key.Private, []byte(input))
	require.NoError(o.t, err)
	return input + "." + enc.EncodeToString(signature)
}

func payload(t testing.TB, claims map[string]any) string {
	t.Helper()
	text, err := json.Marshal(claims)
	require.NoError(t, err)
	return string(text)
}

// forged is the token with another signature.
func forged(token string) string { return token[:len(token)-4] + "AAAA" }
