// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// exactDate is what a NumericDate means: the number of seconds, exactly, and
// whether it is a date between 1970 and 9999.
func exactDate(literal string) (*big.Rat, bool) {
	seconds, ok := new(big.Rat).SetString(literal)
	if !ok || seconds.Sign() < 0 || seconds.Cmp(new(big.Rat).SetInt64(maxDate)) > 0 {
		return nil, false
	}
	return seconds, true
}

// numberLiteral draws JSON numbers that the front door lets in, near the
// edges of what a date is as well as far from them.
func numberLiteral(t *rapid.T) string {
	whole := rapid.OneOf(
		rapid.Int64(),
		rapid.Int64Range(-2, 2),
		rapid.Int64Range(maxDate-2, maxDate+2),
		rapid.Int64Range(0, maxDate),
	).Draw(t, "whole")
	literal := fmt.Sprint(whole)
	if rapid.Bool().Draw(t, "has fraction") {
		literal += "." + rapid.StringMatching(`[0-9]{1,9}`).Draw(t, "fraction")
	}
	if rapid.Bool().Draw(t, "has exponent") {
		literal += fmt.Sprintf("e%d", rapid.IntRange(-12, 12).Draw(t, "exponent"))
	}
	return literal
}

func TestNumericDateAgainstExactArithmetic(t *testing.T) {
	t.Parallel()
	// A double near the year 9999 is exact to some 30 microseconds.
	tolerance := big.NewRat(1, 10_000)
	rapid.Check(t, func(t *rapid.T) {
		literal := numberLiteral(t)
		exact, isDate := exactDate(literal)
		got, ok := numericDate(parse(t, literal))
		if !isDate {
			over, _ := new(big.Rat).SetString(literal)
			if over.Sub(over, new(big.Rat).SetInt64(maxDate)); ok && over.Sign() > 0 && over.Cmp(tolerance) < 0 {
				return // rounds to the last second of 9999
			}
		}
		require.Equal(t, isDate, ok, literal)
		if !ok {
			return
		}
		off := new(big.Rat).SetFrac64(got.Unix(), 1)
		off.Add(off, big.NewRat(int64(got.Nanosecond()), 1e9)).Sub(off, exact)
		require.Negative(t, off.Abs(off).Cmp(tolerance), "%s was read as %s", literal, got)
	})
}

func TestNumericDateIsANumber(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`"1893456000"`, `true`, `null`, `[1893456000]`, `{"a":1}`, `""`} {
		_, ok := numericDate(parse(t, text))
		require.False(t, ok, text)
	}
	got, ok := numericDate(parse(t, "1893456000"))
	require.True(t, ok)
	require.True(t, got.Equal(start()))
}

// The edges of the three dates, to the nanosecond, for several skews.
func TestCheckTimesAtTheEdge(t *testing.T) {
	t.Parallel()
	at := func(name string, d time.Duration) string {
		exact := start().Add(d)
		return fmt.Sprintf(`{"exp":1893460000,%q:%d.%03d}`, name, exact.Unix(), exact.Nanosecond()/1e6)
	}
	for _, skew := range []time.Duration{0, time.Second, DefaultSkew, MaxLeeway, 10 * time.Minute} {
		for _, c := range []struct {
			text string
			want Reason
		}{
			{fmt.Sprintf(`{"exp":%d}`, start().Add(time.Second-skew).Unix()), ""},
			{fmt.Sprintf(`{"exp":%d}`, start().Add(-skew).Unix()), Expired},
			{fmt.Sprintf(`{"exp":%d}`, start().Add(-skew-time.Second).Unix()), Expired},
			{at("nbf", skew), ""},
			{at("nbf", skew+time.Second), NotYetValid},
			{at("nbf", skew+8*time.Millisecond), NotYetValid},
			{at("nbf", skew-time.Second), ""},
			{at("iat", skew), ""},
			{at("iat", skew+time.Second), IssuedInFuture},
			{at("iat", skew+8*time.Millisecond), IssuedInFuture},
		} {
			refused := checkTimes(parse(t, c.text), start(), skew)
			if c.want == "" {
				require.Nil(t, refused, "%s, skew %s", c.text, skew)
				continue
			}
			require.NotNil(t, refused, "%s, skew %s", c.text, skew)
			require.Equal(t, c.want, refused.reason, "%s, skew %s", c.text, skew)
		}
	}
}

// The farthest exp is a hundred years of 365 days ahead.
func TestCheckTimesFarExpiry(t *testing.T) {
	t.Parallel()
	exp := func(d time.Duration) string { return fmt.Sprintf(`{"exp":%d}`, start().Add(d).Unix()) }
	require.Nil(t, checkTimes(parse(t, exp(farExpiry)), start(), 0))
	require.Equal(t, ExpiryTooFar, checkTimes(parse(t, exp(farExpiry+time.Second)), start(), 0).reason)
	require.Equal(t, ExpiryTooFar, checkTimes(parse(t, `{"exp":253402300799}`), start(), 0).reason)
}

// Which check is told when several fail, and about which claim.
func TestCheckTimesOrder(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]denial{
		`{}`:                                       {ClaimForm, "exp"},
		`{"exp":"x","nbf":"x","iat":"x"}`:          {ClaimForm, "exp"},
		`{"exp":1,"nbf":"x","iat":"x"}`:            {Expired, "exp"},
		`{"exp":1893456600,"nbf":"x"}`:             {ClaimForm, "nbf"},
		`{"exp":1893456600,"nbf":2e10,"iat":2e10}`: {NotYetValid, "nbf"},
		`{"exp":1893456600,"iat":null}`:            {ClaimForm, "iat"},
		`{"exp":1893456600,"iat":2e10}`:            {IssuedInFuture, "iat"},
	} {
		require.Equal(t, &want, checkTimes(parse(t, text), start(), DefaultSkew), text)
	}
	require.Nil(t, checkTimes(parse(t, `{"exp":1893456600,"nbf":0,"iat":0}`), start(), DefaultSkew))
}

func TestSkew(t *testing.T) {
	t.Parallel()
	require.Equal(t, DefaultSkew, skew(0))
	require.Zero(t, skew(-time.Second))
	require.Equal(t, 600*time.Second, skew(600*time.Second), "an older role keeps what it has")
}
