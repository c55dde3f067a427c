// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"slices"
	"strings"
)

// Lint returns what is to be said of a role on the mount.
func (l LintRole) Lint(m LintMount) []Finding {
	g := &lintWalk{object: "role/" + l.Spec.Name, l: l}
	role, err := CompileRole(l.Spec)
	if err != nil {
		g.add(unusable, err.Error())
	}
	issuers := g.issuers(m)
	for _, name := range l.Unused {
		g.add(unusedField, name)
	}
	if l.Spec.BrowserOnly {
		return g.found // its other fields are for browsers
	}
	for _, name := range l.LongLeeway {
		g.add(longLeeway, name)
	}
	for _, i := range issuers {
		g.tenant(role, i)
	}
	for _, b := range role.bindings {
		if slices.ContainsFunc(b.values, func(v matcher) bool { return v.glob != nil && v.glob.String() == "*" }) {
			g.add(bindsNothing, "bound_claims "+b.path.name)
		}
	}
	g.grant()
	return g.found
}

type lintWalk struct {
	object string
	l      LintRole
	found  []Finding
}

func (g *lintWalk) add(r rule, detail string) {
	g.found = append(g.found, finding(r, g.object, detail))
}

// issuers are those whose tokens the role takes.
func (g *lintWalk) issuers(m LintMount) (list []LintIssuer) {
	names := g.l.Spec.BoundIssuers
	if len(names) == 0 {
		names = []string{DefaultIssuer}
	}
	for _, name := range names {
		at := slices.IndexFunc(m.Issuers, func(i LintIssuer) bool { return i.Name == name })
		if at < 0 && name != DefaultIssuer {
			g.add(noSuchIssuer, name)
		}
		if at >= 0 {
			list = append(list, m.Issuers[at])
		}
	}
	return list
}

// tenant looks whether the role says whose tokens of a shared issuer it means.
func (g *lintWalk) tenant(role *Role, i LintIssuer) {
	claims, isShared := sharedIssuers()[i.ID]
	if !isShared || slices.Contains(claims, "sub") && role.subject != "" {
		return
	}
	named, open := false, ""
	for _, b := range role.bindings {
		if !slices.Contains(claims, b.path.top()) {
			continue
		}
		if wide := b.openPattern(); wide != "" {
			open = b.path.name + " " + wide
		} else {
			named = true
		}
	}
	if role.rules != nil && role.rules.condition != nil {
		// What a condition demands cannot be told; that it looks is taken for enough.
		for _, name := range role.rules.condition.Claims() {
			named = named || slices.Contains(claims, name)
		}
	}
	switch {
	case named:
	case open != "":
		g.add(openTenant, open)
	default:
		g.add(anyTenant, "issuer "+i.Name)
	}
}

// openPattern returns a value of the binding that leaves open whose tokens are
// meant, "" if all name it: before the first * there must be a name, and the
// delimiter that ends it.
func (b binding) openPattern() string {
	for _, v := range b.values {
		if v.glob == nil || v.glob.parts == nil {
			continue
		}
		name := v.glob.prefix
		for _, fixed := range []string{"repo:", "project_path:", "organization:", "https://"} {
			name = strings.TrimPrefix(name, fixed)
		}
		if at := strings.IndexAny(name, delimiters); at <= 0 {
			return v.glob.String()
		}
	}
	return ""
}

// grant looks at what logins are given.
func (g *lintWalk) grant() {
	l := g.l
	if len(l.Spec.BoundAudiences) == 0 {
		g.add(noAudience, "")
	}
	if l.TTL == 0 && l.MaxTTL == 0 && l.Explicit == 0 && l.Period == 0 {
		g.add(noTTL, "")
	}
	if l.Period > 0 && l.Explicit == 0 {
		g.add(endless, "")
	}
	for _, name := range l.Policies {
		switch strings.ToLower(name) {
		case "root", "admin", "admins", "administrator", "superuser", "sudo", "hcp-root":
			g.add(strongPolicy, name)
		}
	}
	if l.Spec.Policies != "" {
		for _, pattern := range l.Spec.AllowedPolicies {
			if strings.Trim(pattern, " *") == "" {
				g.add(anyPolicy, pattern)
			}
		}
	}
	if l.Spec.AllowUnsafeMetadata && l.Spec.Metadata != "" {
		g.add(unsafeMetadata, "")
	}
	if l.Examples == 0 {
		g.add(noExample, "")
	}
}

// sharedIssuers are those whose tokens anybody can get who signs up with the
// service, and the claims that tell whose they are.
func sharedIssuers() map[string][]string {
	microsoft := []string{"tid"}
	return map[string][]string{
		"https://token.actions.githubusercontent.com":                                 {"sub", "repository", "repository_id", "repository_owner", "repository_owner_id", "enterprise", "enterprise_id", "job_workflow_ref"},
		"https://gitlab.com":                                                          {"sub", "project_id", "project_path", "namespace_id", "namespace_path"},
		"https://accounts.google.com":                                                 {"sub", "hd", "email"},
		"https://app.terraform.io":                                                    {"sub", "terraform_organization_id", "terraform_organization_name", "terraform_project_id", "terraform_workspace_id"},
		"https://agent.buildkite.com":                                                 {"sub", "organization_id", "organization_slug", "pipeline_id"},
		"https://login.microsoftonline.com/common/v2.0":                               microsoft,
		"https://login.microsoftonline.com/organizations/v2.0":                        microsoft,
		"https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0": {"sub", "oid", "email"},
	}
}
