// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const gitHub = "https://token.actions.githubusercontent.com"

// sound is a role about which nothing is to be said.
func sound() LintRole {
	return LintRole{
		Spec: RoleSpec{
			Name: "ci", UserClaim: "repository_id", BoundAudiences: []string{"vault"}, BoundIssuers: []string{"github"},
			BoundClaims: map[string]any{"repository_id": "4711"},
		},
		Policies: []string{"deploy"}, TTL: time.Minute, Examples: 1,
	}
}

func lintMount() LintMount {
	return LintMount{Issuers: []LintIssuer{
		{Name: DefaultIssuer, ID: "https://issuer.test", NoAgeField: true},
		{Name: "github", ID: gitHub, MaxTokenAge: time.Minute},
	}}
}

func findingIDs(findings []Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, f.ID)
	}
	slices.Sort(list)
	return list
}

func TestLintOfARole(t *testing.T) {
	t.Parallel()
	require.Empty(t, sound().Lint(lintMount()))
	globs := func(claim string, patterns ...any) func(*LintRole) {
		return func(l *LintRole) { l.Spec.BoundClaims, l.Spec.BoundClaimsGlob = map[string]any{claim: patterns}, true }
	}
	for name, c := range map[string]struct {
		change func(*LintRole)
		want   string
	}{
		"no tenant":               {func(l *LintRole) { l.Spec.BoundClaims = map[string]any{"ref": "refs/heads/main"} }, "L001"},
		"a condition on another":  {func(l *LintRole) { l.Spec.BoundClaims, l.Spec.Condition = nil, `claims.ref == "x"` }, "L001"},
		"a condition on a tenant": {func(l *LintRole) { l.Spec.BoundClaims, l.Spec.Condition = nil, `claims.repository_id == "1"` }, ""},
		"the subject":             {func(l *LintRole) { l.Spec.BoundClaims, l.Spec.BoundSubject = nil, "repo:acme/x:ref:y" }, ""},
		"an issuer of one's own":  {func(l *LintRole) { l.Spec.BoundClaims, l.Spec.BoundIssuers = nil, nil }, ""},
		"everybody":               {globs("sub", "*"), "L002 L003"},
		"any owner":               {globs("sub", "repo:*"), "L003"},
		"an owner's beginning":    {globs("sub", "repo:acme*"), "L003"},
		"one of two is open":      {globs("repository", "acme/*", "acme*"), "L003"},
		"an owner":                {globs("sub", "repo:acme/*"), ""},
		"a repository's branches": {globs("sub", "repo:acme/x:ref:refs/heads/*"), ""},
		"any value of a claim": {func(l *LintRole) {
			l.Spec.BoundClaimsGlob = true
			l.Spec.BoundClaims["ref"] = "*"
		}, "L002"},
		"no audience":              {func(l *LintRole) { l.Spec.BoundAudiences = nil }, "L004"},
		"no limit":                 {func(l *LintRole) { l.TTL = 0 }, "L005"},
		"a limit by max":           {func(l *LintRole) { l.TTL, l.MaxTTL = 0, time.Hour }, ""},
		"leeway":                   {func(l *LintRole) { l.LongLeeway = []string{"clock_skew_leeway"} }, "L007"},
		"unused":                   {func(l *LintRole) { l.Unused = []string{"oidc_scopes", "max_age"} }, "L008 L008"},
		"root":                     {func(l *LintRole) { l.Policies = []string{"x", "Admin"} }, "L009"},
		"any policy":               {func(l *LintRole) { l.Spec.Policies, l.Spec.AllowedPolicies = `["a"]`, []string{"ci-*", "*"} }, "L010"},
		"policies with a prefix":   {func(l *LintRole) { l.Spec.Policies, l.Spec.AllowedPolicies = `["a"]`, []string{"ci-*"} }, ""},
		"no such issuer":           {func(l *LintRole) { l.Spec.BoundIssuers = []string{"github", "gone"} }, "L011"},
		"no example":               {func(l *LintRole) { l.Examples = 0 }, "L014"},
		"for ever":                 {func(l *LintRole) { l.Period = time.Hour }, "L015"},
		"for ever, with an end":    {func(l *LintRole) { l.Period, l.Explicit = time.Hour, time.Hour }, ""},
		"metadata":                 {func(l *LintRole) { l.Spec.Metadata, l.Spec.AllowUnsafeMetadata = `{"a":"b"}`, true }, "L017"},
		"broken":                   {func(l *LintRole) { l.Spec.Condition = "((" }, "L018"},
		"broken, and for browsers": {func(l *LintRole) { l.Spec.BrowserOnly, l.TTL = true, 0 }, ""},
	} {
		l := sound()
		c.change(&l)
		found := l.Lint(lintMount())
		require.Equal(t, c.want, strings.Join(findingIDs(found), " "), name)
		for _, f := range found {
			require.Equal(t, "role/ci", f.Object)
			require.NotEmpty(t, f.Fix)
		}
	}
}

func TestLintOfAMount(t *testing.T) {
	t.Parallel()
	require.Empty(t, lintMount().Lint())
	require.Empty(t, lintMount().LintUnbound(map[string]bool{"github": true}))
	m := lintMount()
	m.Lookup, m.DetailedErrors = "fetch_groups", true
	m.Issuers[0].ID, m.Issuers[1].MaxTokenAge = "", 0
	m.Issuers = append(m.Issuers, LintIssuer{Name: "odd", MaxTokenAge: 1, Fault: "no keys"})
	found := append(m.Lint(), m.LintUnbound(map[string]bool{"odd": true})...)
	SortFindings(found)
	var list []string
	for _, f := range found {
		list = append(list, f.ID+" "+f.Object)
	}
	require.Equal(t, []string{"L018 issuer/odd", "L012 config", "L016 config", "L006 issuer/github", "L013 config", "L019 issuer/github"}, list)
	require.Equal(t, "L018", UnreadableRole("x").ID)
}

// An ID belongs to one rule for ever. The numbers have no holes, so that one
// which is taken out of the list is noticed.
func TestLintIDs(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "lint_rules.go", nil, 0)
	require.NoError(t, err)
	var ids []string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && strings.HasPrefix(lit.Value, `"L0`) {
			id, _ := strconv.Unquote(lit.Value)
			ids = append(ids, id)
		}
		return true
	})
	require.Len(t, ids, 19)
	for n, id := range ids {
		require.Equal(t, "L0"+string(rune('0'+(n+1)/10))+string(rune('0'+(n+1)%10)), id)
	}
}
