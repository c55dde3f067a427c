// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"crypto/ecdsa"
	"encoding/base64"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// TestECPoint covers K4 on each curve.
func TestECPoint(t *testing.T) {
	for _, alg := range []string{"ES256", "ES384", "ES512"} {
		good := public(alg)
		curve := keys()[alg].Private.Public().(*ecdsa.PublicKey).Curve.Params()
		size := (curve.BitSize + 7) / 8
		x, y := good["x"].(string), good["y"].(string)
		full := func(n *big.Int) string { return b64(n.FillBytes(make([]byte, size))) }
		whole := append(coordinate(t, alg), octets(t, y)...)
		prefixed := func(octets ...byte) string { return b64(append(octets, coordinate(t, alg)...)) }
		judgeAll(t, good, []refused{
			{"swapped", good.with("x", y).with("y", x), jwk.FaultPoint},
			{"both the same", good.with("y", x), jwk.FaultPoint},
			{"zero", good.with("x", full(big.NewInt(0))).with("y", full(big.NewInt(0))), jwk.FaultPoint},
			{"one, one", good.with("x", full(big.NewInt(1))).with("y", full(big.NewInt(1))), jwk.FaultPoint},
			{"x is p", good.with("x", full(curve.P)), jwk.FaultPoint},
			{"y is p", good.with("y", full(curve.P)), jwk.FaultPoint},
			{"x one octet longer", good.with("x", prefixed(0)), jwk.FaultPoint},
			{"x one octet shorter", good.with("x", b64(coordinate(t, alg)[1:])), jwk.FaultPoint},
			{"an octet of y in x", good.with("x", b64(whole[:size+1])).with("y", b64(whole[size+1:])), jwk.FaultPoint},
			{"whole point in x", good.with("x", prefixed(4)), jwk.FaultPoint},
			{"y missing", good.with("y", nil), jwk.FaultMember},
			{"x missing", good.with("x", nil), jwk.FaultMember},
			{"y empty", good.with("y", ""), jwk.FaultMember},
			{"x no base64", good.with("x", "!"+x[1:]), jwk.FaultMember},
			{"x number", good.with("x", 5), jwk.FaultMember},
		})
	}
}

func TestCurveAndType(t *testing.T) {
	good := public("ES256")
	judgeAll(t, good, []refused{
		{"P-384", good.with("crv", "P-384").with("alg", nil), jwk.FaultPoint},
		{"P-521", good.with("crv", "P-521").with("alg", nil), jwk.FaultPoint},
		{"P-224", good.with("crv", "P-224"), jwk.FaultType},
		{"secp256k1", good.with("crv", "secp256k1"), jwk.FaultType},
		{"another case", good.with("crv", "p-256"), jwk.FaultType},
		{"missing", good.with("crv", nil), jwk.FaultType},
		{"number", good.with("crv", 256), jwk.FaultType},
		{"kty RSA", good.with("kty", "RSA"), jwk.FaultMember},
		{"kty OKP", good.with("kty", "OKP"), jwk.FaultType},
		{"kty ec", good.with("kty", "ec"), jwk.FaultType},
		{"kty missing", good.with("kty", nil), jwk.FaultType},
		{"kty null", good.with("kty", null{}), jwk.FaultType},
		{"kty list", good.with("kty", []string{"EC"}), jwk.FaultType},
	})
}

// TestPaddedMembersAreRead: some issuers pad, and the document is trusted.
func TestPaddedMembersAreRead(t *testing.T) {
	good := public("ES256")
	require.Empty(t, judge(t, good.with("x", good["x"].(string)+"=").String()))
}

func octets(t testing.TB, encoded string) []byte {
	t.Helper()
	out, err := base64.RawURLEncoding.DecodeString(encoded)
	require.NoError(t, err)
	return out
}

// coordinate decodes x.
func coordinate(t testing.TB, alg string) []byte {
	t.Helper()
	point, err := keys()[alg].Private.Public().(*ecdsa.PublicKey).Bytes()
	require.NoError(t, err)
	return point[1 : 1+(len(point)-1)/2]
}
