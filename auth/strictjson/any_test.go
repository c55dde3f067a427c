// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// stdlib decodes as encoding/json does when told to keep numbers as written.
func stdlib(t require.TestingT, src string) any {
	d := json.NewDecoder(strings.NewReader(src))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v))
	return v
}

func TestAnyEqualsEncodingJSON(t *testing.T) {
	for _, src := range []string{
		everything, "null", "[]", "{}", "[[],{}]", `"\u00e9\n"`, "-0", "1e5", `{"":{"":""}}`,
		`{"exp":9007199254740993,"aud":["a","b"],"nested":{"list":[{"k":null}]}}`,
	} {
		require.Equal(t, stdlib(t, src), root(t, src).Any(), src)
	}
}

// documents draws values that JSON can express, without names that fold
// together.
func documents(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		kind := rapid.IntRange(0, 6).Draw(t, "kind")
		if depth == 0 {
			kind %= 5
		}
		switch kind {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return rapid.Int64().Draw(t, "integer")
		case 3:
			// Greater ones encoding/json writes as integers that no reader agrees on.
			return rapid.Float64Range(-1e18, 1e18).Draw(t, "float")
		case 4:
			return rapid.String().Draw(t, "string")
		case 5:
			return rapid.SliceOfN(documents(depth-1), 0, 5).Draw(t, "list")
		}
		name := rapid.StringMatching(`[a-z0-9_:/.é日]{0,6}`)
		return rapid.MapOfN(name, documents(depth-1), 0, 5).Draw(t, "object")
	})
}

func TestAnyEqualsEncodingJSONOnWhateverItWrites(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		src, err := json.Marshal(documents(3).Draw(rt, "document"))
		require.NoError(rt, err)
		require.Equal(rt, stdlib(rt, string(src)), root(t, string(src)).Any(), "%s", src)
	})
}
