// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// ShownBytes is how much of a value an explanation shows.
const ShownBytes = 512

// Shorten cuts a text to [ShownBytes], and says how long it was.
func Shorten(text string) string {
	if len(text) <= ShownBytes {
		return text
	}
	end := ShownBytes
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%s... (%d bytes)", text[:end], len(text))
}

// Quote writes a text as a JSON string, so that control characters cannot
// disturb a terminal.
func Quote(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(text) != nil {
		return `""` // never: a string can always be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// printable takes control characters out of a text that may quote a claim.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, text)
}

// show writes a value as JSON, shortened. The claims as a whole are named and
// not shown.
func show(v ref.Val) string {
	var b strings.Builder
	write(&b, v, 0)
	return Shorten(b.String())
}

func write(b *strings.Builder, v ref.Val, depth int) {
	if b.Len() > ShownBytes || depth > maxDepth {
		b.WriteString("...")
		return
	}
	switch v := v.(type) {
	case *lazyObject:
		b.WriteString("{claims}")
	case types.String:
		b.WriteString(Quote(string(v)))
	case traits.Mapper:
		writeMap(b, v, depth)
	case traits.Lister:
		b.WriteByte('[')
		separator := ""
		for it := v.Iterator(); it.HasNext() == types.True && b.Len() <= ShownBytes; separator = "," {
			b.WriteString(separator)
			write(b, it.Next(), depth+1)
		}
		b.WriteByte(']')
	case types.Null:
		b.WriteString("null")
	default:
		b.WriteString(fmt.Sprint(v.Value()))
	}
}

func writeMap(b *strings.Builder, m traits.Mapper, depth int) {
	b.WriteByte('{')
	separator := ""
	for it := m.Iterator(); it.HasNext() == types.True && b.Len() <= ShownBytes; separator = "," {
		key := it.Next()
		b.WriteString(separator)
		write(b, key, depth+1)
		b.WriteByte(':')
		write(b, m.Get(key), depth+1)
	}
	b.WriteByte('}')
}
