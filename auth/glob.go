// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import "strings"

// delimiters part the segments of what issuers put into claims: paths,
// GitHub's and GitLab's sub, e-mail addresses.
const delimiters = ":/@"

// glob is a compiled pattern in which * stands for any run of characters, with
// two exceptions that keep a value from posing as another:
//
//   - a * that is followed by a delimiter does not run over that delimiter, so
//     "repo:acme/*:ref:refs/heads/main" is not matched by an environment
//     named "x:ref:refs/heads/main", nor "*@corp.com" by "x@evil.com,y@corp.com";
//   - no * matches a control character.
//
// A * at the end matches all that is left.
type glob struct {
	prefix string  // before the first *
	parts  []piece // one for each *, nil if there is none
}

// piece is a * and the literal after it.
type piece struct {
	literal string
	bounded bool // the * must not run over literal[0]
}

func compileGlob(pattern string) glob {
	texts := strings.Split(pattern, "*")
	g := glob{prefix: texts[0]}
	for _, text := range texts[1:] {
		g.parts = append(g.parts, piece{text, text != "" && strings.IndexByte(delimiters, text[0]) >= 0})
	}
	return g
}

// String returns the pattern as it was written.
func (g glob) String() string {
	var b strings.Builder
	b.WriteString(g.prefix)
	for _, p := range g.parts {
		b.WriteString("*" + p.literal)
	}
	return b.String()
}

func (g glob) match(value string) bool {
	if g.parts == nil {
		return value == g.prefix
	}
	if !strings.HasPrefix(value, g.prefix) || hasControl(value) {
		return false
	}
	var few [8]int // so that ordinary patterns need no allocation
	found := few[:]
	if len(g.parts) > len(few) {
		found = make([]int, len(g.parts))
	}
	return globSearch{g.parts, value, found}.from(len(g.prefix))
}

// globSearch is one match under way.
type globSearch struct {
	parts []piece
	value string
	found []int // for each bounded piece, 1 + where its delimiter was seen last
}

// from tries the pieces from left to right, beginning at index at. Only the
// last unbounded * is ever taken back to: an earlier match of what stands before
// it leaves more to choose from, so the earliest is best. That bounds the work
// by len(parts) * len(value).
func (s globSearch) from(at int) bool {
	retry, retryAt := -1, 0
	for i := 0; ; {
		if i == len(s.parts) {
			if at == len(s.value) {
				return true
			}
		} else if end, ok := s.consume(i, at); ok {
			if !s.parts[i].bounded {
				// Where the * would begin if it had to swallow one more byte.
				retry, retryAt = i, end-len(s.parts[i].literal)+1
			}
			at = end
			i++
			continue
		}
		if retry < 0 || retryAt > len(s.value) {
			return false
		}
		i, at, retry = retry, retryAt, -1
	}
}

// consume matches the * and literal of piece i as early as possible from index
// at, and returns where the literal ends. A * that ends the pattern takes all;
// a literal that ends it must be at the end of the value.
func (s globSearch) consume(i, at int) (end int, ok bool) {
	p, last := s.parts[i], i == len(s.parts)-1
	switch {
	case p.bounded:
		delimiter := s.delimiter(i, at)
		return delimiter + len(p.literal), strings.HasPrefix(s.value[delimiter:], p.literal)
	case last:
		return len(s.value), strings.HasSuffix(s.value[at:], p.literal)
	}
	start := strings.Index(s.value[at:], p.literal)
	return at + start + len(p.literal), start >= 0
}

// delimiter returns where the delimiter of bounded piece i is next, the length
// of the value if nowhere. What lies before the one seen last is not searched
// again.
func (s globSearch) delimiter(i, at int) int {
	if s.found[i] <= at {
		next := strings.IndexByte(s.value[at:], s.parts[i].literal[0])
		if next < 0 {
			next = len(s.value) - at
		}
		s.found[i] = at + next + 1
	}
	return s.found[i] - 1
}

// hasControl tells whether s holds a control character, C0, DEL or C1.
func hasControl(s string) bool {
	for _, r := range s {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return true
		}
	}
	return false
}
