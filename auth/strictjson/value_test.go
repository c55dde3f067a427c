// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

const everything = `{"n":null,"t":true,"f":false,"i":-12,"s":"é","l":[1,["x"],{"y":2},[]],"o":{"p":{"q":"deep"},"e":{}},"z":"last"}`

func TestKinds(t *testing.T) {
	v := root(t, everything)
	for name, want := range map[string]strictjson.Kind{
		"n": strictjson.Null, "t": strictjson.Bool, "f": strictjson.Bool, "i": strictjson.Number,
		"s": strictjson.String, "l": strictjson.Array, "o": strictjson.Object, "z": strictjson.String,
	} {
		member, found := v.Get(name)
		require.True(t, found, name)
		require.Equal(t, want, member.Kind(), name)
	}
}

// TestReadingAsAnotherKind: a value never answers for a kind that it is not.
func TestReadingAsAnotherKind(t *testing.T) {
	for _, src := range []string{"null", "true", "1", `"x"`, "[1]", `{"a":1}`} {
		v := root(t, src)
		read, text := v.Text()
		require.Equal(t, text, read != "", src)
		number, literal := v.Literal()
		require.Equal(t, literal, number != "", src)
		truth, boolean := v.Bool()
		require.Equal(t, boolean, truth, src)
		require.Equal(t, v.Kind() == strictjson.String, text, src)
		require.Equal(t, v.Kind() == strictjson.Number, literal, src)
		require.Equal(t, v.Kind() == strictjson.Bool, boolean, src)
		_, member := v.Get("a")
		require.Equal(t, v.Kind() == strictjson.Object, member, src)
		_, element := v.At(0)
		require.Equal(t, v.Kind() == strictjson.Array, element, src)
		isContainer := v.Kind() == strictjson.Array || v.Kind() == strictjson.Object
		require.Equal(t, isContainer, v.Len() == 1, src)
	}
}

func TestBool(t *testing.T) {
	yes, ok := root(t, "true").Bool()
	require.True(t, yes && ok)
	no, ok := root(t, "false").Bool()
	require.True(t, !no && ok)
}

// TestEscapedTextsKeepApart: texts that had to be decoded are kept beside the
// source, those that stand in it are not.
func TestEscapedTextsKeepApart(t *testing.T) {
	v := root(t, `{"\u0061":"\u0062","c":"d","e\/":"f","g":["\n","h","\t",-1.5e3,"é"],"":"\u0000"}`)
	require.Equal(t, map[string]any{
		"a": "b", "c": "d", "e/": "f", "g": []any{"\n", "h", "\t", json.Number("-1.5e3"), "é"}, "": "\x00",
	}, v.Any())
	slash, found := v.Get("e/")
	require.True(t, found)
	require.Equal(t, "f", slash.Any())
}

func TestGetIsExact(t *testing.T) {
	v := root(t, `{"Sub":"x","":"empty"}`)
	for _, name := range []string{"sub", "SUB", "Su", "Sub ", "Subs"} {
		_, found := v.Get(name)
		require.False(t, found, name)
	}
	empty, found := v.Get("")
	require.True(t, found)
	require.Equal(t, "empty", empty.Any())
}

func TestMembersAndElementsInOrder(t *testing.T) {
	var names []string
	var values []any
	for name, value := range root(t, everything).Members() {
		names = append(names, name)
		values = append(values, value.Any())
	}
	require.Equal(t, []string{"n", "t", "f", "i", "s", "l", "o", "z"}, names)
	require.Equal(t, "last", values[7])

	list, _ := root(t, everything).Get("l")
	var kinds []strictjson.Kind
	for element := range list.Elements() {
		kinds = append(kinds, element.Kind())
	}
	require.Equal(t, []strictjson.Kind{strictjson.Number, strictjson.Array, strictjson.Object, strictjson.Array}, kinds)
}

func TestRangingCanStopEarly(t *testing.T) {
	for name := range root(t, everything).Members() {
		require.Equal(t, "n", name)
		break
	}
	for element := range root(t, "[1,2]").Elements() {
		require.Equal(t, strictjson.Number, element.Kind())
		break
	}
}

func TestAt(t *testing.T) {
	list, _ := root(t, everything).Get("l")
	require.Equal(t, 4, list.Len())
	inner, ok := list.At(2)
	require.True(t, ok)
	y, found := inner.Get("y")
	require.True(t, found)
	literal, _ := y.Literal()
	require.Equal(t, "2", literal)
	for _, i := range []int{-1, 4, 1 << 30} {
		_, ok := list.At(i)
		require.False(t, ok)
	}
}

func TestZeroValueIsNotThere(t *testing.T) {
	var v strictjson.Value
	require.Equal(t, strictjson.Invalid, v.Kind())
	require.Zero(t, v.Len())
	require.Nil(t, v.Any())
	_, ok := v.Text()
	require.False(t, ok)
	_, ok = v.Get("x")
	require.False(t, ok)
	_, ok = v.At(0)
	require.False(t, ok)
	for range v.Members() {
		t.Fatal("the zero Value has no members")
	}
	for range v.Elements() {
		t.Fatal("the zero Value has no elements")
	}
}
