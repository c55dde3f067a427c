// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Pairs that other matchers take for a match, or miss.
func TestGlobPairs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, value string
		want           bool
	}{
		{"repo:acme/*:ref:refs/heads/main", "repo:acme/web:ref:refs/heads/main", true},
		{"repo:acme/*:ref:refs/heads/main", "repo:acme/web:environment:x:ref:refs/heads/main", false},
		{"repo:acme/*:ref:refs/heads/main", "repo:acme/web:ref:refs/heads/main2", false},
		{"repo:acme/*", "repo:acme/web:ref:refs/heads/main", true},
		{"repo:acme/*", "repo:acme-evil/web", false},
		{"repo:*/web:*", "repo:acme/web:x", true},
		{"repo:*/web:*", "repo:acme/evil/web:x", false},
		{"*@corp.com", "a@corp.com", true},
		{"*@corp.com", "x@evil.com,y@corp.com", false},
		{"*@corp.com", "x@evil.com@corp.com", false},
		{"*@corp.com", "a@corp.com.evil", false},
		{"*@corp.com", "a\n@corp.com", false},
		{"*@corp.com", "@corp.com", true},
		{"refs/heads/release-*", "refs/heads/release-1.2", true},
		{"refs/heads/release-*", "refs/heads/release-", true},
		{"refs/heads/release-*", "refs/heads/Release-1", false},
		{"refs/heads/*-main", "refs/heads/a/b-main", true},
		{"refs/heads/*-main", "refs/heads/main", false},
		{"*", "", true},
		{"*", "anything:at/all@x", true},
		{"*", "a\x00b", false},
		{"*", "a\u0085b", false},
		{"", "", true},
		{"", "x", false},
		{"exact", "exact", true},
		{"exact", "exactly", false},
		{"a*b*c", "abbc", true},
		{"a*b*c", "acb", false},
		{"*a*a", "a", false},
		{"*é*", "café au lait", true},
		{"[a-c]?", "b1", false},
		{"[a-c]?", "[a-c]?", true},
	} {
		require.Equal(t, c.want, compileGlob(c.pattern).match(c.value), "%q on %q", c.pattern, c.value)
	}
}

// globModel says the same by means of a regular expression: a * stands for any
// characters but control ones and, if a delimiter follows it, but that one.
func globModel(pattern, value string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return value == pattern
	}
	var b strings.Builder
	b.WriteString(`\A(?s:` + regexp.QuoteMeta(parts[0]))
	for _, part := range parts[1:] {
		not := ""
		if part != "" && strings.ContainsRune(":/@", rune(part[0])) {
			not = part[:1]
		}
		b.WriteString(`[^\x00-\x1f\x7f-\x{9f}` + not + `]*` + regexp.QuoteMeta(part))
	}
	b.WriteString(`)\z`)
	return regexp.MustCompile(b.String()).MatchString(value)
}

func TestGlobAgainstRegularExpressions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab:/@*é.]{0,12}`).Draw(t, "pattern")
		value := rapid.StringMatching("[ab:/@*é.\n]{0,14}").Draw(t, "value")
		require.Equal(t, globModel(pattern, value), compileGlob(pattern).match(value))
	})
}

// The same with values made from the pattern, which match more often.
func TestGlobAgainstRegularExpressionsOnFilledPatterns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab:/*]{1,10}`).Draw(t, "pattern")
		var value strings.Builder
		for _, r := range pattern {
			if r == '*' {
				value.WriteString(rapid.StringMatching(`[ab:/]{0,5}`).Draw(t, "filling"))
				continue
			}
			value.WriteRune(r)
		}
		require.Equal(t, globModel(pattern, value.String()), compileGlob(pattern).match(value.String()))
	})
}

// The work is bounded by the product of the lengths of pattern and value, in
// practice by the value's. A matcher that backtracks, or one that looks for the
// delimiter again and again, would need minutes or years here.
func TestGlobIsFastOnHostileValues(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("a", 1<<20)
	begun := time.Now()
	for pattern, value := range map[string]string{
		"*a*a*a*a*a*a*a*a*a*b":     many,
		"*a*:b":                    many,
		"*a*:b*:c*:d*:e":           many + ":b" + many,
		"*a*:b!":                   strings.Repeat("a:b", 1<<18),
		"*aaaaaaaaaaaaaaaab*:c":    many,
		"*a*/x*:y*/z":              strings.Repeat("a/x", 1<<18) + ":y",
		strings.Repeat("*a", 1000): many + "b",
	} {
		require.False(t, compileGlob(pattern).match(value), pattern)
	}
	require.Less(t, time.Since(begun), 20*time.Second)
}
