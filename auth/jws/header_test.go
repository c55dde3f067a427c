// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// TestHeaderIsOneStrictObject covers T10 and T21.
func TestHeaderIsOneStrictObject(t *testing.T) {
	judgeHeaders(t, []twins{
		{"null", `null`, `{"alg":"ES256","x":null}`, jws.FaultHeader},
		{"array", `[{"alg":"ES256"}]`, `{"alg":"ES256"}`, jws.FaultHeader},
		{"string", `"ES256"`, `{"alg":"ES256"}`, jws.FaultHeader},
		{"two objects", `{"alg":"ES256"}{"alg":"ES256"}`, `{"alg":"ES256"}`, jws.FaultHeader},
		{"trailing text", `{"alg":"ES256"}x`, `{"alg":"ES256"} `, jws.FaultHeader},
		{"trailing comma", `{"alg":"ES256",}`, `{"alg":"ES256"}`, jws.FaultHeader},
		{"comment", `{"alg":"ES256"/**/}`, `{"alg":"ES256"  }`, jws.FaultHeader},
		{"single quotes", `{'alg':'ES256'}`, `{"alg":"ES256"}`, jws.FaultHeader},
		{"byte order mark", "\ufeff" + `{"alg":"ES256"}`, ` {"alg":"ES256"}`, jws.FaultHeader},
		{"bad UTF-8", "{\"alg\":\"ES256\",\"x\":\"\xff\"}", `{"alg":"ES256","x":"ÿ"}`, jws.FaultHeader},
		{"alg twice", `{"alg":"ES256","alg":"ES256"}`, `{"alg":"ES256"}`, jws.FaultHeader},
		{"alg twice, none first", `{"alg":"none","alg":"ES256"}`, `{"alg":"ES256"}`, jws.FaultHeader},
		{"alg twice, escaped", `{"alg":"ES256","\u0061lg":"none"}`, `{"\u0061lg":"ES256"}`, jws.FaultHeader},
		{"ALG beside alg", `{"alg":"ES256","ALG":"none"}`, `{"alg":"ES256","ALGO":"none"}`, jws.FaultHeader},
		{"ALG alone", `{"ALG":"ES256"}`, `{"alg":"ES256"}`, jws.FaultHeader},
		{"kid twice", `{"alg":"ES256","kid":"a","kid":"a"}`, `{"alg":"ES256","kid":"a"}`, jws.FaultHeader},
		{"Kelvin kid beside kid", `{"alg":"ES256","kid":"a","` + "\u212a" + `id":"b"}`, `{"alg":"ES256","kid":"a"}`, jws.FaultHeader},
		{"Kelvin kid alone", `{"alg":"ES256","\u212aid":"b"}`, `{"alg":"ES256","kid":"b"}`, jws.FaultHeader},
		{"unknown twice", `{"alg":"ES256","x":1,"X":2}`, `{"alg":"ES256","x":1,"y":2}`, jws.FaultHeader},
		{"inner duplicate", `{"alg":"ES256","x":{"a":1,"a":2}}`, `{"alg":"ES256","x":{"a":1,"b":2}}`, jws.FaultHeader},
		{"depth 5", `{"alg":"ES256","x":[[[[]]]]}`, `{"alg":"ES256","x":[[[]]]}`, jws.FaultHeader},
		{"65 members", headerWith(64), headerWith(63), jws.FaultHeader},
		{"17 elements", `{"alg":"ES256","x":[1` + strings.Repeat(",1", 16) + `]}`, `{"alg":"ES256","x":[1` + strings.Repeat(",1", 15) + `]}`, jws.FaultHeader},
	})
}

// TestOtherCaseOfAKnownNameIsRefused: a reader that folds names would take it
// for the parameter itself.
func TestOtherCaseOfAKnownNameIsRefused(t *testing.T) {
	for _, name := range []string{"JKU", "Jwk", "KID", "X5U", "X5c", "x5T", "X5T#S256", "x5t#s256", "Typ", "CTY", "Crit", "B64", "Enc", "ZIP", "j\u212aU", "ſyp"} {
		text := fmt.Sprintf(`{"alg":"ES256",%q:"v"}`, name)
		want := jws.FaultHeader
		if name == "ſyp" { // folds to syp, which nobody knows
			want = accepted
		}
		require.Equal(t, want, judge(t, compact(text, goodPayload, []byte("x"))), name)
	}
}

func TestHeaderLength(t *testing.T) {
	fit := func(encoded int) string { // a header whose base64url has that length
		decoded := encoded / 4 * 3
		return `{"alg":"ES256","x":"` + strings.Repeat("x", decoded-len(`{"alg":"ES256","x":""}`)) + `"}`
	}
	require.Len(t, b64(fit(jws.HeaderBytes)), jws.HeaderBytes)
	require.Equal(t, accepted, judge(t, compact(fit(jws.HeaderBytes), goodPayload, []byte("x"))))
	require.Equal(t, jws.FaultHeader, judge(t, compact(fit(jws.HeaderBytes)+" ", goodPayload, []byte("x"))))
	require.Equal(t, jws.FaultHeader, judge(t, strings.Repeat("A", jws.HeaderBytes+1)+".A.A"), "before it is decoded")
}

func TestUnknownParametersAreIgnored(t *testing.T) {
	require.Equal(t,
		jws.Header{Algorithm: jws.ES256, KeyID: "k1", Type: "jwt"},
		header(t, `{"alg":"ES256","kid":"k1","typ":"JWT","nonce":[1],"ver":"1.0","https://example.com/p":{"a":null}}`))
}

// TestCertificatesInTheHeaderAreIgnored covers T6: they neither help nor hurt.
func TestCertificatesInTheHeaderAreIgnored(t *testing.T) {
	want := header(t, `{"alg":"ES256"}`)
	for _, member := range []string{`"x5t":"abc"`, `"x5t#S256":"abc"`, `"x5c":["MIIB"]`, `"x5c":7`, `"x5t":null`} {
		require.Equal(t, want, header(t, `{"alg":"ES256",`+member+`}`), member)
	}
}

func headerWith(more int) string {
	var b strings.Builder
	b.WriteString(`{"alg":"ES256"`)
	for i := range more {
		fmt.Fprintf(&b, `,"p%d":1`, i)
	}
	return b.String() + "}"
}
