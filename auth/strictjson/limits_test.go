// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// TestLimitsHoldAtTheBoundary builds, for each limit, the largest document that
// it allows and the smallest that it does not.
func TestLimitsHoldAtTheBoundary(t *testing.T) {
	limits := strictjson.Limits{Bytes: 4 << 10, Depth: 5, Members: 40, Elements: 50, String: 60}
	for _, c := range []struct {
		name  string
		build func(n int) string
		limit int
		want  strictjson.Fault
	}{
		{"bytes", padded, limits.Bytes, strictjson.FaultBytes},
		{"depth of arrays", func(n int) string { return nested(n, "[", "]") }, limits.Depth, strictjson.FaultDepth},
		{"depth of objects", func(n int) string { return nested(n, `{"a":`, "}") }, limits.Depth, strictjson.FaultDepth},
		{"depth of both", func(n int) string { return `{"a":` + nested(n-1, "[", "]") + "}" }, limits.Depth, strictjson.FaultDepth},
		{"members", members, limits.Members, strictjson.FaultMembers},
		{"members of an inner object", func(n int) string { return "[" + members(n) + "]" }, limits.Members, strictjson.FaultMembers},
		{"elements", elements, limits.Elements, strictjson.FaultElements},
		{"elements of an inner array", func(n int) string { return `{"a":` + elements(n) + "}" }, limits.Elements, strictjson.FaultElements},
		{"string", func(n int) string { return quoted(strings.Repeat("x", n)) }, limits.String, strictjson.FaultString},
		{"name", func(n int) string { return "{" + quoted(strings.Repeat("x", n)) + ":1}" }, limits.String, strictjson.FaultString},
		{"string outside of ASCII", func(n int) string { return quoted(strings.Repeat("é", n/2) + strings.Repeat("x", n%2)) }, limits.String, strictjson.FaultString},
		{"string of escapes", func(n int) string { return quoted(strings.Repeat(`\u0061`, n)) }, limits.String, strictjson.FaultString},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, accepted, judge(t, c.build(c.limit), limits))
			require.Equal(t, c.want, judge(t, c.build(c.limit+1), limits))
		})
	}
}

// TestLimitsOfOneObjectAreNotThoseOfAnother: members and elements count for
// each container by itself.
func TestLimitsOfOneObjectAreNotThoseOfAnother(t *testing.T) {
	limits := strictjson.Limits{Bytes: 4 << 10, Depth: 5, Members: 3, Elements: 3, String: 60}
	row := `{"a":1,"b":[1,2,3],"c":{"a":1,"b":2,"c":3}}`
	require.Equal(t, accepted, judge(t, "["+row+","+row+","+row+"]", limits))
}

func TestZeroLimitsAllowNothing(t *testing.T) {
	for _, src := range []string{"1", "{}", "[]", `""`, "null", " "} {
		require.Equal(t, strictjson.FaultBytes, judge(t, src, strictjson.Limits{}))
	}
	onlyBytes := strictjson.Limits{Bytes: 100}
	require.Equal(t, strictjson.FaultDepth, judge(t, "{}", onlyBytes))
	require.Equal(t, strictjson.FaultDepth, judge(t, "[]", onlyBytes))
	require.Equal(t, strictjson.FaultString, judge(t, `"x"`, onlyBytes))
	onlyBytes.Depth = 1
	require.Equal(t, strictjson.FaultMembers, judge(t, `{"a":1}`, onlyBytes))
	require.Equal(t, strictjson.FaultElements, judge(t, `[1]`, onlyBytes))
}

// TestDepthOfHostileDocuments: what is not closed costs no stack either.
func TestDepthOfHostileDocuments(t *testing.T) {
	limits := wide()
	limits.Bytes = 32 << 20
	for _, opening := range []string{"[", `{"a":`, `[{"a":`} {
		require.Equal(t, strictjson.FaultDepth, judge(t, strings.Repeat(opening, 6_000_000/len(opening)), limits))
	}
	require.Equal(t, strictjson.FaultBytes, judge(t, strings.Repeat("[", wide().Bytes+1), wide()))
}

// padded is a document of n bytes.
func padded(n int) string { return "1" + strings.Repeat(" ", n-1) }

func nested(depth int, opening, end string) string {
	inner := "1"
	if opening == "[" {
		inner = ""
	}
	return strings.Repeat(opening, depth) + inner + strings.Repeat(end, depth)
}

func members(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"m%d":%d`, i, i)
	}
	return "{" + strings.Join(list, ",") + "}"
}

func elements(n int) string { return "[1" + strings.Repeat(",1", n-1) + "]" }

func quoted(inner string) string { return `"` + inner + `"` }
