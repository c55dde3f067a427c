// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// FuzzStrictCompact: what the front door lets in has one encoding, another
// library reads it too, and reading it costs memory in proportion.
func FuzzStrictCompact(f *testing.F) {
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		f.Add(signed(f, alg))
	}
	for _, seed := range []string{
		"", "..", compact(goodHeader, goodPayload, []byte("x")), compact(`{"alg":"none"}`, goodPayload, nil), compact(`{"alg":"ES256","ALG":"none"}`, goodPayload, []byte("x")),
		compact(`{"alg":"ES256","crit":["b64"],"b64":false}`, goodPayload, []byte("x")), compact(`{"alg":"ES256","jwk":{}}`, goodPayload, []byte("x")),
		compact(`{"alg":"ES256","kid":1}`, `{"iss":1,"ISS":2}`, []byte("x")), compact(`{"alg":"ES256"}`, "null", []byte("x")), compact(goodHeader, goodPayload, []byte("x")) + "\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		var u jws.Unverified
		var err, payloadErr error
		spent := allocated(func() {
			if u, err = jws.Parse(token, jws.DefaultTokenBytes); err == nil {
				_, payloadErr = u.Payload()
			}
		})
		require.Less(t, spent, uint64(64*min(len(token), jws.DefaultTokenBytes)+64<<10))
		if err != nil {
			require.Equal(t, jws.Unverified{}, u)
			return
		}
		if !errors.Is(payloadErr, jws.FaultEncoding) {
			checkCanonical(t, token)
			checkGoJOSE(t, token)
		}
	})
}

// checkCanonical decodes each part and encodes it again.
func checkCanonical(t *testing.T, token string) {
	t.Helper()
	var again []string
	for part := range strings.SplitSeq(token, ".") {
		again = append(again, b64(string(decoded(t, part))))
	}
	require.Len(t, again, 3)
	require.Equal(t, token, strings.Join(again, "."))
}

// checkGoJOSE wants go-jose to read the token and the same in it. It looks
// into two parameters that we ignore, and refuses what it finds there.
func checkGoJOSE(t *testing.T, token string) {
	t.Helper()
	var names map[string]json.RawMessage
	header, _, _ := strings.Cut(token, ".")
	require.NoError(t, json.Unmarshal(decoded(t, header), &names))
	if names["x5c"] != nil || names["nonce"] != nil {
		return
	}
	var all []jose.SignatureAlgorithm
	for _, name := range algorithmNames() {
		all = append(all, jose.SignatureAlgorithm(name))
	}
	theirs, err := jose.ParseSignedCompact(token, all)
	require.NoError(t, err)
	ours := parsed(t, token).Header()
	require.Equal(t, theirs.Signatures[0].Header.Algorithm, ours.Algorithm.String())
	require.Equal(t, theirs.Signatures[0].Header.KeyID, ours.KeyID)
}
