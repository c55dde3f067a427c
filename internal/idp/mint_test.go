// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

func TestClaims(t *testing.T) {
	now := time.Date(2031, 5, 6, 7, 8, 9, 500, time.UTC)
	p := idp.Start(t, idp.WithClock(func() time.Time { return now }))

	claims := p.Claims(nil)
	require.ElementsMatch(t, []string{"iss", "sub", "aud", "iat", "nbf", "exp", "jti"}, keys(claims))
	require.Equal(t, p.Issuer(), claims["iss"])
	require.Equal(t, "vault", claims["aud"])
	require.Equal(t, now.Unix(), claims["iat"])
	require.Equal(t, now.Unix(), claims["nbf"])
	require.Equal(t, now.Unix()+600, claims["exp"])
	require.NotEqual(t, claims["jti"], p.Claims(nil)["jti"])

	changed := p.Claims(map[string]any{"sub": "bob", "nbf": nil, "team": []string{"a"}})
	require.Equal(t, "bob", changed["sub"])
	require.NotContains(t, changed, "nbf")
	require.Equal(t, []string{"a"}, changed["team"])
}

func TestGitHubClaims(t *testing.T) {
	p := idp.Start(t)
	claims := p.GitHubClaims(map[string]any{"environment": nil, "actor": "hubot"})
	require.GreaterOrEqual(t, len(claims), 17)
	require.Equal(t, p.Issuer(), claims["iss"])
	require.Equal(t, "hubot", claims["actor"])
	require.NotContains(t, claims, "environment")
	full := p.GitHubClaims(nil)
	require.Equal(t, "production", full["environment"])
	for _, name := range []string{
		"repository", "repository_owner", "ref", "ref_type", "workflow", "actor", "event_name", "run_id", "job_workflow_ref",
	} {
		require.NotEmpty(t, full[name], name)
	}
}

func TestMintHeader(t *testing.T) {
	p := idp.Start(t)
	key := p.Current()
	for name, tc := range map[string]struct {
		token string
		want  map[string]any
	}{
		"default":   {p.Mint(nil), map[string]any{"alg": "ES256", "kid": key.KID, "typ": "JWT"}},
		"overlaid":  {p.MintWith(key, map[string]any{"typ": "at+jwt", "crit": []string{"b64"}}, nil), map[string]any{"alg": "ES256", "kid": key.KID, "typ": "at+jwt", "crit": []any{"b64"}}},
		"removed":   {p.MintWith(key, map[string]any{"kid": nil, "typ": nil}, nil), map[string]any{"alg": "ES256"}},
		"other alg": {p.MintWith(key, map[string]any{"alg": "none"}, nil), map[string]any{"alg": "none", "kid": key.KID, "typ": "JWT"}},
	} {
		t.Run(name, func(t *testing.T) {
			header, payload := decode(t, tc.token)
			var got map[string]any
			require.NoError(t, json.Unmarshal(header, &got))
			require.Equal(t, tc.want, got)
			require.JSONEq(t, "{}", string(payload), "nil claims are the empty object")
		})
	}
}

// Sign keeps every byte, and the signature covers them.
func TestSignKeepsBytes(t *testing.T) {
	p := idp.Start(t)
	key := p.Current()
	rawHeader := []byte(`{"alg":"ES256","alg":"none"}`)
	rawPayload := []byte("\xef\xbb\xbf{\"sub\":\"a\",\"sub\":\"\xff\"} ")
	token := p.Sign(key, rawHeader, rawPayload)
	header, payload := decode(t, token)
	require.Equal(t, rawHeader, header)
	require.Equal(t, rawPayload, payload)

	input, signature := token[:strings.LastIndex(token, ".")], token[strings.LastIndex(token, ".")+1:]
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	require.NoError(t, err)
	require.NoError(t, jwt.SigningMethodES256.Verify(input, raw, key.Public))
	require.ErrorIs(t, jwt.SigningMethodES256.Verify(input+"A", raw, key.Public), jwt.ErrECDSAVerification)
}

func TestMintPanicsOnTheImpossible(t *testing.T) {
	p := idp.Start(t)
	require.PanicsWithValue(t, "idp: a token cannot carry this value: json: unsupported type: chan int", func() {
		p.Mint(map[string]any{"sub": make(chan int)})
	})
	misfit := &idp.Key{KID: "k", Alg: "RS256", Private: p.Current().Private}
	require.Panics(t, func() { p.MintWith(misfit, nil, nil) })
	misfit.Alg = "ES256"
	require.NotPanics(t, func() { p.MintWith(misfit, nil, nil) })
}

func decode(t *testing.T, token string) (header, payload []byte) {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	require.NoError(t, err)
	payload, err = base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	return header, payload
}

func keys(m map[string]any) []string {
	var names []string
	for name := range maps.Keys(m) {
		names = append(names, name)
	}
	return names
}

// The cost of one login token; ES256 is what the login benchmarks use.
func BenchmarkMint(b *testing.B) {
	for _, alg := range []string{"ES256", "RS256", "EdDSA"} {
		b.Run(alg, func(b *testing.B) {
			p := idp.Start(b, idp.WithAlg(alg))
			b.ReportAllocs()
			for b.Loop() {
				p.Mint(p.GitHubClaims(nil))
			}
		})
	}
}
