// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// TestWhatIsNoSet covers K8: a document that is not a JWK Set cannot replace
// one, nor can a set without a usable key.
func TestWhatIsNoSet(t *testing.T) {
	key := public("ES256").String()
	set := string(document(key))
	wide := make([]byte, 0, 2*len(set))
	for _, unit := range utf16.Encode([]rune(set)) {
		wide = append(wide, byte(unit>>8), byte(unit))
	}
	for name, c := range map[string]struct {
		text string
		want jwk.Fault
	}{
		"empty":                 {"", jwk.FaultDocument},
		"HTML":                  {"<!DOCTYPE html><html><body>Log in</body></html>", jwk.FaultDocument},
		"error object":          {`{"error":"not found"}`, jwk.FaultDocument},
		"empty object":          {`{}`, jwk.FaultDocument},
		"null":                  {`null`, jwk.FaultDocument},
		"array":                 {`[` + key + `]`, jwk.FaultDocument},
		"string":                {`"keys"`, jwk.FaultDocument},
		"one key":               {key, jwk.FaultDocument},
		"KEYS":                  {`{"KEYS":[` + key + `]}`, jwk.FaultDocument},
		"Kelvin keys":           {`{"\u212aeys":[` + key + `]}`, jwk.FaultDocument},
		"keys twice":            {`{"keys":[` + key + `],"keys":[]}`, jwk.FaultDocument},
		"keys twice, empty one": {`{"keys":[],"keys":[` + key + `]}`, jwk.FaultDocument},
		"KEYS beside keys":      {`{"keys":[` + key + `],"KEYS":[]}`, jwk.FaultDocument},
		"escaped keys twice":    {`{"keys":[` + key + `],"k\u0065ys":[]}`, jwk.FaultDocument},
		"another name twice":    {`{"a":1,"keys":[` + key + `],"A":2}`, jwk.FaultDocument},
		"keys null":             {`{"keys":null}`, jwk.FaultDocument},
		"keys object":           {`{"keys":` + key + `}`, jwk.FaultDocument},
		"keys string":           {`{"keys":"` + "x" + `"}`, jwk.FaultDocument},
		"no key":                {`{"keys":[]}`, jwk.FaultNoKeys},
		"no usable key":         {`{"keys":[null,{}]}`, jwk.FaultNoKeys},
		"trailing text":         {set + "x", jwk.FaultDocument},
		"two documents":         {set + set, jwk.FaultDocument},
		"trailing NUL":          {set + "\x00", jwk.FaultDocument},
		"byte order mark":       {"\ufeff" + set, jwk.FaultDocument},
		"UTF-16":                {string(wide), jwk.FaultDocument},
		"cut short":             {set[:len(set)-1], jwk.FaultDocument},
		"cut short in a key":    {set[:len(set)/2], jwk.FaultDocument},
		"trailing comma":        {`{"keys":[` + key + `,]}`, jwk.FaultDocument},
		"comma behind":          {`{"keys":[` + key + `],}`, jwk.FaultDocument},
		"comment":               {`{/**/"keys":[` + key + `]}`, jwk.FaultDocument},
		"broken member":         {`{"keys":[` + key + `,{"kty":}]}`, jwk.FaultDocument},
		"broken beside":         {`{"a":tru,"keys":[` + key + `]}`, jwk.FaultDocument},
		"nested 20,000 deep":    {`{"a":` + strings.Repeat("[", 20_000) + `,"keys":[` + key + `]}`, jwk.FaultDocument},
		"key 20,000 deep":       {`{"keys":[` + key + `,` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `]}`, jwk.FaultDocument},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := jwk.ParseSet([]byte(c.text))
			require.ErrorIs(t, err, c.want)
			require.Nil(t, got)
		})
	}
}

func TestWhatIsASet(t *testing.T) {
	key := public("ES256").String()
	for name, text := range map[string]string{
		"alone":              string(document(key)),
		"space around":       " \t\r\n" + string(document(key)) + " \t\r\n",
		"others beside":      `{"a":null,"keys":[` + key + `],"b":{"keys":[1]},"c":[{"keys":2}]}`,
		"escaped name":       `{"\u006beys":[` + key + `]}`,
		"duplicates further": `{"a":{"x":1,"x":2},"keys":[` + key + `]}`,
		"deep but closed":    `{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,"keys":[` + key + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			set, err := jwk.ParseSet([]byte(text))
			require.NoError(t, err)
			require.Equal(t, []string{"ES256"}, ids(set))
		})
	}
}

func TestDocumentLimits(t *testing.T) {
	key := public("ES256")
	padded := func(n int) []byte {
		text := document(key.String())
		return append(text, strings.Repeat(" ", n-len(text))...)
	}
	_, err := jwk.ParseSet(padded(jwk.MaxDocumentBytes))
	require.NoError(t, err)
	tooLong := padded(jwk.MaxDocumentBytes + 1)
	_, err = jwk.ParseSet(tooLong)
	require.ErrorIs(t, err, jwk.FaultTooLong)
	require.Zero(t, testing.AllocsPerRun(10, func() { _, _ = jwk.ParseSet(tooLong) }))

	crowd := func(n int) []byte {
		members := make([]string, n)
		for i := range members {
			members[i] = "null"
		}
		members[n-1] = key.String()
		return document(members...)
	}
	set, err := jwk.ParseSet(crowd(jwk.MaxKeys))
	require.NoError(t, err)
	require.Len(t, set.Skipped(), jwk.MaxKeys-1)
	_, err = jwk.ParseSet(crowd(jwk.MaxKeys + 1))
	require.ErrorIs(t, err, jwk.FaultTooMany)
}
