// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// stringValue reads a string or a name. The fast road, a run of ASCII without
// escapes, takes a slice of the source and allocates nothing.
func (p *parser) stringValue() error {
	p.at++
	start := p.at
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == '"':
			end := p.at
			p.at++
			return p.plainString(start, end)
		case c == '\\' || c >= utf8.RuneSelf:
			return p.slowString(start)
		case c < 0x20:
			return FaultSyntax
		default:
			p.at++
		}
	}
	return FaultSyntax
}

// addText adds a value whose text stands in the source.
func (p *parser) addText(kind Kind, start, end int) {
	p.add(node{kind: kind, from: int32(start), size: int32(end - start)}) //nolint:gosec // bounded by Limits.Bytes
}

func (p *parser) plainString(start, end int) error {
	if end-start > p.limits.String {
		return FaultString
	}
	p.addText(String, start, end)
	return nil
}

// ownString adds a string that had escapes.
func (p *parser) ownString(text string) error {
	if len(text) > p.limits.String {
		return FaultString
	}
	p.add(node{kind: String, own: true, from: int32(len(p.own)), size: int32(len(text))}) //nolint:gosec // bounded by Limits.Bytes
	p.own = append(p.own, text)
	return nil
}

// slowString goes on where the string that began at start holds an escape or
// a character outside of ASCII.
func (p *parser) slowString(start int) error {
	var b strings.Builder
	copied := start // all before it is in b
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == '"':
			end := p.at
			p.at++
			if b.Len() == 0 {
				return p.plainString(copied, end)
			}
			b.WriteString(p.src[copied:end])
			return p.ownString(b.String())
		case c == '\\':
			b.WriteString(p.src[copied:p.at])
			if err := p.escape(&b); err != nil {
				return err
			}
			copied = p.at
		case c < 0x20:
			return FaultSyntax
		case c < utf8.RuneSelf:
			p.at++
		default:
			r, size := utf8.DecodeRuneInString(p.src[p.at:])
			if r == utf8.RuneError && size == 1 {
				return FaultUTF8
			}
			p.at += size
		}
	}
	return FaultSyntax
}

// escape decodes the escape sequence at the cursor (RFC 8259, section 7).
func (p *parser) escape(b *strings.Builder) error {
	if p.at+1 >= len(p.src) {
		return FaultSyntax
	}
	c := p.src[p.at+1]
	if c == 'u' {
		return p.unicodeEscape(b)
	}
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	i := strings.IndexByte(from, c)
	if i < 0 {
		return FaultSyntax
	}
	p.at += 2
	b.WriteByte(to[i])
	return nil
}

func (p *parser) unicodeEscape(b *strings.Builder) error {
	r, ok := p.hex4()
	if !ok {
		return FaultSyntax
	}
	if utf16.IsSurrogate(r) {
		if !strings.HasPrefix(p.src[p.at:], `\u`) {
			return FaultUTF8
		}
		low, ok := p.hex4()
		if !ok {
			return FaultSyntax
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return FaultUTF8
		}
	}
	b.WriteRune(r)
	return nil
}

// hex4 consumes \uXXXX.
func (p *parser) hex4() (rune, bool) {
	if p.at+6 > len(p.src) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(p.src[p.at+2 : p.at+6]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	p.at += 6
	return r, true
}
