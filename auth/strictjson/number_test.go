// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

func TestNumbersThatReadersAgreeOn(t *testing.T) {
	for _, literal := range []string{
		"0", "-0", "1", "-1", "10", "1893456000", "1.5", "-1.5", "0.1", "0.0", "1e0", "1E5", "1e+5", "1e-5", "0e99999", "-0.0e-99999",
		"9007199254740993",    // above 2^53: kept as written, never rounded
		"999999999999999999",  // 18 digits
		"9223372036854775807", // MaxInt64
		"-9223372036854775808",
		"18446744073709551615", // MaxUint64
		"1e300", "1.7976931348623157e308", "5e-324", "2.2250738585072014e-308",
		"0." + strings.Repeat("1", 62), // 64 bytes
	} {
		value := root(t, literal)
		got, ok := value.Literal()
		require.True(t, ok)
		require.Equal(t, literal, got)
	}
}

func TestNumbersThatReadersRoundDifferently(t *testing.T) {
	judgeTwins(t, wide(), []twins{
		{"beyond MaxUint64", "18446744073709551616", "18446744073709551615", strictjson.FaultNumber},
		{"below MinInt64", "-9223372036854775809", "-9223372036854775808", strictjson.FaultNumber},
		{"integer of 400 digits", strings.Repeat("9", 400), strings.Repeat("9", 19), strictjson.FaultNumber},
		{"infinite", "1e400", "1e308", strictjson.FaultNumber},
		{"minus infinite", "-1.8e308", "-1.7e308", strictjson.FaultNumber},
		{"exponent of 20 digits", "1e99999999999999999999", "0e99999999999999999999", strictjson.FaultNumber},
		{"zero though it is not", "1e-400", "0e-400", strictjson.FaultNumber},
		{"zero though it is not, with a point", "0.00001e-400", "0.00000e-400", strictjson.FaultNumber},
		{"65 bytes", "0." + strings.Repeat("1", 63), "0." + strings.Repeat("1", 62), strictjson.FaultNumber},
		{"inside", `{"a":[1e400]}`, `{"a":[1e300]}`, strictjson.FaultNumber},
	})
}

func TestWhatIsNoNumber(t *testing.T) {
	for _, src := range []string{
		"-", "+1", ".5", "5.", "1.e1", "01", "-01", "00", "1e", "1e+", "1e-", "1E", "--1", "- 1", "-.5", "NaN", "Infinity", "-Infinity", "-e5", "１",
	} {
		require.Equal(t, strictjson.FaultSyntax, judge(t, src, wide()), "%q", src)
		require.Equal(t, strictjson.FaultSyntax, judge(t, "["+src+"]", wide()), "%q", "["+src+"]")
	}
	for _, src := range []string{"1_000", "0x10", "1e1.5", "1,5", "1f", "0b1", "1 1", "1-1"} {
		require.Equal(t, strictjson.FaultTrailing, judge(t, src, wide()), "%q", src)
		require.NotEqual(t, accepted, judge(t, `{"a":`+src+"}", wide()), "%q", src)
	}
}
