// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// verdict is what stopped a token: the text of a jws.Fault or jwk.Miss, or one
// of the following.
type verdict string

const (
	accepted     verdict = ""
	noKeys       verdict = "no usable key"
	badSignature verdict = "signature"
)

// enter takes a token through the front door in the order of a login: form,
// claims, key, signature.
func enter(set *jwk.Set, token string) verdict {
	u, err := jws.Parse(token, jws.HardTokenBytes)
	if err == nil {
		_, err = u.Payload()
	}
	if err != nil {
		return verdict(err.Error())
	}
	return verify(set, u)
}

// verifySignature is enter for vectors that sign text instead of claims: the
// payload need only be encoded as it should.
func verifySignature(set *jwk.Set, token string) verdict {
	u, err := jws.Parse(token, jws.HardTokenBytes)
	if err != nil {
		return verdict(err.Error())
	}
	if _, err := u.Payload(); errors.Is(err, jws.FaultEncoding) {
		return verdict(err.Error())
	}
	return verify(set, u)
}

func verify(set *jwk.Set, token jws.Unverified) verdict {
	if set == nil {
		return noKeys
	}
	candidates, miss := set.Candidates(token.Header())
	if miss != jwk.MissNone {
		return verdict(miss)
	}
	for _, key := range candidates {
		if token.VerifiedBy(key.Public) {
			return accepted
		}
	}
	return badSignature
}

// isForm tells whether a token was refused before any key was looked for.
func (v verdict) isForm() bool {
	switch jws.Fault(v) {
	case jws.FaultTooLong, jws.FaultCompact, jws.FaultEncoding, jws.FaultHeader, jws.FaultCritical, jws.FaultEmbedded, jws.FaultType, jws.FaultKeyID, jws.FaultAlgorithm:
		return true
	}
	return false
}

// keySet reads one JWK, or a set of them, as a JWK Set document. It returns
// nil if none of the keys is usable.
func keySet(t testing.TB, keys json.RawMessage) *jwk.Set {
	t.Helper()
	set, err := jwk.ParseSet(asDocument(t, keys))
	if err != nil {
		require.ErrorIs(t, err, jwk.FaultNoKeys)
		return nil
	}
	return set
}

func asDocument(t testing.TB, keys json.RawMessage) []byte {
	t.Helper()
	var probe struct {
		Keys json.RawMessage `json:"keys"`
	}
	require.NoError(t, json.Unmarshal(keys, &probe))
	if probe.Keys != nil {
		return keys
	}
	return []byte(`{"keys":[` + string(keys) + `]}`)
}

// publicHalf removes the private members of a JWK or of a set.
func publicHalf(t testing.TB, keys json.RawMessage) json.RawMessage {
	t.Helper()
	var document struct {
		Keys []map[string]any `json:"keys"`
	}
	require.NoError(t, json.Unmarshal(asDocument(t, keys), &document))
	for _, key := range document.Keys {
		for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth"} {
			delete(key, name)
		}
	}
	out, err := json.Marshal(document)
	require.NoError(t, err)
	return out
}

// text is a token as it stands in a vector: a string, or the JSON object of
// another serialisation, which is then taken as text.
func text(t testing.TB, raw json.RawMessage) string {
	t.Helper()
	var token string
	if err := json.Unmarshal(raw, &token); err != nil {
		require.True(t, json.Valid(raw))
		return string(raw)
	}
	return token
}
