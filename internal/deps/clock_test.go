// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package deps

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// clocks are the functions of package time that ask what time it is, or wait.
func clocks() []string {
	return []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "LoadLocation"}
}

// Package time is allowed in the engine for its types. Whether a token has
// expired depends on the time that the caller gives and on no other.
func TestTheEngineReadsNoClock(t *testing.T) {
	t.Parallel()
	files := 0
	require.NoError(t, filepath.WalkDir("../../auth", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, at := range clockReadings(file) {
			t.Errorf("%s reads the clock: time is an argument of the engine", set.Position(at))
		}
		return nil
	}))
	require.Greater(t, files, 20, "the engine's files were found")
}

func clockReadings(file *ast.File) []token.Pos {
	var found []token.Pos
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if of, ok := s.X.(*ast.Ident); ok && of.Name == "time" && slices.Contains(clocks(), s.Sel.Name) {
				found = append(found, s.Pos())
			}
		}
		return true
	})
	return found
}

func TestClockReadings(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nimport \"time\"\nvar a, b = time.Now(), time.Second\nfunc f() { time.Sleep(1) }", 0)
	require.NoError(t, err)
	require.Len(t, clockReadings(file), 2)
}
