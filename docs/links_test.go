// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

func TestLinksResolve(t *testing.T) {
	checked := 0
	for _, p := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(p.prose, -1) {
			if strings.HasPrefix(m[1], "https://") {
				continue
			}
			checked++
			file, anchor, _ := strings.Cut(m[1], "#")
			target := p.path
			if file != "" {
				target = filepath.Join(filepath.Dir(p.path), file)
			}
			require.FileExists(t, target, "%s links to %s", p.path, m[1])
			if anchor != "" {
				require.Contains(t, anchors(readPage(t, target)), anchor, "%s links to %s", p.path, m[1])
			}
		}
	}
	require.Greater(t, checked, 100)
}

func anchors(p page) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(p.prose, -1) {
		all = append(all, slug(m[1]))
	}
	return all
}

// slug is the anchor that GitHub gives a heading.
func slug(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsNumber(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

func TestSlug(t *testing.T) {
	require.Equal(t, "d-18-a-jwks-use-key_ops-and-alg-count", slug("D-18 A JWK's use, key_ops and alg count"))
}

func TestHeadingsOfOnePageDiffer(t *testing.T) {
	for _, p := range pages(t) {
		seen := map[string]bool{}
		for _, anchor := range anchors(p) {
			// "Added" and the like come again with each version.
			require.False(t, seen[anchor] && p.path != "../CHANGELOG.md", "%s: two headings are #%s", p.path, anchor)
			seen[anchor] = true
		}
	}
}
