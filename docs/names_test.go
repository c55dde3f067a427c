// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// reasons reads the closed list from the source, so that none is forgotten.
func reasons(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../auth/reason.go", nil, 0)
	require.NoError(t, err)
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, value := range spec.Values {
			text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			require.NoError(t, err)
			all = append(all, text)
		}
		return false
	})
	require.Greater(t, len(all), 20)
	return all
}

func TestEveryReasonIsExplained(t *testing.T) {
	p := readPage(t, "refusals.md")
	for _, reason := range reasons(t) {
		if reason != "allowed" {
			require.Contains(t, p.prose, "\n| `"+reason+"` |", "a row of refusals.md for the reason %s", reason)
		}
	}
}

var reasonLike = regexp.MustCompile("Reasons? ((?:`[a-z_]+`(?:, )?)+)")

func TestReasonsInDifferencesExist(t *testing.T) {
	p, known := readPage(t, "differences.md"), reasons(t)
	named := reasonLike.FindAllStringSubmatch(p.prose, -1)
	require.Greater(t, len(named), 20)
	for _, m := range named {
		for name := range strings.SplitSeq(m[1], ", ") {
			require.Contains(t, known, strings.Trim(name, "`"), "differences.md")
		}
	}
}

var difference = regexp.MustCompile(`(?m)^### D-(\d\d) `)

func TestDifferencesAreNumberedOnce(t *testing.T) {
	var numbers []string
	for _, m := range difference.FindAllStringSubmatch(readPage(t, "differences.md").prose, -1) {
		numbers = append(numbers, m[1])
	}
	slices.Sort(numbers)
	for i, number := range numbers {
		require.Equal(t, fmt.Sprintf("%02d", i+1), number)
	}
	for _, path := range []string{"../README.md", "../CHANGELOG.md"} {
		require.Contains(t, readPage(t, path).text, strconv.Itoa(len(numbers))+" ", "%s says how many differences there are", path)
	}
}

var (
	namedTest = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`")
	testFunc  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w+)\(`)
)

// A promise that names a test must not outlive it.
func TestNamedTestsExist(t *testing.T) {
	there := map[string]bool{}
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range testFunc.FindAllStringSubmatch(string(source), -1) {
			there[m[1]] = true
		}
		return err
	}))
	named := 0
	for _, p := range pages(t) {
		for _, m := range namedTest.FindAllStringSubmatch(p.prose, -1) {
			named++
			require.True(t, there[m[1]], "%s names %s, which does not exist", p.path, m[1])
		}
	}
	require.Greater(t, named, 10)
}
