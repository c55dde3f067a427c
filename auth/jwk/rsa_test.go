// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"crypto/rand"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// modulus is an odd number of that many bits. The policy cannot tell it from
// the product of two primes.
func modulus(t testing.TB, bits int) *big.Int {
	t.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), uint(bits)))
	require.NoError(t, err)
	return n.SetBit(n.SetBit(n, 0, 1), bits-1, 1)
}

// TestRSASize covers K3 at its boundaries.
func TestRSASize(t *testing.T) {
	good := public("RS256")
	for _, bits := range []int{2048, 2049, 3072, 4096, 8191, 8192} {
		require.Empty(t, judge(t, good.with("n", b64Int(modulus(t, bits))).String()), "%d bits", bits)
	}
	for _, bits := range []int{1, 2, 512, 1024, 1536, 2040, 2047, 8193, 16384} {
		require.Equal(t, jwk.FaultRSASize, judge(t, good.with("n", b64Int(modulus(t, bits))).String()), "%d bits", bits)
	}
}

func TestRSAModulus(t *testing.T) {
	good := public("RS256")
	even := new(big.Int).Sub(rsaKey().N, big.NewInt(1))
	judgeAll(t, good, []refused{
		{"even", good.with("n", b64Int(even)), jwk.FaultRSAModulus},
		{"zero", good.with("n", "AA"), jwk.FaultRSASize},
		{"empty", good.with("n", ""), jwk.FaultMember},
		{"padding alone", good.with("n", "="), jwk.FaultRSASize},
		{"missing", good.with("n", nil), jwk.FaultMember},
		{"number", good.with("n", 5), jwk.FaultMember},
		{"decimal digits", good.with("n", rsaKey().N.String()+"!"), jwk.FaultMember},
		{"standard base64", good.with("n", "+/"+b64Int(rsaKey().N)), jwk.FaultMember},
	})
}

func TestRSAExponent(t *testing.T) {
	good := public("RS256")
	for _, e := range []int64{3, 5, 17, 65537, 1<<31 - 1} {
		require.Empty(t, judge(t, good.with("e", b64Int(big.NewInt(e))).String()), "e=%d", e)
	}
	for _, e := range []int64{1, 2, 4, 65536, 1 << 31, 1<<31 + 1, 1 << 32, 1<<32 + 1, 1 << 40} {
		require.Equal(t, jwk.FaultRSAExponent, judge(t, good.with("e", b64Int(big.NewInt(e))).String()), "e=%d", e)
	}
	judgeAll(t, good, []refused{
		{"zero", good.with("e", "AA"), jwk.FaultRSAExponent},
		{"as long as the modulus", good.with("e", good["n"]), jwk.FaultRSAExponent},
		{"missing", good.with("e", nil), jwk.FaultMember},
		{"empty", good.with("e", ""), jwk.FaultMember},
		{"number", good.with("e", 65537), jwk.FaultMember},
	})
}

// TestROCA builds a modulus of the form that the weak generator of
// CVE-2017-15361 made: each factor is a power of 65537 modulo the product M of
// the small primes.
func TestROCA(t *testing.T) {
	m := big.NewInt(1)
	for p := int64(2); p <= 701; p++ {
		if big.NewInt(p).ProbablyPrime(20) {
			m.Mul(m, big.NewInt(p))
		}
	}
	factor := func() *big.Int {
		k, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), uint(1024-m.BitLen())))
		require.NoError(t, err)
		a, err := rand.Int(rand.Reader, m)
		require.NoError(t, err)
		k.SetBit(k, 1024-m.BitLen()-1, 1)
		return k.Add(k.Mul(k, m), new(big.Int).Exp(big.NewInt(65537), a, m))
	}
	good := public("RS256")
	for range 5 {
		n := new(big.Int).Mul(factor(), factor())
		for n.BitLen() < 2048 {
			n.Mul(factor(), factor())
		}
		require.Equal(t, jwk.FaultRSAModulus, judge(t, good.with("n", b64Int(n)).String()))
	}
	for range 200 {
		require.Empty(t, judge(t, good.with("n", b64Int(modulus(t, 2048))).String()), "a random modulus is not of that form")
	}
}
