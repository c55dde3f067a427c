// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// TestKeysInTheHeaderAreRefused covers T4 and T5: a key, or the place of one,
// that the sender chose is refused by its presence, well formed or not.
func TestKeysInTheHeaderAreRefused(t *testing.T) {
	key := `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`
	judgeHeaders(t, []twins{
		{"jwk", `{"alg":"ES256","jwk":` + key + `}`, `{"alg":"ES256","jwks":` + key + `}`, jws.FaultEmbedded},
		{"jwk malformed", `{"alg":"ES256","jwk":"x"}`, `{"alg":"ES256"}`, jws.FaultEmbedded},
		{"jwk null", `{"alg":"ES256","jwk":null}`, `{"alg":"ES256"}`, jws.FaultEmbedded},
		{"jwk before alg", `{"jwk":` + key + `,"alg":"ES256"}`, `{"alg":"ES256"}`, jws.FaultEmbedded},
		{"jku", `{"alg":"ES256","jku":"https://evil.example/keys"}`, `{"alg":"ES256","jk":"https://evil.example/keys"}`, jws.FaultEmbedded},
		{"jku empty", `{"alg":"ES256","jku":""}`, `{"alg":"ES256"}`, jws.FaultEmbedded},
		{"x5u", `{"alg":"ES256","x5u":"https://evil.example/cert.pem"}`, `{"alg":"ES256","x5":"https://evil.example/cert.pem"}`, jws.FaultEmbedded},
		{"x5u number", `{"alg":"ES256","x5u":1}`, `{"alg":"ES256"}`, jws.FaultEmbedded},
	})
}

// TestExtensionsAreRefused covers T9: we understand none, and b64 changes what
// is signed.
func TestExtensionsAreRefused(t *testing.T) {
	judgeHeaders(t, []twins{
		{"unknown extension", `{"alg":"ES256","crit":["x"],"x":1}`, `{"alg":"ES256","x":1}`, jws.FaultCritical},
		{"empty list", `{"alg":"ES256","crit":[]}`, `{"alg":"ES256"}`, jws.FaultCritical},
		{"absent member", `{"alg":"ES256","crit":["x"]}`, `{"alg":"ES256"}`, jws.FaultCritical},
		{"registered member", `{"alg":"ES256","crit":["exp"],"exp":1}`, `{"alg":"ES256","exp":1}`, jws.FaultCritical},
		{"twice in the list", `{"alg":"ES256","crit":["x","x"],"x":1}`, `{"alg":"ES256","x":1}`, jws.FaultCritical},
		{"no list", `{"alg":"ES256","crit":"x"}`, `{"alg":"ES256"}`, jws.FaultCritical},
		{"null", `{"alg":"ES256","crit":null}`, `{"alg":"ES256"}`, jws.FaultCritical},
		{"b64 false", `{"alg":"ES256","b64":false,"crit":["b64"]}`, `{"alg":"ES256"}`, jws.FaultCritical},
		{"b64 false, not critical", `{"alg":"ES256","b64":false}`, `{"alg":"ES256"}`, jws.FaultCritical},
		{"b64 true", `{"alg":"ES256","b64":true}`, `{"alg":"ES256"}`, jws.FaultCritical},
		{"crit twice", `{"alg":"ES256","crit":[],"crit":[]}`, `{"alg":"ES256"}`, jws.FaultHeader},
	})
}

// TestKeyID covers T7: a kid is a short printable string, and never more than a
// name to look up.
func TestKeyID(t *testing.T) {
	for _, kid := range []string{
		"k1", "a", "../../../../dev/null", "/etc/passwd", "' OR '1'='1", "k;id", "$(id)", "`id`", "https://evil.example/jwks", "file:///etc/passwd",
		"%00", "{{.Key}}", "2024-01-01T00:00:00Z", "a b", "<script>", `back\\slash`, strings.Repeat("k", jws.KeyIDBytes),
	} {
		got := header(t, `{"alg":"ES256","kid":"`+kid+`"}`).KeyID
		require.Equal(t, strings.ReplaceAll(kid, `\\`, `\`), got, "taken as it is")
	}
	for _, literal := range []string{
		`""`, `1`, `null`, `true`, `["k1"]`, `{"kid":"k1"}`, `"k\u0000"`, `"k\u0000.pem"`, `"k\u001f"`, `"k\n"`, `"k\r\nX: y"`, `"\t"`, `"k\u007f"`, `"ключ"`, `"k\u212a"`, `"k1\u200b"`, `"\ud83d\ude00"`,
		`"` + strings.Repeat("k", jws.KeyIDBytes+1) + `"`,
	} {
		require.Equal(t, jws.FaultKeyID, judge(t, compact(`{"alg":"ES256","kid":`+literal+`}`, goodPayload, []byte("x"))), literal)
	}
	huge := compact(`{"alg":"ES256","kid":"`+strings.Repeat("k", 64<<10)+`"}`, goodPayload, []byte("x"))
	_, err := jws.Parse(huge, len(huge))
	require.ErrorIs(t, err, jws.FaultHeader, "64 KiB of kid are too long a header")
}

func TestAbsentKeyIDIsEmpty(t *testing.T) {
	require.Empty(t, header(t, `{"alg":"ES256"}`).KeyID)
}
