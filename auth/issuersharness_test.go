// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// issuersNow is when everything in these tests happens.
func issuersNow() time.Time { return time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) }

// issuersSource is a key source that remembers being asked.
type issuersSource struct {
	set   *jwk.Set
	asked int
}

func (s *issuersSource) Keys(time.Time) *jwk.Set                      { s.asked++; return s.set }
func (s *issuersSource) Renew(_ context.Context, _ *jwk.Set) *jwk.Set { s.asked++; return s.set }

// issuersKey makes a signing key.
func issuersKey(t *testing.T, alg, kid string) *idp.Key {
	t.Helper()
	key, err := idp.GenerateKey(alg, kid)
	require.NoError(t, err)
	return key
}

// issuersOf makes an issuer that publishes those keys. One without ID takes
// any iss.
func issuersOf(t *testing.T, name, id string, keys ...*idp.Key) (*Issuer, *issuersSource) {
	t.Helper()
	list := make([]any, len(keys))
	for i, k := range keys {
		list[i] = k.JWK()
	}
	document, err := json.Marshal(map[string]any{"keys": list})
	require.NoError(t, err)
	set, err := jwk.ParseSet(document)
	require.NoError(t, err)
	source := &issuersSource{set: set}
	i := &Issuer{Name: name, ID: id, Algorithms: jws.AllAlgorithms(), Types: DefaultTypes(), Keys: source}
	if name != DefaultIssuer {
		i.Aliases = AliasPrefixed
	}
	return i, source
}

// issuersToken signs claims of alice for vault, with changes; nil removes one.
func issuersToken(t *testing.T, key *idp.Key, kid string, changes map[string]any) string {
	t.Helper()
	header := map[string]any{"alg": key.Alg}
	if kid != "" {
		header["kid"] = kid
	}
	claims := map[string]any{"sub": "alice", "aud": "vault", "exp": issuersNow().Add(time.Minute).Unix()}
	for name, value := range changes {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	part := func(v any) string {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	input := part(header) + "." + part(claims)
	signature, err := idp.SignRaw(key.Alg, key.Private, []byte(input))
	require.NoError(t, err)
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// issuersRole takes tokens of the named issuers, none for the default one.
func issuersRole(t *testing.T, bound ...string) *Role {
	t.Helper()
	role, err := CompileRole(RoleSpec{Name: "ci", UserClaim: "sub", BoundAudiences: []string{"vault"}, BoundIssuers: bound})
	require.NoError(t, err)
	return role
}

func issuersDecide(t *testing.T, s *Issuers, role *Role, token string) Decision {
	t.Helper()
	return Decide(t.Context(), Request{token, Circumstances{Now: issuersNow()}}, s, role)
}

func issuersClaims(t *testing.T, claims string) strictjson.Value {
	t.Helper()
	doc, err := strictjson.Parse(claims, strictjson.Limits{Bytes: 4096, Depth: 8, Members: 20, Elements: 20, String: 1024})
	require.NoError(t, err)
	return doc.Root()
}
