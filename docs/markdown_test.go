// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package docs_test keeps the documentation true: what it links to, what it
// names and what it tells people to type is checked against the code.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// page is one Markdown file.
type page struct {
	path   string // relative to this folder
	text   string
	blocks []block
	prose  string // the text without its blocks
}

// block is one fenced code block.
type block struct{ language, text string }

var fence = regexp.MustCompile("(?ms)^[ ]*```(\\w*)\n(.*?)^[ ]*```$")

// pages reads the documentation and the files at the root that belong to it.
func pages(t *testing.T) []page {
	t.Helper()
	var paths []string
	for _, pattern := range []string{"../README.md", "../CHANGELOG.md", "*.md", "recipes/*.md"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		paths = append(paths, found...)
	}
	all := make([]page, len(paths))
	for i, path := range paths {
		all[i] = readPage(t, path)
	}
	return all
}

func readPage(t *testing.T, path string) page {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	p := page{path: path, text: string(text), prose: fence.ReplaceAllString(string(text), "")}
	for _, m := range fence.FindAllStringSubmatch(p.text, -1) {
		p.blocks = append(p.blocks, block{m[1], m[2]})
	}
	require.NotContains(t, p.prose, "```", "%s: a block is not closed", path)
	return p
}

// in returns the texts of the blocks in one of the languages.
func (p page) in(languages ...string) []string {
	var texts []string
	for _, b := range p.blocks {
		for _, language := range languages {
			if b.language == language {
				texts = append(texts, b.text)
			}
		}
	}
	return texts
}

// command is a vault command with what it reads from standard input.
type command struct {
	words []string
	stdin string
}

var heredoc = regexp.MustCompile(`<<'(\w+)'$`)

// vaultCommands returns the vault commands of a shell block.
func vaultCommands(script string) []command {
	var all []command
	lines := strings.Split(strings.ReplaceAll(script, "\\\n", " "), "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		var c command
		if m := heredoc.FindStringSubmatch(line); m != nil {
			line = strings.TrimSpace(strings.TrimSuffix(line, m[0]))
			for i++; i < len(lines) && lines[i] != m[1]; i++ {
				c.stdin += lines[i] + "\n"
			}
		}
		if c.words = strings.Fields(line); len(c.words) > 2 && c.words[0] == "vault" {
			all = append(all, c)
		}
	}
	return all
}
