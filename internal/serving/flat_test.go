// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package serving

import (
	"encoding/json"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestReadFlatReadsWhatALoginIs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]any{
		`{}`:                                 {},
		`{"role":"r"}`:                       {"role": "r"},
		`{"jwt":"a.b-c_d","role":"r"}`:       {"jwt": "a.b-c_d", "role": "r"},
		`{"":""}`:                            {"": ""},
		`{"a":"1","a":"2"}`:                  {"a": "2"},
		`{"a":"{}[],:","b,":"'/` + "\x7f\"}": {"a": "{}[],:", "b,": "'/\x7f"},
	} {
		data, ok := readFlat(text)
		require.True(t, ok, text)
		require.Equal(t, want, data, text)
	}
}

func TestReadFlatLeavesTheRestToTheSDK(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `{`, `}`, `null`, `[]`, `"a"`, `"{}"`, ` {}`, `{} `, `{ }`, `{,}`, `{"a"}`, `{"a":}`, `{"a":"b"`, `"a":"b"}`,
		`{"a":"b",}`, `{,"a":"b"}`, `{"a":"b""c":"d"}`, `{"a":"b";"c":"d"}`, `{"a":"b","c"}`, `{"a":"b"}{"c":"d"}`, `{"a":"b"}}`,
		`{"a": "b"}`, `{"a" :"b"}`, `{"a":"b", "c":"d"}`, `{a:"b"}`, `{"a":b}`, `{'a':'b'}`, `{"a:"b"}`, `{"a":"b}`,
		`{"a":1}`, `{"a":true}`, `{"a":null}`, `{"a":["b"]}`, `{"a":{"b":"c"}}`, `{"a":"b","c":1}`,
		`{"a":"\n"}`, `{"a":"\u0062"}`, `{"a":"\"}`, `{"\"":"b"}`, `{"a":"ä"}`, `{"ä":"a"}`, "{\"a\":\"\n\"}", "{\"a\":\"\x00\"}", "{\"a\":\"\xff\"}", "\ufeff{}",
	} {
		_, ok := readFlat(text)
		require.False(t, ok, text)
	}
}

// A value that somebody keeps, such as a role's name, must not keep the token
// beside it in memory.
func TestReadFlatCopiesShortValues(t *testing.T) {
	t.Parallel()
	text := `{"jwt":"` + strings.Repeat("x", ownBytes+1) + `","role":"r"}`
	data, ok := readFlat(text)
	require.True(t, ok)
	require.True(t, shares(text, data["jwt"].(string)))
	require.False(t, shares(text, data["role"].(string)))
}

// shares tells whether a part lies in the bytes of the whole.
func shares(whole, part string) bool {
	start, at := uintptr(unsafe.Pointer(unsafe.StringData(whole))), uintptr(unsafe.Pointer(unsafe.StringData(part)))
	return at >= start && at < start+uintptr(len(whole))
}

// FuzzReadFlat: what it reads, encoding/json reads as the same.
func FuzzReadFlat(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":"b"}`, `{"jwt":"a.b.c","role":"r"}`, `{"a":"1","a":"2"}`, `{"a":"\n"}`, `{"a":1}`, `{"a":"b",}`, "{\"a\":\"\x7f\"}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		data, ok := readFlat(text)
		if !ok {
			return
		}
		want := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(text), &want))
		require.Equal(t, want, data)
	})
}

func BenchmarkReadFlat(b *testing.B) {
	text := `{"jwt":"` + strings.Repeat("x", 1200) + `","role":"deploy"}`
	b.Run("flat", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			readFlat(text)
		}
	})
	b.Run("encoding json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			data := map[string]any{}
			_ = json.Unmarshal([]byte(text), &data)
		}
	})
}
