// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pairwise is how many names are compared each with each on the stack; an
// object with more members sorts them.
const pairwise = 32

// distinctNames refuses the object at index open if two of its names are the
// same after [Fold].
func (p *parser) distinctNames(open int32) error {
	n := int(p.nodes[open].size)
	if n < 2 {
		return nil
	}
	var stack [pairwise]string
	names := stack[:0]
	if n > pairwise {
		names = make([]string, 0, n)
	}
	for at := open + 1; len(names) < n; at = p.nodes[at+1].next {
		names = append(names, Fold(p.text(p.nodes[at])))
	}
	if n > pairwise {
		slices.Sort(names)
		for i := 1; i < n; i++ {
			if names[i] == names[i-1] {
				return FaultDuplicate
			}
		}
		return nil
	}
	// Most names differ from all before them by length or last letter, which
	// spares comparing them.
	var seen [256 / 64]uint64
	for i, name := range names {
		mark := byte(len(name) * 37)
		if name != "" {
			mark += name[len(name)-1]
		}
		word, bit := &seen[mark/64], uint64(1)<<(mark%64)
		if *word&bit != 0 && slices.Contains(names[:i], name) {
			return FaultDuplicate
		}
		*word |= bit
	}
	return nil
}

// Fold maps names that Unicode simple case folding makes equal, and no
// others, to one string: strings.EqualFold(a, b) == (Fold(a) == Fold(b)) for
// valid UTF-8. A name of lower-case ASCII is its own fold.
func Fold(name string) string {
	for i := range len(name) {
		if c := name[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return strings.Map(foldRune, name)
		}
	}
	return name
}

// foldRune returns one fixed member of the set of runes that fold together:
// the ASCII lower-case letter where there is one, else the smallest.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return unicode.ToLower(r)
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if least < utf8.RuneSelf {
		return unicode.ToLower(least)
	}
	return least
}
