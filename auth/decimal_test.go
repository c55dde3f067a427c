// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// anyNumber draws a JSON number of any size that a token may carry.
func anyNumber(t *rapid.T, label string) string {
	digits := rapid.StringMatching(`(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?`).Draw(t, label)
	sign := rapid.SampledFrom([]string{"", "-"}).Draw(t, label+" sign")
	exponent := rapid.SampledFrom([]string{"", "e", "E", "e+", "E-", "e-"}).Draw(t, label+" e")
	if exponent != "" {
		exponent += fmt.Sprint(rapid.IntRange(0, 250).Draw(t, label+" exponent"))
	}
	return sign + digits + exponent
}

// respell draws another way to write the same number.
func respell(t *rapid.T, literal string) string {
	exact, _ := new(big.Rat).SetString(literal)
	shift := rapid.IntRange(-20, 20).Draw(t, "shift")
	factor := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil))
	if shift < 0 {
		exact.Mul(exact, factor)
	} else {
		exact.Quo(exact, factor)
	}
	digits, _ := exact.FloatPrec()
	return fmt.Sprintf("%se%d", exact.FloatString(digits), shift)
}

// Two numbers have one canonical form exactly if they are equal.
func TestCanonicalNumberAgainstExactArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyNumber(t, "a"), anyNumber(t, "b")
		if rapid.Bool().Draw(t, "nearly") {
			b = a + rapid.SampledFrom([]string{"", "0", "1", ".0"}).Draw(t, "ending")
		}
		if _, err := strictjson.Parse(b, strictjson.Limits{Bytes: 64}); err != nil {
			t.Skip("the ending made no number of it, or one that no token may carry")
		}
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		require.Equal(t, x.Cmp(y) == 0, canonicalNumber(a) == canonicalNumber(b), "%s and %s", a, b)
	})
}

func TestCanonicalNumberIgnoresSpelling(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := anyNumber(t, "a")
		require.Equal(t, canonicalNumber(a), canonicalNumber(respell(t, a)))
	})
}

// The form means the number, and is its own canonical form.
func TestCanonicalNumberKeepsTheValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := anyNumber(t, "a")
		form := canonicalNumber(a)
		x, _ := new(big.Rat).SetString(a)
		y, ok := new(big.Rat).SetString(form)
		require.True(t, ok, form)
		require.Zero(t, x.Cmp(y), "%s became %s", a, form)
		require.Equal(t, form, canonicalNumber(form))
	})
}

func TestCanonicalNumberForms(t *testing.T) {
	t.Parallel()
	for literal, want := range map[string]string{
		"0": "0", "-0": "0", "0.0": "0", "-0e9": "0", "1": "1", "1.0": "1", "10e-1": "1", "-1.5": "-15e-1", "150": "150", "1.5E2": "150",
		"9007199254740993": "9007199254740993", "9007199254740993.0": "9007199254740993", "18446744073709551615": "18446744073709551615",
		"1e19": "10000000000000000000", "1e20": "1e20", "12e19": "12e19", "1e-7": "1e-7", "0.0000001": "1e-7",
	} {
		require.Equal(t, want, canonicalNumber(literal), literal)
	}
}
