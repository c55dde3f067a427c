// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// jsonTestSuite returns the texts of JSONTestSuite by file name. The first
// letter of a name tells what a reader must do: y accept, n refuse, i as it
// likes.
func jsonTestSuite(t testing.TB) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, path := range glob(t, "jsontestsuite/test_parsing/*.json") {
		text, err := os.ReadFile(filepath.Join(folder(t), path))
		require.NoError(t, err)
		texts[filepath.Base(path)] = string(text)
	}
	require.Len(t, texts, 318)
	return texts
}

// wanted is the fault that a file of the suite must meet; whichever for an n_ file.
func wanted(t testing.TB, name string, decisions map[string]strictjson.Fault) (fault strictjson.Fault, anyFault bool) {
	t.Helper()
	decided, found := decisions[name]
	switch name[:2] {
	case "y_":
		return decided, false
	case "i_":
		require.True(t, found, "no decision on %s is written down", name)
		return decided, false
	}
	require.Equal(t, "n_", name[:2])
	require.False(t, found, name)
	return "", true
}

func TestJSONTestSuite(t *testing.T) {
	limits := strictjson.Limits{Bytes: 1 << 20, Depth: 16, Members: 1000, Elements: 1000, String: 8 << 10}
	decisions := jsonDecisions(t)
	seen := map[byte]int{}
	for name, text := range jsonTestSuite(t) {
		seen[name[0]]++
		want, anyFault := wanted(t, name, decisions)
		_, err := strictjson.Parse(text, limits)
		switch {
		case anyFault:
			require.Error(t, err, name)
		case want == "":
			require.NoError(t, err, name)
		default:
			require.ErrorIs(t, err, want, name)
		}
	}
	require.Equal(t, map[byte]int{'y': 95, 'n': 188, 'i': 35}, seen)
}

// TestJSONTestSuiteInsideOfTokens puts each text into a header and into claims,
// as the value of a member.
func TestJSONTestSuiteInsideOfTokens(t *testing.T) {
	decisions := jsonDecisions(t)
	for name, text := range jsonTestSuite(t) {
		want, anyFault := wanted(t, name, decisions)
		good := !anyFault && want == ""
		_, err := jws.Parse(b64(`{"alg":"ES256","x":`+text+`}`)+".e30.AA", 1<<20)
		require.Equal(t, good, err == nil, "%s in a header: %v", name, err)
		if !good {
			require.ErrorIs(t, err, jws.FaultHeader, name)
		}
		_, err = jws.DecodePayload(b64(`{"x":` + text + `}`))
		require.Equal(t, good, err == nil, "%s in claims: %v", name, err)
		if !good {
			require.ErrorIs(t, err, jws.FaultPayload, name)
		}
	}
}

// TestJSONTestSuiteAsHeader covers T21: what is no JSON is no header, and what
// is JSON still lacks an alg.
func TestJSONTestSuiteAsHeader(t *testing.T) {
	for name, text := range jsonTestSuite(t) {
		if text == "" {
			continue // an empty part, which the compact form refuses
		}
		_, err := jws.Parse(b64(text)+".e30.AA", 1<<20)
		if name[0] == 'y' {
			require.Error(t, err, name)
			continue
		}
		require.ErrorIs(t, err, jws.FaultHeader, name)
	}
}

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
