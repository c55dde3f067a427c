// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// lazyObject is the claims as a CEL map. An expression reads a few of them, and
// only those are converted; what looks at the map as a whole converts all.
type lazyObject struct {
	object strictjson.Value
	read   map[string]ref.Val // members that were asked for
	whole  traits.Mapper      // nil until somebody needs all
}

var _ traits.Mapper = (*lazyObject)(nil)

func newLazyObject(v strictjson.Value) *lazyObject {
	return &lazyObject{object: v, read: map[string]ref.Val{}}
}

func (o *lazyObject) all() traits.Mapper {
	if o.whole == nil {
		o.whole = members(o.object)
	}
	return o.whole
}

// Find returns the member of that name.
func (o *lazyObject) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return nil, false
	}
	if v, found := o.read[string(name)]; found {
		return v, true
	}
	member, found := o.object.Get(string(name))
	if !found {
		return nil, false
	}
	v := value(member)
	o.read[string(name)] = v
	return v, true
}

// Get returns the member of that name, or an error value.
func (o *lazyObject) Get(key ref.Val) ref.Val {
	if v, found := o.Find(key); found {
		return v
	}
	return types.NewErr("no such key")
}

// Contains tells whether there is a member of that name.
func (o *lazyObject) Contains(key ref.Val) ref.Val {
	_, found := o.Find(key)
	return types.Bool(found)
}

// The rest of a map is that of the whole.

// Size returns the number of members.
func (o *lazyObject) Size() ref.Val { return types.Int(o.object.Len()) }

// Type is that of maps.
func (o *lazyObject) Type() ref.Type { return types.MapType }

// Iterator ranges over the names.
func (o *lazyObject) Iterator() traits.Iterator { return o.all().Iterator() }

// Equal compares with another map.
func (o *lazyObject) Equal(other ref.Val) ref.Val { return o.all().Equal(other) }

// Value returns the Go map.
func (o *lazyObject) Value() any { return o.all().Value() }

// ConvertToNative converts to a Go type.
func (o *lazyObject) ConvertToNative(t reflect.Type) (any, error) { return o.all().ConvertToNative(t) }

// ConvertToType converts to a CEL type.
func (o *lazyObject) ConvertToType(t ref.Type) ref.Val { return o.all().ConvertToType(t) }
