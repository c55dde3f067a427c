// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRotateMovesEveryEntryThroughEveryPlace(t *testing.T) {
	entries := []entry{{0, "service"}, {1, "service"}, {2, "service"}}
	places := map[entry]map[int]bool{}
	for round := range 2 * len(entries) {
		turned := rotate(entries, round)
		require.ElementsMatch(t, entries, turned)
		for place, e := range turned {
			if places[e] == nil {
				places[e] = map[int]bool{}
			}
			places[e][place] = true
		}
	}
	for _, e := range entries {
		require.Len(t, places[e], len(entries))
	}
	require.Equal(t, []entry{{0, "service"}, {1, "service"}, {2, "service"}}, entries, "the argument stays as it was")
}

func TestRotateChangesTheNeighbour(t *testing.T) {
	entries := []entry{{0, "service"}, {1, "service"}, {2, "service"}}
	require.Equal(t, []entry{{0, "service"}, {1, "service"}, {2, "service"}}, rotate(entries, 0))
	require.Equal(t, []entry{{0, "service"}, {2, "service"}, {1, "service"}}, rotate(entries, 1))
}
