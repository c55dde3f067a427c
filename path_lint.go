// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// maxFindings is how many findings an answer tells of, the worst first.
const maxFindings = 1000

func (b *backend) pathLint() *framework.Path {
	return &framework.Path{
		Pattern:      "lint$",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "findings"},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation: &framework.PathOperation{Callback: b.lint, Summary: "Read what is dangerous as it is written, or has no effect."},
		},
		HelpSynopsis:    "What is dangerous as it is written, or has no effect, and how to fix it.",
		HelpDescription: strings.TrimSpace(lintHelp),
	}
}

const lintHelp = `
Looks at config, issuers and all roles as they are stored, and changes nothing.
Each finding has an ID that stays the same (docs/lint.md lists them), a severity,
the object, why it matters and how to fix it. The worst come first.

  vault read -field=summary auth/PATH/lint

A write of a role answers with its findings of high severity as warnings.
`

func (b *backend) lint(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	s, err := b.current(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	names, err := listRoles(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	m := s.lintMount()
	findings, bound := m.Lint(), map[string]bool{auth.DefaultIssuer: true}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("looking at all roles: %w", err)
		}
		record, err := loadRole(ctx, req.Storage, name)
		switch {
		case errors.Is(err, errUnreadable):
			findings = append(findings, auth.UnreadableRole(name))
			continue
		case err != nil:
			return nil, err
		case record == nil:
			continue // deleted meanwhile
		}
		findings = append(findings, record.lint(name, s).Lint(m)...)
		for _, issuer := range record.BoundIssuers {
			bound[issuer] = true
		}
	}
	findings = append(findings, m.LintUnbound(bound)...)
	auth.SortFindings(findings)
	return &logical.Response{Data: findingsData(findings, len(names))}, nil
}

// findingsData is the answer.
func findingsData(findings []auth.Finding, roles int) map[string]any {
	counts := map[string]int{string(auth.SeverityHigh): 0, string(auth.SeverityMedium): 0, string(auth.SeverityLow): 0}
	rows := []map[string]any{}
	var lines []string
	for n, f := range findings {
		counts[string(f.Severity)]++
		if n >= maxFindings {
			continue
		}
		rows = append(rows, map[string]any{"id": f.ID, "severity": string(f.Severity), "object": f.Object, "message": f.Message, "fix": f.Fix})
		lines = append(lines, fmt.Sprintf("%s %-6s %s: %s. Fix: %s.", f.ID, f.Severity, f.Object, f.Message, f.Fix))
	}
	if more := len(findings) - maxFindings; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more, of no higher severity", more))
	}
	head := fmt.Sprintf("%d findings in %d roles: %d high, %d medium, %d low", len(findings), roles, counts["high"], counts["medium"], counts["low"])
	return map[string]any{
		"findings": rows, "total": len(findings), "severities": counts, "summary": strings.Join(append([]string{head}, lines...), "\n"),
	}
}

// lintMount is the mount as findings see it.
func (s *snapshot) lintMount() auth.LintMount {
	m := auth.LintMount{DetailedErrors: s.mount.detailed}
	if record := s.mount.record; record != nil {
		m.Lookup = providerLookup(record.ProviderConfig)
		m.Issuers = append(m.Issuers, auth.LintIssuer{Name: auth.DefaultIssuer, ID: record.issuerID(), NoAgeField: true, Fault: faultText(s.mount.issuer)})
	}
	for _, name := range slices.Sorted(maps.Keys(s.named)) {
		o := s.named[name]
		i := auth.LintIssuer{Name: name, Fault: faultText(o)}
		if o.record != nil {
			i.ID, i.MaxTokenAge = o.record.Issuer, o.record.MaxTokenAge
		}
		m.Issuers = append(m.Issuers, i)
	}
	return m
}

func faultText(o *openIssuer) string {
	if o == nil || o.fault == nil {
		return ""
	}
	return o.fault.Error()
}

// withWarnings adds warnings to an answer, which may be nil.
func withWarnings(resp *logical.Response, warnings []string) *logical.Response {
	if resp == nil && len(warnings) > 0 {
		resp = &logical.Response{}
	}
	for _, w := range warnings {
		resp.AddWarning(w)
	}
	return resp
}

// lintWarnings are the findings of high severity about a role that was written.
func (s *snapshot) lintWarnings(name string, r *roleRecord) []string {
	var warnings []string
	for _, f := range r.lint(name, s).Lint(s.lintMount()) {
		if f.Severity == auth.SeverityHigh {
			warnings = append(warnings, fmt.Sprintf("%s %s: %s. Fix: %s", f.ID, f.Severity, f.Message, f.Fix))
		}
	}
	return warnings
}
