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

func (g glob) match(value string) bool {
	if g.parts == nil {
		return value == g.prefix
	}
	if !strings.HasPrefix(value, g.prefix) || hasControl(value) {
		return false
	}
	return matchPieces(g.parts, value[len(g.prefix):])
}

// matchPieces tries the pieces from left to right. Only the last unbounded *
// is ever taken back to: an earlier match of what stands before it leaves more
// to choose from, so the earliest is best. That bounds the work by
// len(parts) * len(rest).
func matchPieces(parts []piece, rest string) bool {
	retry, retryAt := -1, ""
	for i := 0; ; {
		if i == len(parts) {
			if rest == "" {
				return true
			}
		} else if after, ok := parts[i].consume(rest, i == len(parts)-1); ok {
			if !parts[i].bounded {
				// Where the * would begin if it had to swallow one more byte.
				retry, retryAt = i, rest[min(len(rest), len(rest)-len(after)-len(parts[i].literal)+1):]
			}
			rest = after
			i++
			continue
		}
		if retry < 0 || retryAt == "" {
			return false
		}
		i, rest = retry, retryAt
		retry = -1
	}
}

// consume matches * and the literal as early as possible and returns what is
// left. A * that ends the pattern takes all; a literal that ends it must be at
// the end of the value.
func (p piece) consume(rest string, last bool) (string, bool) {
	if p.literal == "" {
		if last {
			return "", true
		}
		return rest, true
	}
	if p.bounded {
		at := strings.IndexByte(rest, p.literal[0])
		if at < 0 || !strings.HasPrefix(rest[at:], p.literal) {
			return "", false
		}
		return rest[at+len(p.literal):], true
	}
	if last {
		return "", strings.HasSuffix(rest, p.literal)
	}
	at := strings.Index(rest, p.literal)
	if at < 0 {
		return "", false
	}
	return rest[at+len(p.literal):], true
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
