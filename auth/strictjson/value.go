// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson

import (
	"encoding/json"
	"iter"
)

// Kind is the JSON type of a [Value].
type Kind uint8

// The JSON types. Invalid is the kind of the zero Value.
const (
	Invalid Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// Document is a parsed JSON text: its values in order of appearance.
type Document struct {
	src   string
	own   []string // decoded strings that do not stand in src as they are
	nodes []node
}

// node is one value, or the name of a member (kind String), followed by what
// it contains. It has no pointers, so that a document costs the garbage
// collector nothing.
type node struct {
	from int32 // where the text begins: in Document.src, or its index in Document.own
	size int32 // bytes of the text; members or elements; for Bool, 1 means true
	next int32 // index of the node after this value and all that it contains
	kind Kind
	own  bool // the text is in Document.own
}

// text returns a decoded string, or the literal of a number.
func (d *Document) text(n node) string {
	if n.own {
		return d.own[n.from]
	}
	return d.src[n.from : n.from+n.size]
}

// Value is one value of a Document. The zero Value has kind Invalid, and every
// reading method on it answers "not there".
type Value struct {
	doc *Document
	at  int32
}

// Root returns the value that the document consists of.
func (d *Document) Root() Value { return Value{doc: d} }

func (v Value) node() node {
	if v.doc == nil {
		return node{}
	}
	return v.doc.nodes[v.at]
}

// text returns the text of a value of a kind that has one, and "" for others.
func (v Value) text(kind Kind) (string, bool) {
	n := v.node()
	if n.kind != kind {
		return "", false
	}
	return v.doc.text(n), true
}

// Kind returns the type of the value.
func (v Value) Kind() Kind { return v.node().kind }

// Text returns the decoded string.
func (v Value) Text() (string, bool) {
	return v.text(String)
}

// Literal returns a number as it was written.
func (v Value) Literal() (string, bool) {
	return v.text(Number)
}

// Bool returns a boolean.
func (v Value) Bool() (value, ok bool) {
	n := v.node()
	return n.size == 1 && n.kind == Bool, n.kind == Bool
}

// Len returns the number of members or elements, 0 for other kinds.
func (v Value) Len() int {
	n := v.node()
	if n.kind != Array && n.kind != Object {
		return 0
	}
	return int(n.size)
}

// Get returns the member of that exact name.
func (v Value) Get(name string) (Value, bool) {
	if v.Kind() != Object {
		return Value{}, false
	}
	nodes := v.doc.nodes
	end := nodes[v.at].next
	for at := v.at + 1; at < end; at = nodes[at+1].next {
		if v.doc.text(nodes[at]) == name {
			return Value{v.doc, at + 1}, true
		}
	}
	return Value{}, false
}

// At returns the element at index i, counted from 0.
func (v Value) At(i int) (Value, bool) {
	if v.Kind() != Array || i < 0 || i >= v.Len() {
		return Value{}, false
	}
	at := v.at + 1
	for ; i > 0; i-- {
		at = v.doc.nodes[at].next
	}
	return Value{v.doc, at}, true
}

// Members ranges over the members of an object in order of appearance.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.Kind() != Object {
			return
		}
		end := v.node().next
		for at := v.at + 1; at < end; at = v.doc.nodes[at+1].next {
			if !yield(v.doc.text(v.doc.nodes[at]), Value{v.doc, at + 1}) {
				return
			}
		}
	}
}

// Elements ranges over the elements of an array in order.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() != Array {
			return
		}
		end := v.node().next
		for at := v.at + 1; at < end; at = v.doc.nodes[at].next {
			if !yield(Value{v.doc, at}) {
				return
			}
		}
	}
}

// Any returns the value as encoding/json with UseNumber would: maps, slices,
// strings, booleans, json.Number and nil. It allocates, and is not meant for
// the login path.
func (v Value) Any() any {
	switch v.Kind() {
	case Bool:
		b, _ := v.Bool()
		return b
	case Number:
		return json.Number(v.doc.text(v.node()))
	case String:
		return v.doc.text(v.node())
	case Array:
		list := make([]any, 0, v.Len())
		for e := range v.Elements() {
			list = append(list, e.Any())
		}
		return list
	case Object:
		m := make(map[string]any, v.Len())
		for name, member := range v.Members() {
			m[name] = member.Any()
		}
		return m
	default:
		return nil
	}
}
