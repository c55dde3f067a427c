// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"strconv"
	"strings"
)

// canonicalNumber brings a JSON number into one form for each value, so that
// numbers compare exactly whatever their size: 1, 1.0 and 10e-1 are one
// number, 9007199254740993 and 9007199254740992 are two. The form is the
// significant digits with the power of ten after an e: "-15e-1", "0".
func canonicalNumber(literal string) string {
	if isPlainInteger(literal) {
		return literal
	}
	mantissa, exponent := literal, 0
	if i := strings.IndexAny(literal, "eE"); i >= 0 {
		mantissa = literal[:i]
		// Atoi fails only beyond an int, which a representable number never has.
		exponent, _ = strconv.Atoi(strings.TrimPrefix(literal[i+1:], "+"))
	}
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent -= len(fraction)
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0"
	}
	trimmed := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(trimmed)
	if exponent >= 0 && len(trimmed)+exponent <= 20 {
		return sign + trimmed + strings.Repeat("0", exponent)
	}
	return sign + trimmed + "e" + strconv.Itoa(exponent)
}

// isPlainInteger tells whether literal is already canonical: an integer of at
// most 20 digits written without point or exponent, and not -0.
func isPlainInteger(literal string) bool {
	digits := strings.TrimPrefix(literal, "-")
	if len(digits) > 20 || literal == "-0" {
		return false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}
