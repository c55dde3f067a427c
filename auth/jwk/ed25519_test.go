// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// TestEd25519Keys covers the key half of T15: for a key of low order anybody
// can make signatures.
func TestEd25519Keys(t *testing.T) {
	good := public("EdDSA")
	octets := keys()["EdDSA"].Private.Public()
	require.Len(t, octets, 32)
	for name, c := range map[string]struct {
		x    string // hex
		want jwk.Fault
	}{
		"order 1, the identity":     {"0100000000000000000000000000000000000000000000000000000000000000", jwk.FaultLowOrder},
		"order 2":                   {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", jwk.FaultLowOrder},
		"order 4":                   {"0000000000000000000000000000000000000000000000000000000000000000", jwk.FaultLowOrder},
		"order 4, negative":         {"0000000000000000000000000000000000000000000000000000000000000080", jwk.FaultLowOrder},
		"order 8":                   {"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", jwk.FaultLowOrder},
		"order 8, negative":         {"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", jwk.FaultLowOrder},
		"order 8, other":            {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", jwk.FaultLowOrder},
		"order 8, other negative":   {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", jwk.FaultLowOrder},
		"y is p, not canonical":     {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", jwk.FaultLowOrder},
		"y is p+1, not canonical":   {"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", jwk.FaultLowOrder},
		"minus zero, not canonical": {"0100000000000000000000000000000000000000000000000000000000000080", jwk.FaultLowOrder},
		"y is p+3, not canonical":   {"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", jwk.FaultLowOrder},
		"no point":                  {"0200000000000000000000000000000000000000000000000000000000000000", jwk.FaultPoint},
		"one octet":                 {"01", jwk.FaultPoint},
		"33 octets":                 {"010000000000000000000000000000000000000000000000000000000000000000", jwk.FaultPoint},
		"base point":                {"5866666666666666666666666666666666666666666666666666666666666666", ""},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := hex.DecodeString(c.x)
			require.NoError(t, err)
			require.Equal(t, c.want, judge(t, good.with("x", b64(x)).String()))
		})
	}
	judgeAll(t, good, []refused{
		{"Ed448", good.with("crv", "Ed448"), jwk.FaultType},
		{"X25519", good.with("crv", "X25519"), jwk.FaultType},
		{"crv missing", good.with("crv", nil), jwk.FaultType},
		{"x missing", good.with("x", nil), jwk.FaultMember},
		{"x empty", good.with("x", ""), jwk.FaultMember},
	})
}
