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

func TestDuplicateNamesAreRefused(t *testing.T) {
	judgeTwins(t, wide(), []twins{
		{"exact", `{"iss":"a","iss":"b"}`, `{"iss":"a","sub":"b"}`, strictjson.FaultDuplicate},
		{"exact, same value", `{"iss":"a","iss":"a"}`, `{"iss":"a"}`, strictjson.FaultDuplicate},
		{"not neighbours", `{"a":1,"b":{"c":[]},"a":1}`, `{"a":1,"b":{"c":[]},"d":1}`, strictjson.FaultDuplicate},
		{"empty names", `{"":1,"":2}`, `{"":1," ":2}`, strictjson.FaultDuplicate},
		{"escaped and plain", `{"iss":1,"\u0069ss":2}`, `{"iss":1,"\u006ass":2}`, strictjson.FaultDuplicate},
		{"upper case", `{"iss":1,"ISS":2}`, `{"iss":1,"ISSU":2}`, strictjson.FaultDuplicate},
		{"upper case first", `{"Iss":1,"iss":2}`, `{"Iss":1}`, strictjson.FaultDuplicate},
		{"two upper cases", `{"iSs":1,"isS":2}`, `{"iSs":1,"isSs":2}`, strictjson.FaultDuplicate},
		{"long s, U+017F", `{"iss":1,"iſs":2}`, `{"iss":1,"ißs":2}`, strictjson.FaultDuplicate},
		{"long s, escaped", `{"sub":1,"\u017fub":2}`, `{"sub":1,"\u0180ub":2}`, strictjson.FaultDuplicate},
		{"Kelvin sign, U+212A", `{"kid":1,"` + "\u212a" + `id":2}`, `{"kid":1,"` + "\u212b" + `id":2}`, strictjson.FaultDuplicate},
		{"Kelvin sign beside K", `{"Kid":1,"\u212aid":2}`, `{"\u212aid":2}`, strictjson.FaultDuplicate},
		{"Greek sigmas", `{"σ":1,"ς":2}`, `{"σ":1,"τ":2}`, strictjson.FaultDuplicate},
		{"in an inner object", `{"a":{"b":1,"B":2}}`, `{"a":{"b":1},"B":2}`, strictjson.FaultDuplicate},
		{"in an array", `[[],{"b":1,"b":2}]`, `[{"b":1},{"b":2}]`, strictjson.FaultDuplicate},
		{"outer, around an inner", `{"a":{"a":1},"A":2}`, `{"a":{"A":1},"b":2}`, strictjson.FaultDuplicate},
	})
}

// TestDuplicateNamesAtEveryDepth puts the same pair of names at each depth up
// to the limit.
func TestDuplicateNamesAtEveryDepth(t *testing.T) {
	for depth := 1; depth <= wide().Depth; depth++ {
		open, end := strings.Repeat(`{"a":`, depth-1), strings.Repeat("}", depth-1)
		require.Equal(t, strictjson.FaultDuplicate, judge(t, open+`{"kid":1,"Kid":2}`+end, wide()), "depth %d", depth)
		require.Equal(t, accepted, judge(t, open+`{"kid":1,"Kin":2}`+end, wide()), "depth %d", depth)
	}
}

// TestDuplicateNamesInWideObjects covers both ways of comparing, each with each
// for few names and by sorting for many: a pair at any two places is found.
func TestDuplicateNamesInWideObjects(t *testing.T) {
	for _, n := range []int{2, 31, 32, 33, 34, 1000} {
		members := make([]string, n)
		for i := range members {
			members[i] = fmt.Sprintf(`"claim%d":%d`, i, i)
		}
		object := func() string { return "{" + strings.Join(members, ",") + "}" }
		require.Equal(t, accepted, judge(t, object(), wide()), "%d names", n)
		for _, at := range []int{1, n / 2, n - 1} {
			kept := members[at]
			members[at] = `"Claim0":true`
			require.Equal(t, strictjson.FaultDuplicate, judge(t, object(), wide()), "%d names, the twin at %d", n, at)
			members[at] = kept
		}
	}
}
