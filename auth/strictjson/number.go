// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson

import (
	"math"
	"strconv"
)

// number reads a number (RFC 8259, section 6) and refuses those that readers
// take for different values: integers beyond 64 bits, and values that as a
// double are infinite, or zero though they are not.
func (p *parser) number() error {
	start := p.at
	p.take('-')
	zero := p.src[min(p.at, len(p.src)-1)] == '0'
	if digits := p.digits(); digits == 0 || zero && digits > 1 {
		return FaultSyntax
	}
	integer := true
	if p.take('.') {
		integer = false
		if p.digits() == 0 {
			return FaultSyntax
		}
	}
	if p.take('e') || p.take('E') {
		integer = false
		if !p.take('+') {
			p.take('-')
		}
		if p.digits() == 0 {
			return FaultSyntax
		}
	}
	literal := p.src[start:p.at]
	if !representable(literal, integer) {
		return FaultNumber
	}
	p.addText(Number, start, p.at)
	return nil
}

func (p *parser) digits() int {
	start := p.at
	for p.at < len(p.src) && p.src[p.at] >= '0' && p.src[p.at] <= '9' {
		p.at++
	}
	return p.at - start
}

// maxLiteral bounds the length of a number: more digits than this say nothing
// that a double or a 64-bit integer could hold.
const maxLiteral = 64

func representable(literal string, integer bool) bool {
	if len(literal) > maxLiteral {
		return false
	}
	if integer {
		// 18 digits and a sign always fit.
		if len(literal) <= 18 {
			return true
		}
		if _, err := strconv.ParseInt(literal, 10, 64); err == nil {
			return true
		}
		_, err := strconv.ParseUint(literal, 10, 64)
		return err == nil
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || math.IsInf(f, 0) {
		return false
	}
	return f != 0 || isZero(literal)
}

// isZero tells whether all digits before the exponent are zero.
func isZero(literal string) bool {
	for _, c := range []byte(literal) {
		switch {
		case c == 'e' || c == 'E':
			return true
		case c >= '1' && c <= '9':
			return false
		}
	}
	return true
}
