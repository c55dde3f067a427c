// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

func TestOneValueFillsTheDocument(t *testing.T) {
	judgeTwins(t, wide(), []twins{
		{"second object", `{"a":1}{"b":2}`, `{"a":1}`, strictjson.FaultTrailing},
		{"second object after a line", "{}\n{}", "{}\n", strictjson.FaultTrailing},
		{"comma", `{},`, `{}`, strictjson.FaultTrailing},
		{"closing brace", `{}}`, `{}`, strictjson.FaultTrailing},
		{"NUL", "{}\x00", "{} ", strictjson.FaultTrailing},
		{"form feed", "{}\f", "{}\t\r\n ", strictjson.FaultTrailing},
		{"no-break space", "{}\u00a0", "{} ", strictjson.FaultTrailing},
		{"comment", `{}//`, `{}`, strictjson.FaultTrailing},
		{"comment inside", `{/**/}`, `{ }`, strictjson.FaultSyntax},
		{"byte order mark", "\ufeff{}", "{}", strictjson.FaultSyntax},
		{"byte order mark behind", "{}\ufeff", "{}", strictjson.FaultTrailing},
		{"UTF-16", "{\x00}\x00", "{}", strictjson.FaultSyntax},
		{"nothing", "", "null", strictjson.FaultSyntax},
		{"only space", " \t\r\n", " \t\r\nnull", strictjson.FaultSyntax},
		{"vertical tab before", "\v{}", "\t{}", strictjson.FaultSyntax},
	})
}

func TestSyntax(t *testing.T) {
	for _, src := range []string{
		"{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1:2]", "[}", "{]",
		`{"a"}`, `{"a":}`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{,"a":1}`, `{"a" 1}`, `{"a":1 "b":2}`, `{"a"::1}`, `{a:1}`, `{'a':1}`, `{1:1}`, `{null:1}`, `{"a":1;"b":2}`,
		"tru", "True", "TRUE", "nul", "Null", "fals", "undefined", "[null",
	} {
		require.Equal(t, strictjson.FaultSyntax, judge(t, src, wide()), "%q", src)
	}
	for _, src := range []string{"truefalse", "nullnull", "true1"} {
		require.Equal(t, strictjson.FaultTrailing, judge(t, src, wide()), "%q", src)
	}
	for _, src := range []string{
		"{}", "[]", "[[]]", "true", "false", "null", `""`, "0", ` [ 1 , 2 ] `, "{ \"a\"\t:\n1 ,\r\"b\" : [ ] }", `[{},[],"",0,true,false,null]`,
	} {
		require.Equal(t, accepted, judge(t, src, wide()), "%q", src)
	}
}

// TestFaultsSayNothingOfTheDocument: they end up in answers and logs.
func TestFaultsSayNothingOfTheDocument(t *testing.T) {
	_, err := strictjson.Parse(`{"password":"hunter2"`, wide())
	require.EqualError(t, err, string(strictjson.FaultSyntax))
	require.NotContains(t, err.Error(), "hunter2")
}
