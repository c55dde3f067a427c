// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// maxVerdicts is how many roles an answer tells of. All are judged, and those
// that admit the token or nearly do come first.
const maxVerdicts = 1000

// verdict is what one role makes of a token.
type verdict struct {
	role   string
	d      auth.Decision
	failed auth.Check // zero if allowed
	passed int        // checks
}

// nearest keeps the verdicts that an answer tells of, those that admit the
// token or nearly do, out of any number.
type nearest struct {
	list  []verdict
	total int
}

func (n *nearest) add(v verdict) {
	n.total++
	if n.list = append(n.list, v); len(n.list) >= 2*maxVerdicts {
		n.list = n.sorted()
		clear(n.list[maxVerdicts:])
		n.list = n.list[:maxVerdicts]
	}
}

// sorted puts the nearest first; of equally near ones, those that came first.
func (n *nearest) sorted() []verdict {
	slices.SortStableFunc(n.list, func(a, b verdict) int {
		return cmp.Or(-cmp.Compare(truth(a.d.Allowed()), truth(b.d.Allowed())), -cmp.Compare(a.passed, b.passed))
	})
	return n.list
}

// explainRoles answers what every role makes of a token.
func (b *backend) explainRoles(ctx context.Context, storage logical.Storage, s *snapshot, i *auth.Inspection) (*logical.Response, error) {
	var near nearest
	for name, entry := range s.roles.sorted() {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("explaining all roles: %w", err)
		}
		role, err := b.roleForOnce(ctx, storage, name, entry)
		if err != nil {
			return nil, err
		}
		if role != nil {
			near.add(judgeOnce(role, i))
		}
	}
	data := verdictsData(near.sorted(), near.total, i)
	if s.selector != nil {
		if err := b.explainSelection(data, s, i); err != nil {
			return nil, err
		}
	}
	return &logical.Response{Data: data}, nil
}

// explainSelection puts what a login that names no role comes to in the place
// of what the nearest role would say.
func (b *backend) explainSelection(data map[string]any, s *snapshot, i *auth.Inspection) (err error) {
	var entry *roleEntry
	d, chosen := i.Select(s.selector.index, s.selector.mode)
	if d.Allowed() {
		d, entry, _ = b.grantChosen(s, d, chosen)
	}
	data["allowed"], data["reason"], data["role"] = d.Allowed(), string(d.Reason), ""
	delete(data, "about")
	if d.About != "" {
		data["about"] = d.About
	}
	line := "a login that names no role is refused: " + string(d.Reason)
	switch {
	case d.Allowed():
		line = "a login that names no role gets: " + entry.role.Name()
		data["role"] = entry.role.Name()
		if data["grant"], err = b.grantData(d, entry); err != nil {
			return err
		}
	case !d.Reason.BeforeSignature():
		line += ": " + deniedText(d)
	}
	data["summary"] = line + "\n" + data["summary"].(string)
	return nil
}

// roleForOnce compiles a role that no login has needed yet, and keeps it out of
// the snapshot: looking at all roles must not bring all into memory.
func (b *backend) roleForOnce(ctx context.Context, storage logical.Storage, name string, entry *roleEntry) (*auth.Role, error) {
	if entry.role != nil {
		return entry.role, nil
	}
	record, err := loadRole(ctx, storage, name)
	if err != nil || record == nil {
		return nil, err
	}
	// Parts that cannot be compiled admit nobody.
	role, _ := auth.CompileRole(record.spec(name))
	return role, nil
}

func judgeOnce(role *auth.Role, i *auth.Inspection) verdict {
	e := i.Verdict(role)
	v := verdict{role: role.Name(), d: e.Decision}
	for _, c := range e.Checks {
		if c.OK {
			v.passed++
		}
		if c.Reason != "" && v.failed.Name == "" {
			v.failed = c
		}
	}
	return v
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// verdictsData is the answer. Its reason is that of the nearest role.
func verdictsData(all []verdict, total int, i *auth.Inspection) map[string]any {
	e := i.Explain(nil)
	d := e.Decision // why no role could admit it, or that there is none
	if len(all) > 0 {
		d = all[0].d
	}
	checks := e.Checks[:len(e.Checks)-1] // the last is that there is no such role
	data := explanationData(auth.Explanation{Decision: d, Checks: checks}, "", i)
	data["roles_total"] = total
	all = all[:min(len(all), maxVerdicts)]
	rows := make([]map[string]any, 0, len(all))
	lines := []string{summary(checks)}
	for _, v := range all {
		row := map[string]any{"role": v.role, "allowed": v.d.Allowed(), "reason": string(v.d.Reason)}
		if !v.d.Allowed() {
			row["check"], row["wanted"], row["found"] = v.failed.Name, v.failed.Wanted, v.failed.Found
			if v.failed.About != "" {
				row["about"] = v.failed.About
			}
		}
		rows = append(rows, row)
		lines = append(lines, fmt.Sprintf("role %s: %s", v.role, verdictLine(v.d)))
	}
	if more := total - len(rows); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more roles", more))
	}
	data["roles"] = rows
	data["summary"] = strings.Join(lines, "\n")
	return data
}
