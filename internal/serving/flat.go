// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package serving

import (
	"strings"
	"unicode/utf8"
)

// ownBytes is up to which length a value is copied. A longer one shares its
// bytes with the whole text, and keeps that in memory as long as it is kept.
const ownBytes = 512

// readFlat decodes a JSON object (RFC 8259 section 4) of strings alone, in
// ASCII, without an escape or white space between tokens: what a login is. It
// answers what encoding/json would, down to the last of two equal names, or
// false for any other text, valid or not.
func readFlat(text string) (map[string]any, bool) {
	if len(text) < len("{}") || text[0] != '{' || text[len(text)-1] != '}' || !isPlain(text) {
		return nil, false
	}
	data := map[string]any{}
	for rest := text[1 : len(text)-1]; rest != ""; {
		name, after, ok := cutString(rest)
		if !ok || after == "" || after[0] != ':' {
			return nil, false
		}
		value, after, ok := cutString(after[1:])
		if !ok {
			return nil, false
		}
		if len(value) <= ownBytes {
			value = strings.Clone(value)
		}
		data[name] = value
		if after != "" && (after[0] != ',' || after == ",") {
			return nil, false
		}
		rest = strings.TrimPrefix(after, ",")
	}
	return data, true
}

// cutString cuts a quoted string off the front of a plain text.
func cutString(text string) (value, after string, ok bool) {
	if text == "" || text[0] != '"' {
		return "", "", false
	}
	return strings.Cut(text[1:], `"`)
}

// isPlain tells whether all bytes stand for themselves in a JSON string, or are
// its quotes.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
