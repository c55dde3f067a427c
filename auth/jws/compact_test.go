// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

func TestParseKeepsThePartsOfATrueToken(t *testing.T) {
	for _, alg := range algorithmNames() {
		token := signed(t, alg)
		require.Equal(t, accepted, judge(t, token), alg)
		u := parsed(t, token)
		require.Equal(t, alg, u.Header().Algorithm.String())
		require.Equal(t, "k1", u.Header().KeyID)
		require.Equal(t, "jwt", u.Header().Type)
		require.Equal(t, b64(goodPayload), u.EncodedPayload())
		claims, err := u.Payload()
		require.NoError(t, err)
		sub, _ := claims.Get("sub")
		require.Equal(t, "alice", sub.Any())
	}
}

// TestOnlyTheCompactForm covers T11, T13 and T19: each row spoils one true token.
func TestOnlyTheCompactForm(t *testing.T) {
	token := signed(t, "ES256")
	part := strings.Split(token, ".")
	h, p, s := part[0], part[1], part[2]
	flattened := fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, h, p, s)
	general := fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, p, h, s)
	several := fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q},{"protected":%q,"signature":%q}]}`, p, h, s, h, s)
	unprotected := fmt.Sprintf(`{"protected":%q,"header":{"kid":"k1"},"payload":%q,"signature":%q}`, h, p, s)
	for name, c := range map[string]struct {
		token string
		want  jws.Fault
	}{
		"empty":                   {"", jws.FaultCompact},
		"no dot":                  {h, jws.FaultCompact},
		"only dots":               {"..", jws.FaultCompact},
		"two parts":               {h + "." + p, jws.FaultCompact},
		"no signature":            {h + "." + p + ".", jws.FaultCompact},
		"no payload":              {h + ".." + s, jws.FaultCompact},
		"no header":               {"." + p + "." + s, jws.FaultCompact},
		"dot behind":              {token + ".", jws.FaultCompact},
		"dot before":              {"." + token, jws.FaultCompact},
		"fourth part":             {token + "." + s, jws.FaultCompact},
		"five parts, as a JWE":    {strings.Join([]string{h, p, s, p, s}, "."), jws.FaultCompact},
		"two tokens":              {token + "." + token, jws.FaultCompact},
		"two tokens, glued":       {token + token, jws.FaultCompact},
		"two tokens and a line":   {token + "\n" + token, jws.FaultCompact},
		"two tokens and a comma":  {token + "," + token, jws.FaultCompact},
		"flattened JSON":          {flattened, jws.FaultCompact},
		"general JSON":            {general, jws.FaultCompact},
		"several signatures":      {several, jws.FaultCompact},
		"unprotected header":      {unprotected, jws.FaultCompact},
		"JSON string":             {`"` + token + `"`, jws.FaultEncoding},
		"JSON list":               {`["` + token + `"]`, jws.FaultEncoding},
		"JSON with the token":     {`{"jwt":"` + token + `"}`, jws.FaultEncoding},
		"PEM":                     {"-----BEGIN JWT-----\n" + token + "\n-----END JWT-----", jws.FaultEncoding},
		"space before":            {" " + token, jws.FaultEncoding},
		"byte order mark":         {"\ufeff" + token, jws.FaultEncoding},
		"Bearer":                  {"Bearer " + token, jws.FaultEncoding},
		"space behind":            {token + " ", jws.FaultEncoding},
		"line behind":             {token + "\n", jws.FaultEncoding},
		"NUL behind":              {token + "\x00", jws.FaultEncoding},
		"garbage behind":          {token + "!", jws.FaultEncoding},
		"percent-encoded dot":     {h + "%2e" + p + "." + s, jws.FaultCompact},
		"full-width dot":          {h + "．" + p + "." + s, jws.FaultCompact},
		"disclosure of an SD-JWT": {token + "~", jws.FaultEncoding},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, judge(t, c.token))
		})
	}
	require.Equal(t, accepted, judge(t, token))
}

// TestPayloadIsAnObjectOfClaims: RFC 7519 section 7.2 wants a JSON object, and
// one without members names nobody.
func TestPayloadIsAnObjectOfClaims(t *testing.T) {
	long, err := json.Marshal(map[string]string{"sub": strings.Repeat("x", 8<<10)})
	require.NoError(t, err)
	for name, c := range map[string]struct{ bad, good string }{
		"null":                {`null`, `{"a":null}`},
		"array":               {`[{"sub":"a"}]`, `{"a":[{"sub":"a"}]}`},
		"string":              {`"sub"`, `{"sub":"sub"}`},
		"number":              {`1`, `{"a":1}`},
		"empty object":        {`{}`, `{"":""}`},
		"space":               {` `, ` {"a":1} `},
		"two objects":         {`{"a":1}{"b":1}`, `{"a":1}`},
		"trailing text":       {`{"a":1}x`, "{\"a\":1}\n"},
		"byte order mark":     {"\ufeff{\"a\":1}", `{"a":1}`},
		"bad UTF-8":           {"{\"a\":\"\xff\"}", "{\"a\":\"ÿ\"}"},
		"half a pair":         {`{"a":"\ud800"}`, `{"a":"\ud800\udc00"}`},
		"duplicate":           {`{"iss":"a","iss":"b"}`, `{"iss":"a","sub":"b"}`},
		"folding name":        {`{"iss":"a","i\u017fs":"b"}`, `{"iss":"a","i\u0180s":"b"}`},
		"inner duplicate":     {`{"a":{"b":1,"B":1}}`, `{"a":{"b":1,"c":1}}`},
		"number out of range": {`{"exp":1e400}`, `{"exp":1e300}`},
		"depth 17":            {`{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + "}", `{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + "}"},
		"1001 members":        {manyMembers(1001), manyMembers(1000)},
		"1001 elements":       {`{"a":[1` + strings.Repeat(",1", 1000) + "]}", `{"a":[1` + strings.Repeat(",1", 999) + "]}"},
		"string of 8193":      {strings.Replace(string(long), "x", "xx", 1), string(long)},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, jws.FaultPayload, judge(t, compact(goodHeader, c.bad, []byte("x"))))
			require.Equal(t, accepted, judge(t, compact(goodHeader, c.good, []byte("x"))))
		})
	}
}

// TestDecodePayloadIsWhatPayloadDoes: a renewal reads kept claims by it.
func TestDecodePayloadIsWhatPayloadDoes(t *testing.T) {
	u := parsed(t, signed(t, "ES256"))
	fromToken, err := u.Payload()
	require.NoError(t, err)
	kept, err := jws.DecodePayload(u.EncodedPayload())
	require.NoError(t, err)
	require.Equal(t, fromToken.Any(), kept.Any())
	_, err = jws.DecodePayload("")
	require.ErrorIs(t, err, jws.FaultPayload)
	_, err = jws.DecodePayload(u.EncodedPayload() + "=")
	require.ErrorIs(t, err, jws.FaultEncoding)
}

func manyMembers(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"%x":1`, i)
	}
	return "{" + strings.Join(list, ",") + "}"
}
