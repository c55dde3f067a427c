// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"runtime"
	"sync"
	"weak"
)

// shelf has the expressions that give a T and are in use somewhere, by their
// source. Many roles have the same condition: they share one program, which
// takes 2 KiB and some 200 microseconds to make. An expression that nobody uses
// any more is no longer kept. It is safe for concurrent use.
type shelf[T any] struct{ bySource sync.Map } // string to weak.Pointer[Expression[T]]

// One shelf for each type: what a source may give depends on it.
var (
	bools   shelf[bool]
	texts   shelf[string]
	lists   shelf[[]string]
	mapping shelf[map[string]string]
)

// get returns the expression of that source, which build makes if there is none.
func (s *shelf[T]) get(source string, build func() (*Expression[T], error)) (*Expression[T], error) {
	if e := s.find(source); e != nil {
		return e, nil
	}
	e, err := build()
	if err != nil {
		return nil, err
	}
	kept := weak.Make(e)
	s.bySource.Store(source, kept)
	runtime.AddCleanup(e, func(source string) { s.bySource.CompareAndDelete(source, kept) }, source)
	return e, nil
}

func (s *shelf[T]) find(source string) *Expression[T] {
	found, ok := s.bySource.Load(source)
	if !ok {
		return nil
	}
	kept, _ := found.(weak.Pointer[Expression[T]])
	return kept.Value()
}
