// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

func TestTextIsUTF8(t *testing.T) {
	judgeTwins(t, wide(), []twins{
		{"lone continuation byte", "[\"\x80\"]", `["é"]`, strictjson.FaultUTF8},
		{"cut short", "[\"\xc3\"]", `["Ã"]`, strictjson.FaultUTF8},
		{"overlong slash", "[\"\xc0\xaf\"]", `["/"]`, strictjson.FaultUTF8},
		{"overlong NUL", "[\"\xc0\x80\"]", `["\u0000"]`, strictjson.FaultUTF8},
		{"encoded surrogate", "[\"\xed\xa0\x80\"]", "[\"\xed\x9f\xbf\"]", strictjson.FaultUTF8},
		{"beyond U+10FFFF", "[\"\xf4\x90\x80\x80\"]", "[\"\xf4\x8f\xbf\xbf\"]", strictjson.FaultUTF8},
		{"byte FF", "[\"a\xff\"]", "[\"aÿ\"]", strictjson.FaultUTF8},
		{"in a name", "{\"s\xffb\":1}", `{"sÿb":1}`, strictjson.FaultUTF8},
		{"after an escape", "[\"\\n\xff\"]", `["\nÿ"]`, strictjson.FaultUTF8},
		{"outside of a string", "[\xff]", "[1]", strictjson.FaultSyntax},
	})
}

// TestReplacementCharacter tells apart what a lenient decoder confuses: the
// character itself is fine, bytes that would become it are not.
func TestReplacementCharacter(t *testing.T) {
	require.Equal(t, accepted, judge(t, `["`+"\ufffd"+`"]`, wide()))
	require.Equal(t, accepted, judge(t, `["\ufffd"]`, wide()))
	require.Equal(t, strictjson.FaultUTF8, judge(t, "[\"\xff\xfd\"]", wide()))
}

func TestSurrogates(t *testing.T) {
	judgeTwins(t, wide(), []twins{
		{"high alone", `["\ud83d"]`, `["\ud83d\ude00"]`, strictjson.FaultUTF8},
		{"low alone", `["\ude00"]`, `["\ue000"]`, strictjson.FaultUTF8},
		{"high, then text", `["\ud83dx"]`, `["\ud83d\ude00x"]`, strictjson.FaultUTF8},
		{"high, then another escape", `["\ud83d\n"]`, `["\ud83d\ude00\n"]`, strictjson.FaultUTF8},
		{"high, then no surrogate", `["\ud83d\u0041"]`, `["\u0041\ud83d\ude00"]`, strictjson.FaultUTF8},
		{"two high", `["\ud83d\ud83d"]`, `["\ud83d\ude00\ud83d\ude00"]`, strictjson.FaultUTF8},
		{"low first", `["\ude00\ud83d"]`, `["\uD83D\uDE00"]`, strictjson.FaultUTF8},
		{"high, then bad hex", `["\ud83d\uzzzz"]`, `["\ud800\udc00"]`, strictjson.FaultSyntax},
		{"high, then cut short", `["\ud83d\ude`, `["\udbff\udfff"]`, strictjson.FaultSyntax},
		{"in a name", `{"\ud83d":1}`, `{"\ud83d\ude00":1}`, strictjson.FaultUTF8},
	})
}

func TestEscapes(t *testing.T) {
	for src, want := range map[string]string{
		`"\"\\\/\b\f\n\r\t"`:   "\"\\/\b\f\n\r\t",
		`"\u0041\u00e9\u65e5"`: "Aé日",
		`"\u00E9\u00e9"`:       "éé",
		`"\ud83d\ude00"`:       "😀",
		`"\u0000"`:             "\x00",
		`"a\u0062c"`:           "abc",
		`"\u0061bc"`:           "abc",
		`"ab\u0063"`:           "abc",
		`"é\né"`:               "é\né",
		`"\\u0041"`:            `\u0041`,
		`""`:                   "",
		"\"\u007f\u2028\"":     "\u007f\u2028",
	} {
		text, ok := root(t, src).Text()
		require.True(t, ok)
		require.Equal(t, want, text, src)
	}
}

func TestBadEscapesAndControlCharacters(t *testing.T) {
	for _, src := range []string{
		`"\x41"`, `"\a"`, `"\v"`, `"\'"`, `"\0"`, `"\U0041"`, `"\u"`, `"\u1"`, `"\u12"`, `"\u123"`, `"\u123g"`, `"\u 123"`, `"\u+123"`,
		`"\`, `"\u123`, `"`, `"a`, `'a'`, "\"\x00\"", "\"\x1f\"", "\"\n\"", "\"\t\"", "\"é\n\"",
	} {
		require.Equal(t, strictjson.FaultSyntax, judge(t, src, wide()), "%q", src)
	}
}
