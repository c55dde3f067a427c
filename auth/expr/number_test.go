// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Row M14: a number keeps its value, or is no number.
func TestNumbers(t *testing.T) {
	for literal, condition := range map[string]string{
		`7`:                    `type(claims.n) == int && claims.n == 7`,
		`7.0`:                  `type(claims.n) == int && claims.n == 7`,
		`70e-1`:                `type(claims.n) == int && claims.n == 7`,
		`-0`:                   `claims.n == 0`,
		`-0.0`:                 `type(claims.n) == int && claims.n == 0`,
		`7.5`:                  `type(claims.n) == double && claims.n == 7.5 && claims.n > 7`,
		`1e-300`:               `type(claims.n) == double && claims.n > 0.0`,
		`9007199254740991`:     `type(claims.n) == int && claims.n == 9007199254740991`,
		`-9007199254740991`:    `claims.n == -9007199254740991`,
		`9007199254740992`:     `claims.n == "9007199254740992" && claims.n != 9007199254740992`,
		`9007199254740993`:     `claims.n == "9007199254740993" && claims.n != "9007199254740992"`,
		`9007199254740993.0`:   `claims.n == "9007199254740993"`,
		`-9007199254740992`:    `claims.n == "-9007199254740992"`,
		`18446744073709551615`: `claims.n == "18446744073709551615"`,
		`1e20`:                 `claims.n == "100000000000000000000"`,
	} {
		got, err := eval(t, CompileBool, input(t, `{"n":`+literal+`}`), condition)
		require.NoError(t, err, literal)
		require.True(t, got, "%s: %s", literal, condition)
	}
}

// A string is never the number that it looks like, nor the other way round.
func TestNoConversion(t *testing.T) {
	in := input(t, `{"n": 1, "s": "1", "t": true, "u": "true"}`)
	for _, source := range []string{`claims.n == claims.s`, `claims.s == 1`, `claims.t == claims.u`, `claims.n == claims.t`, `"1" in [claims.n]`} {
		got, err := eval(t, CompileBool, in, source)
		require.NoError(t, err, source)
		require.False(t, got, source)
	}
	got, err := eval(t, CompileBool, in, `claims.n == 1.0 && claims.n == 1 && claims.s == "1"`)
	require.NoError(t, err)
	require.True(t, got)
}

// A NumericDate is an int, and so can be made a time.
func TestDates(t *testing.T) {
	in := input(t, `{"auth_time": 1772600000}`)
	got, err := eval(t, CompileBool, in, `now - timestamp(claims.auth_time) < duration("1h") && now > timestamp(claims.auth_time)`)
	require.NoError(t, err)
	require.True(t, got)
	got, err = eval(t, CompileBool, in, `now - timestamp(claims.auth_time) < duration("1s")`)
	require.NoError(t, err)
	require.False(t, got)
}
