// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// Whatever the number of roles, the nearest are those of a sort of all, in the
// same order, and no more than twice as many as are told are kept.
func TestNearestVerdicts(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, total := range []int{0, 1, maxVerdicts, maxVerdicts + 1, 2*maxVerdicts - 1, 2 * maxVerdicts, 7*maxVerdicts + 3} {
		var all []verdict
		var near nearest
		for n := range total {
			v := verdict{passed: random.IntN(20), role: string(rune('a' + n%26))}
			v.d.Reason = auth.Subject
			if random.IntN(100) == 0 {
				v.d.Reason = auth.Allowed
			}
			all = append(all, v)
			near.add(v)
			require.Less(t, len(near.list), 2*maxVerdicts)
		}
		slices.SortStableFunc(all, func(a, b verdict) int {
			if a.d.Allowed() != b.d.Allowed() {
				return 1 - 2*truth(a.d.Allowed())
			}
			return cmp.Compare(b.passed, a.passed)
		})
		require.Equal(t, total, near.total)
		told := min(total, maxVerdicts)
		require.Equal(t, all[:told], near.sorted()[:told])
	}
}
