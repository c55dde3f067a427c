// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// TestType covers the form of T18. Which types are taken is the issuer's to say.
func TestType(t *testing.T) {
	for text, want := range map[string]string{
		`{"alg":"ES256"}`:                          "",
		`{"alg":"ES256","typ":"JWT"}`:              "jwt",
		`{"alg":"ES256","typ":"jwt"}`:              "jwt",
		`{"alg":"ES256","typ":"application/JWT"}`:  "application/jwt",
		`{"alg":"ES256","typ":"JOSE"}`:             "jose",
		`{"alg":"ES256","typ":"at+jwt"}`:           "at+jwt",
		`{"alg":"ES256","typ":"logout+jwt"}`:       "logout+jwt",
		`{"alg":"ES256","typ":"dpop+JWT"}`:         "dpop+jwt",
		`{"alg":"ES256","typ":"secevent+jwt"}`:     "secevent+jwt",
		`{"alg":"ES256","typ":"JWT","cty":"json"}`: "jwt",
	} {
		require.Equal(t, want, header(t, text).Type, text)
	}
	long := strings.Repeat("x", 1000)
	require.Equal(t, long, header(t, `{"alg":"ES256","typ":"`+long+`"}`).Type)
	for _, literal := range []string{`""`, `1`, `null`, `true`, `["JWT"]`, `{"typ":"JWT"}`, `"JWT\u0000"`, `"J\nWT"`, `"JW\u0442"`, `"\u212aWT"`} {
		require.Equal(t, jws.FaultType, judge(t, compact(`{"alg":"ES256","typ":`+literal+`}`, goodPayload, []byte("x"))), literal)
	}
}

// TestNestedAndEncryptedTokens: a token in a token, and what belongs to a JWE.
func TestNestedAndEncryptedTokens(t *testing.T) {
	judgeHeaders(t, []twins{
		{"cty JWT", `{"alg":"ES256","cty":"JWT"}`, `{"alg":"ES256","cty":"json"}`, jws.FaultType},
		{"cty jwt", `{"alg":"ES256","cty":"jwt"}`, `{"alg":"ES256","cty":"jwts"}`, jws.FaultType},
		{"cty application/jwt", `{"alg":"ES256","cty":"application/JWT"}`, `{"alg":"ES256","cty":"application/json"}`, jws.FaultType},
		{"cty no string", `{"alg":"ES256","cty":["JWT"]}`, `{"alg":"ES256"}`, jws.FaultType},
		{"enc", `{"alg":"ES256","enc":"A128GCM"}`, `{"alg":"ES256"}`, jws.FaultType},
		{"zip", `{"alg":"ES256","zip":"DEF"}`, `{"alg":"ES256"}`, jws.FaultType},
		{"alg of a JWE", `{"alg":"RSA-OAEP","enc":"A128GCM"}`, `{"alg":"RS256"}`, jws.FaultAlgorithm},
		{"alg dir", `{"alg":"dir"}`, `{"alg":"EdDSA"}`, jws.FaultAlgorithm},
	})
}

func TestIsJWT(t *testing.T) {
	require.True(t, jws.IsJWT("jwt"))
	require.True(t, jws.IsJWT("application/jwt"))
	for _, other := range []string{"", "at+jwt", "application/at+jwt", "jose", "text/jwt", "application/application/jwt", "jwt ", "JWT"} {
		require.False(t, jws.IsJWT(other), other)
	}
}
