// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package deps

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/vault-claims/vault-plugin-auth-claims"

// node is a package as `go list -json` tells of it.
type node struct {
	ImportPath                         string
	Standard                           bool
	Imports, TestImports, XTestImports []string
}

// graph is every package that the module needs, by import path.
type graph map[string]node

// load lists the module's packages and all that they import.
func load(t *testing.T) graph {
	t.Helper()
	list := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports,TestImports,XTestImports", "./...")
	list.Dir = "../.."
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	require.NoError(t, err, stderr.String())
	g := graph{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var n node
		err := d.Decode(&n)
		if errors.Is(err, io.EOF) {
			return g
		}
		require.NoError(t, err)
		g[n.ImportPath] = n
	}
}

// own are the module's packages that a pattern names, sorted.
func (g graph) own(pattern string) []string {
	var found []string
	for path := range g {
		if (path == module || strings.HasPrefix(path, module+"/")) && matches(pattern, path) {
			found = append(found, path)
		}
	}
	slices.Sort(found)
	return found
}

// matches tells whether an import path is what the pattern says: "." is the
// root package, "./x" a package of the module, anything else a path as it is
// imported. A pattern that ends in "/..." also means what is below.
func matches(pattern, path string) bool {
	if rest, local := strings.CutPrefix(pattern, "."); local {
		pattern = module + rest
	}
	if above, below := strings.CutSuffix(pattern, "/..."); below {
		return path == above || strings.HasPrefix(path, above+"/")
	}
	return path == pattern
}

// chain returns the imports that lead from a package to one that a pattern of
// never names, or nil. It does not look into the standard library, which may
// import of itself what it likes.
func (g graph) chain(from string, never []string) []string {
	came := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, next := range g[queue[0]].Imports {
			if _, seen := came[next]; seen {
				continue
			}
			came[next] = queue[0]
			if slices.ContainsFunc(never, func(pattern string) bool { return matches(pattern, next) }) {
				return back(came, next)
			}
			if n, known := g[next]; known && !n.Standard && !strings.HasPrefix(next, sandbox) {
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// sandbox is the library that evaluates expressions. What it links against (it
// can read descriptors from files) is out of reach of an expression, which
// calls only what auth/expr declares; so its insides are not looked through.
const sandbox = "cel.dev/cel-go/"

func back(came map[string]string, path string) []string {
	var steps []string
	for ; path != ""; path = came[path] {
		steps = append(steps, path)
	}
	slices.Reverse(steps)
	return steps
}

// The checker itself: it finds a forbidden package at any distance, and none
// where there is none.
func TestChain(t *testing.T) {
	t.Parallel()
	g := graph{}
	for path, imports := range map[string][]string{
		module: {module + "/a"}, module + "/a": {"lib", "fmt"}, "lib": {"lib/deep", "strings"}, "lib/deep": {"net/http"},
	} {
		g[path] = node{ImportPath: path, Imports: imports}
	}
	for path, imports := range map[string][]string{"fmt": {"os"}, "strings": {"unsafe"}, "net/http": {"net"}} {
		g[path] = node{ImportPath: path, Imports: imports, Standard: true}
	}
	require.Equal(t, []string{module, module + "/a", "lib", "lib/deep", "net/http"}, g.chain(module, []string{"net/http"}))
	require.Equal(t, []string{module, module + "/a"}, g.chain(module, []string{"./..."}))
	require.Equal(t, []string{module + "/a", "lib"}, g.chain(module+"/a", []string{"lib/..."}))
	require.Nil(t, g.chain(module, []string{"os", "net", "unsafe", ".", "lib/dee", "li/..."}))
	require.Equal(t, []string{module, module + "/a"}, g.own("./..."))
	require.Equal(t, []string{module}, g.own("."))
	require.Empty(t, g.own("./b"))
}
