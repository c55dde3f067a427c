// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// wycheproofFile is a file of type JsonWebSignature, JsonWebKey,
// JsonWebEncryption or JsonWebCrypto.
type wycheproofFile struct {
	NumberOfTests int               `json:"numberOfTests"`
	Groups        []wycheproofGroup `json:"testGroups"`
}

type wycheproofGroup struct {
	Comment string            `json:"comment"`
	Public  json.RawMessage   `json:"public"`
	Private json.RawMessage   `json:"private"`
	Tests   []wycheproofToken `json:"tests"`
}

type wycheproofToken struct {
	ID      int             `json:"tcId"`
	Comment string          `json:"comment"`
	JWS     json.RawMessage `json:"jws"`
	JWE     json.RawMessage `json:"jwe"`
	Result  string          `json:"result"`
	Flags   []string        `json:"flags"`
}

// keys are what an issuer would publish for the group.
func (g wycheproofGroup) keys(t testing.TB) json.RawMessage {
	t.Helper()
	if g.Public != nil {
		return g.Public
	}
	return publicHalf(t, g.Private)
}

// deviation are vectors that their authors hold for valid and we refuse. There
// is no room for the opposite.
type deviation struct {
	ids  []int
	want verdict
	why  string
}

func listed(t testing.TB, deviations []deviation) map[int]verdict {
	t.Helper()
	all := map[int]verdict{}
	for _, d := range deviations {
		require.NotEmpty(t, d.why)
		for _, id := range d.ids {
			require.NotContains(t, all, id)
			all[id] = d.want
		}
	}
	return all
}

// loadWycheproof reads a file and checks that it is whole.
func loadWycheproof(t testing.TB, name string, tests int) wycheproofFile {
	t.Helper()
	var file wycheproofFile
	load(t, "wycheproof/"+name, &file)
	count := 0
	for _, group := range file.Groups {
		count += len(group.Tests)
	}
	require.Equal(t, tests, file.NumberOfTests)
	require.Equal(t, tests, count)
	return file
}

// judgeSignatures returns the verdict on every JWS of a file and, of these,
// the verdicts that differ from the expected result.
func judgeSignatures(t testing.TB, file wycheproofFile) (all, different map[int]verdict) {
	t.Helper()
	all, different = map[int]verdict{}, map[int]verdict{}
	for _, group := range file.Groups {
		set := keySet(t, group.keys(t))
		for _, test := range group.Tests {
			if test.JWS == nil {
				continue
			}
			require.Contains(t, []string{"valid", "invalid"}, test.Result)
			v := verifySignature(set, text(t, test.JWS))
			all[test.ID] = v
			if (v == accepted) != (test.Result == "valid") {
				different[test.ID] = v
			}
		}
	}
	return all, different
}

// flagged lists the tests of a file that have a flag.
func (f wycheproofFile) flagged(flag string) []int {
	var ids []int
	for _, group := range f.Groups {
		for _, test := range group.Tests {
			if slices.Contains(test.Flags, flag) {
				ids = append(ids, test.ID)
			}
		}
	}
	return ids
}
