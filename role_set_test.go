// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A set is what a map is, and stays as it was when another is made of it.
func TestRoleSetIsAMapThatNeverChanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set, model := &roleSet{}, map[string]*roleEntry{}
		for range rapid.IntRange(1, 20).Draw(t, "edits") {
			old, was := set, maps.Clone(model)
			edit := set.edit()
			for range rapid.IntRange(1, 20).Draw(t, "puts") {
				name := fmt.Sprint("r", rapid.IntRange(0, 30).Draw(t, "name"))
				var entry *roleEntry
				if rapid.Bool().Draw(t, "there") {
					entry = &roleEntry{}
				}
				require.Same(t, model[name], edit.put(name, entry))
				if model[name] = entry; entry == nil {
					delete(model, name)
				}
				got, found := edit.get(name)
				require.Equal(t, entry != nil, found)
				require.Same(t, entry, got)
			}
			set = edit.done()
			require.True(t, maps.Equal(was, maps.Collect(old.all())))
			require.True(t, maps.Equal(model, maps.Collect(set.all())))
			require.Equal(t, len(model), set.Len())
			var names []string
			for name, e := range set.sorted() {
				require.Same(t, model[name], e)
				names = append(names, name)
			}
			require.Equal(t, slices.Sorted(maps.Keys(model)), names)
		}
	})
}
