// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"math/big"
	"strconv"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// maxExact is the first integer from which on a double skips integers.
const maxExact = 1 << 53

// value makes a CEL value of a JSON value. Strings are not copied.
func value(v strictjson.Value) ref.Val {
	switch v.Kind() {
	case strictjson.Bool:
		b, _ := v.Bool()
		return types.Bool(b)
	case strictjson.Number:
		literal, _ := v.Literal()
		return number(literal)
	case strictjson.String:
		text, _ := v.Text()
		return types.String(text)
	case strictjson.Array:
		list := make([]ref.Val, 0, v.Len())
		for e := range v.Elements() {
			list = append(list, value(e))
		}
		return types.NewRefValList(types.DefaultTypeAdapter, list)
	case strictjson.Object:
		return members(v)
	default:
		return types.NullValue
	}
}

func members(v strictjson.Value) traits.Mapper {
	m := make(map[string]ref.Val, v.Len())
	for name, member := range v.Members() {
		m[name] = value(member)
	}
	return types.NewMap(types.DefaultTypeAdapter, m)
}

// number is an int if it is whole and below 2^53 in size, a double if it has a
// fraction, and else a string of its decimal digits. So no two numbers that
// differ become equal on their way from whole numbers, and one that CEL would
// round cannot be calculated with by accident.
func number(literal string) ref.Val {
	if i, err := strconv.ParseInt(literal, 10, 64); err == nil {
		if i > -maxExact && i < maxExact {
			return types.Int(i)
		}
		return types.String(literal)
	}
	r, ok := new(big.Rat).SetString(literal)
	if !ok {
		return types.NewErr("not a number")
	}
	if !r.IsInt() {
		f, _ := r.Float64()
		return types.Double(f)
	}
	if i := r.Num(); i.IsInt64() && i.Int64() > -maxExact && i.Int64() < maxExact {
		return types.Int(i.Int64())
	}
	return types.String(r.Num().String())
}

func readBool(v ref.Val) (bool, bool) {
	b, ok := v.(types.Bool)
	return bool(b), ok
}

func readString(v ref.Val) (string, bool) {
	s, ok := v.(types.String)
	return string(s), ok
}

// outsized tells whether v is a list or a map with more in it than an expression
// may result in.
func outsized(v ref.Val) bool {
	switch v := v.(type) {
	case traits.Lister:
		return v.Size().(types.Int) > maxResults
	case traits.Mapper:
		return v.Size().(types.Int) > maxResults
	}
	return false
}

func readStrings(v ref.Val) ([]string, bool) {
	list, ok := v.(traits.Lister)
	if !ok || outsized(v) {
		return nil, false
	}
	read := make([]string, 0, int(list.Size().(types.Int)))
	for it := list.Iterator(); it.HasNext() == types.True; {
		s, ok := readString(it.Next())
		if !ok {
			return nil, false
		}
		read = append(read, s)
	}
	return read, true
}

func readMap(v ref.Val) (map[string]string, bool) {
	m, ok := v.(traits.Mapper)
	if !ok || outsized(v) {
		return nil, false
	}
	read := make(map[string]string, int(m.Size().(types.Int)))
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		name, ok := readString(key)
		if !ok {
			return nil, false
		}
		if read[name], ok = readString(m.Get(key)); !ok {
			return nil, false
		}
	}
	return read, true
}
