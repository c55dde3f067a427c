// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"encoding/base64"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// accepted is the verdict on a token of good form.
const accepted jws.Fault = ""

const (
	goodHeader  = `{"alg":"ES256","kid":"k1","typ":"JWT"}`
	goodPayload = `{"iss":"https://issuer.example","sub":"alice","aud":"vault","exp":1893456600}`
)

// algorithmNames are the ten, written down a second time.
func algorithmNames() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
}

// keys returns one key for each family, made once: RSA keys are slow to make.
var keys = sync.OnceValue(func() map[string]*idp.Key {
	made := map[string]*idp.Key{}
	for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		key, err := idp.GenerateKey(alg, "k1")
		if err != nil {
			panic(err)
		}
		made[alg] = key
	}
	for _, alg := range []string{"RS384", "RS512", "PS256", "PS384", "PS512"} {
		made[alg] = &idp.Key{KID: "k1", Alg: alg, Private: made["RS256"].Private}
	}
	return made
})

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func decoded(t testing.TB, part string) []byte {
	t.Helper()
	octets, err := base64.RawURLEncoding.DecodeString(part)
	require.NoError(t, err)
	return octets
}

// compact joins the three parts of a token, of which nothing need be valid.
func compact(header, payload string, signature []byte) string {
	return b64(header) + "." + b64(payload) + "." + b64(string(signature))
}

// signed makes a token of good form with a true signature.
func signed(t testing.TB, alg string) string {
	t.Helper()
	return signedAs(t, alg, `{"alg":"`+alg+`","kid":"k1","typ":"JWT"}`, goodPayload)
}

// signedAs signs whatever header and payload say.
func signedAs(t testing.TB, alg, header, payload string) string {
	t.Helper()
	input := b64(header) + "." + b64(payload)
	signature, err := idp.SignRaw(alg, keys()[alg].Private, []byte(input))
	require.NoError(t, err)
	return input + "." + b64(string(signature))
}

// judge takes a token through the front door, payload included, and returns
// the fault, or accepted.
func judge(t testing.TB, token string) jws.Fault {
	t.Helper()
	u, err := jws.Parse(token, jws.DefaultTokenBytes)
	if err == nil {
		_, err = u.Payload()
	} else {
		require.Equal(t, jws.Unverified{}, u, "a refused token must not be usable")
	}
	if err == nil {
		return accepted
	}
	var fault jws.Fault
	require.ErrorAs(t, err, &fault)
	return fault
}

// parsed returns the Unverified of a token that must be of good form.
func parsed(t testing.TB, token string) jws.Unverified {
	t.Helper()
	u, err := jws.Parse(token, jws.DefaultTokenBytes)
	require.NoError(t, err)
	return u
}

// header parses a header that must be good.
func header(t testing.TB, text string) jws.Header {
	t.Helper()
	return parsed(t, compact(text, goodPayload, []byte("x"))).Header()
}

// twins are a header or payload that must be refused and the nearest one that
// must not.
type twins struct {
	name, bad, good string
	want            jws.Fault
}

func judgeHeaders(t *testing.T, table []twins) {
	t.Helper()
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, judge(t, compact(c.bad, goodPayload, []byte("x"))))
			require.Equal(t, accepted, judge(t, compact(c.good, goodPayload, []byte("x"))))
		})
	}
}
