// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// FuzzDPoP signs any header and any claims with the key that the token is bound
// to, appends something, and holds what is accepted against an own reading of
// RFC 9449 section 4.3 with the standard library.
func FuzzDPoP(f *testing.F) {
	seed := keyOf(7)
	key, err := idp.NewKey("EdDSA", "k", seed)
	require.NoError(f, err)
	start := newProver(f, "EdDSA")
	start.key = key
	start.token = start.fixture.token(`"cnf":{"jkt":"` + jkt(f, key) + `"}`)
	x := base64.RawURLEncoding.EncodeToString(seed.Public().(ed25519.PublicKey))
	header := `{"typ":"dpop+jwt","alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"` + x + `"}}`
	claims := fmt.Sprintf(`{"jti":"j","htm":"POST","htu":%q,"iat":%d,"ath":%q}`, proofURL, start.now.Unix(), b64sum(start.token))
	f.Add(header, claims, "")
	f.Add(header, strings.Replace(claims, "POST", "PUT", 1), "\n")
	f.Add(strings.Replace(header, "dpop+jwt", "JWT", 1), claims, "")
	f.Add(strings.Replace(header, `"kty"`, `"d":"AAAA","kty"`, 1), claims, "")
	f.Add(header, strings.Replace(claims, "{", `{"exp":1,"nbf":1e300,`, 1), ".x")
	f.Fuzz(func(t *testing.T, header, claims, tail string) {
		p := *start
		p.t, p.fixture = t, &fixture{t: t, private: start.private, issuers: start.issuers, spec: start.spec, now: start.now}
		proof := p.sign(header, claims) + tail
		d := p.show(proof)
		require.Contains(t, []Reason{Allowed, ProofInvalid, ProofMissing}, d.Reason)
		require.Equal(t, d.Allowed(), d.Use != nil)
		if d.Allowed() {
			requireRFC9449(t, &p, strings.Trim(proof, " \t\r\n"), seed.Public().(ed25519.PublicKey))
		}
	})
}

func requireRFC9449(t *testing.T, p *prover, proof string, key ed25519.PublicKey) {
	parts := strings.Split(proof, ".")
	require.Len(t, parts, 3)
	decode := func(part string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(part)
		require.NoError(t, err)
		return b
	}
	require.True(t, ed25519.Verify(key, []byte(parts[0]+"."+parts[1]), decode(parts[2])))
	var h struct {
		Typ, Alg string
		JWK      map[string]any
		Crit     any
	}
	require.NoError(t, json.Unmarshal(decode(parts[0]), &h))
	require.Equal(t, "dpop+jwt EdDSA", h.Typ+" "+h.Alg)
	require.NotContains(t, h.JWK, "d")
	require.Nil(t, h.Crit)
	var c struct {
		JTI, HTM, HTU, ATH string
		IAT                float64
	}
	require.NoError(t, json.Unmarshal(decode(parts[1]), &c))
	require.NotEmpty(t, c.JTI)
	require.Contains(t, []string{"POST", "PUT"}, c.HTM)
	require.Contains(t, strings.ToLower(c.HTU), "vault.test:8200/")
	require.Equal(t, b64sum(p.token), c.ATH)
	require.InDelta(t, float64(p.now.Unix()), c.IAT, (dpopLife + dpopSkew).Seconds())
}
