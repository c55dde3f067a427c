// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// fuzzLimits are small, so that the fuzzer reaches them.
func fuzzLimits() strictjson.Limits {
	return strictjson.Limits{Bytes: 4 << 10, Depth: 6, Members: 40, Elements: 40, String: 200}
}

// FuzzStrictJSON compares with two other readers. What is accepted means to
// encoding/json the same; what is refused as no JSON is none to jsontext.
func FuzzStrictJSON(f *testing.F) {
	for _, seed := range []string{
		claims, everything, `{"iss":1,"ISS":2}`, `{"kid":1,"\u212aid":2}`, `["\ud83d\ude00"]`, `["\ud83d"]`, "[\"\xff\"]", "\ufeff{}", "{}{}", `[1e300,1e400,-0,01]`,
		`{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}`, members(33), members(40), elements(41), "[9223372036854775808,18446744073709551616]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		fault := judge(t, string(src), fuzzLimits())
		switch fault {
		case accepted:
			checkAccepted(t, string(src))
		case strictjson.FaultSyntax, strictjson.FaultTrailing, strictjson.FaultUTF8:
			require.False(t, validForJSONText(src), "jsontext reads what we refuse: %s", fault)
		case strictjson.FaultDuplicate:
			require.True(t, !validForJSONText(src) || foldingTwins(src), "no two names fold together")
		case strictjson.FaultBytes:
			require.Greater(t, len(src), fuzzLimits().Bytes)
		}
	})
}

func checkAccepted(t *testing.T, src string) {
	t.Helper()
	doc, err := strictjson.Parse(src, fuzzLimits())
	require.NoError(t, err)
	value := doc.Root().Any()
	require.Equal(t, stdlib(t, src), value)
	require.True(t, jsontext.Value(src).IsValid(), "jsontext refuses what we accept")
	require.False(t, foldingTwins([]byte(src)))
	checkWithin(t, doc.Root(), 0)

	again, err := json.Marshal(value)
	require.NoError(t, err)
	require.Equal(t, value, root(t, string(again)).Any(), "writing and reading again changes the value")
}

// checkWithin holds a value against the limits by the public methods alone.
func checkWithin(t *testing.T, v strictjson.Value, depth int) {
	t.Helper()
	limits := fuzzLimits()
	switch v.Kind() {
	case strictjson.Object:
		require.LessOrEqual(t, v.Len(), limits.Members)
		for name, member := range v.Members() {
			require.LessOrEqual(t, len(name), limits.String)
			checkWithin(t, member, depth+1)
		}
	case strictjson.Array:
		require.LessOrEqual(t, v.Len(), limits.Elements)
		for element := range v.Elements() {
			checkWithin(t, element, depth+1)
		}
	case strictjson.String:
		text, _ := v.Text()
		require.LessOrEqual(t, len(text), limits.String)
	default:
	}
	if v.Kind() == strictjson.Object || v.Kind() == strictjson.Array {
		require.Less(t, depth, limits.Depth)
	}
}

func validForJSONText(src []byte) bool {
	return jsontext.Value(src).IsValid(jsontext.AllowDuplicateNames(true))
}

// foldingTwins looks for names that are equal to strings.EqualFold, with
// jsontext's decoder and a stack of its own.
func foldingTwins(src []byte) bool {
	d := jsontext.NewDecoder(strings.NewReader(string(src)), jsontext.AllowDuplicateNames(true))
	var open [][]string
	for {
		kind, position := d.StackIndex(d.StackDepth())
		token, err := d.ReadToken()
		if err != nil {
			return false
		}
		isName := kind == jsontext.KindBeginObject && position%2 == 0 && token.Kind() == jsontext.KindString
		switch {
		case token.Kind() == jsontext.KindBeginObject || token.Kind() == jsontext.KindBeginArray:
			open = append(open, nil)
		case token.Kind() == jsontext.KindEndObject || token.Kind() == jsontext.KindEndArray:
			open = open[:len(open)-1]
		case isName:
			siblings := &open[len(open)-1]
			for _, other := range *siblings {
				if strings.EqualFold(other, token.String()) {
					return true
				}
			}
			*siblings = append(*siblings, token.String())
		}
	}
}
