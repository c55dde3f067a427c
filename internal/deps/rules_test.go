// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package deps

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rule says what the packages of a pattern never import, not even by way of
// others.
type rule struct {
	from  string
	never []string
	why   string
}

func rules() []rule {
	return []rule{
		{"./auth/...", []string{"net", "net/http/...", "net/url", "os/...", "syscall", "io/ioutil", "path/filepath"},
			"the engine is a function of its arguments: no network, no disk, no environment"},
		{"./auth/...", []string{"log/...", "github.com/hashicorp/go-hclog/..."},
			"the engine sees tokens, so it has nothing to write them to"},
		{"./auth/...", []string{"crypto/rand", "math/rand/..."},
			"the same token gets the same decision; randomness would be an argument"},
		{"./auth/...", []string{"github.com/hashicorp/...", "github.com/openbao/..."},
			"the engine knows nothing of Vault, so that it can be tested and reasoned about alone"},
		{"./auth/...", []string{".", "./internal/...", "./cmd/..."},
			"arrows go from the edge to the engine"},
		{"./auth/strictjson", []string{"cel.dev/..."},
			"what reads JSON evaluates nothing"},
		{"./auth/jws", []string{"cel.dev/..."},
			"the form of a token is not for expressions to judge"},
		{"./auth/jwk", []string{"cel.dev/..."},
			"keys are not for expressions to judge"},
		{"./auth/strictjson", []string{"./auth", "./auth/jws", "./auth/jwk"},
			"what reads JSON knows nothing of tokens"},
		{"./auth/jws", []string{"./auth", "./auth/jwk"},
			"the form of a token does not depend on keys or roles"},
		{"./auth/jwk", []string{"./auth"},
			"keys do not depend on roles"},
		{"./internal/...", []string{".", "./cmd/..."},
			"what helps the method does not know it; tests reach it through a real Vault"},
		{"./internal/keys", []string{"github.com/hashicorp/..."},
			"keys are fetched from issuers; where they are kept and logged is a seam"},
		{"./internal/replay", []string{"./auth/...", "github.com/hashicorp/...", "net/...", "os/..."},
			"what is spent is known by a hash; what it was, and where else it is written down, is a seam"},
		{"./internal/idp", []string{"./auth/...", "github.com/hashicorp/..."},
			"the provider for tests signs with code of its own, so that it cannot share a mistake with what it tests"},
		{".", []string{"./cmd/..."},
			"a library does not import its command"},
		{"./cmd/vault-plugin-auth-claims", []string{"./internal/idp", "./internal/vaultdev/...", "./internal/demo", "./internal/e2e"},
			"what signs any token, or starts processes, is no part of the plugin"},
		{"./cmd/vault-claims/...", []string{".", "./internal/keys", "./internal/e2e"},
			"the operator's tool talks to Vault, and shares only the engine's types with the method"},
		{"./auth/...", []string{"testing/...", "github.com/stretchr/testify/...", "pgregory.net/rapid", "go.uber.org/goleak"},
			"what tests need is no part of what decides"},
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	g := load(t)
	t.Run("rules", func(t *testing.T) { checkRules(t, g) })
	t.Run("only the command imports the root", func(t *testing.T) { checkImporters(t, g) })
}

func checkRules(t *testing.T, g graph) {
	for _, r := range rules() {
		packages := g.own(r.from)
		require.NotEmpty(t, packages, "no package is named %q any more: change the rule", r.from)
		for _, never := range r.never {
			if strings.HasPrefix(never, ".") {
				require.NotEmpty(t, g.own(never), "no package is named %q any more: change the rule", never)
			}
		}
		for _, from := range packages {
			if steps := g.chain(from, r.never); steps != nil {
				t.Errorf("forbidden: %s\n\tbecause %s", strings.Join(steps, "\n\t-> "), r.why)
			}
		}
	}
}

// The method's package is a plugin and not a library: one command serves it,
// and no code depends on its insides. The documentation's tests may: they hold
// it to what the method really has.
func checkImporters(t *testing.T, g graph) {
	var code, tests []string
	for _, path := range g.own("./...") {
		n := g[path]
		if slices.Contains(n.Imports, module) {
			code = append(code, path)
		}
		if path != module && slices.Contains(slices.Concat(n.TestImports, n.XTestImports), module) {
			tests = append(tests, path)
		}
	}
	require.Equal(t, []string{module + "/cmd/vault-plugin-auth-claims"}, code)
	require.Subset(t, []string{module + "/docs"}, tests)
}
