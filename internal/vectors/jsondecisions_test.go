// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// jsonDecisions are the texts of JSONTestSuite that a reader may treat as it
// likes, and those that it should accept but we do not: the fault of each. The
// why stands over each group. Of what a reader may accept we accept nothing.
func jsonDecisions(t testing.TB) map[string]strictjson.Fault {
	t.Helper()
	all := map[string]strictjson.Fault{}
	for _, group := range []struct {
		fault strictjson.Fault
		why   string
		names []string
	}{
		{strictjson.FaultDuplicate, "which of two equal names counts is left open (RFC 8259, section 4): the check could see one and the grant the other", []string{
			"y_object_duplicated_key", "y_object_duplicated_key_and_value",
		}},
		{strictjson.FaultNumber, "81 characters for a number that a double holds in 6: no issuer writes so, and the length of literals is bounded", []string{
			"y_number_double_close_to_zero",
		}},
		{strictjson.FaultNumber, "a double cannot hold it: readers make infinity, zero or an error of it (RFC 7493, section 2.2)", []string{
			"i_number_double_huge_neg_exp", "i_number_huge_exp", "i_number_neg_int_huge_exp", "i_number_pos_double_huge_exp",
			"i_number_real_neg_overflow", "i_number_real_pos_overflow", "i_number_real_underflow",
		}},
		{strictjson.FaultNumber, "no 64-bit integer holds it: readers round it, each in its way", []string{
			"i_number_too_big_neg_int", "i_number_too_big_pos_int", "i_number_very_big_negative_int",
		}},
		{strictjson.FaultUTF8, "half of a surrogate pair is no character (RFC 7493, section 2.1): readers make U+FFFD of it, and two texts become one", []string{
			"i_object_key_lone_2nd_surrogate", "i_string_1st_surrogate_but_2nd_missing", "i_string_1st_valid_surrogate_2nd_invalid",
			"i_string_incomplete_surrogate_and_escape_valid", "i_string_incomplete_surrogate_pair", "i_string_incomplete_surrogates_escape_valid",
			"i_string_invalid_lonely_surrogate", "i_string_invalid_surrogate", "i_string_inverted_surrogates_U+1D11E", "i_string_lone_second_surrogate",
		}},
		{strictjson.FaultUTF8, "not UTF-8 (RFC 8259, section 8.1): as above", []string{
			"i_string_UTF-8_invalid_sequence", "i_string_UTF8_surrogate_U+D800", "i_string_invalid_utf-8", "i_string_iso_latin_1", "i_string_lone_utf8_continuation_byte",
			"i_string_not_in_unicode_range", "i_string_overlong_sequence_2_bytes", "i_string_overlong_sequence_6_bytes", "i_string_overlong_sequence_6_bytes_null",
			"i_string_truncated-utf-8",
		}},
		{strictjson.FaultSyntax, "another encoding than UTF-8", []string{
			"i_string_UTF-16LE_with_BOM", "i_string_utf16BE_no_BOM", "i_string_utf16LE_no_BOM",
		}},
		{strictjson.FaultSyntax, "a byte order mark must not be sent (RFC 8259, section 8.1)", []string{"i_structure_UTF-8_BOM_empty_object"}},
		{strictjson.FaultDepth, "deeper than any claim needs to be", []string{"i_structure_500_nested_arrays"}},
	} {
		require.NotEmpty(t, group.why)
		for _, name := range group.names {
			require.NotContains(t, all, name+".json")
			all[name+".json"] = group.fault
		}
	}
	return all
}
