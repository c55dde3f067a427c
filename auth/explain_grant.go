// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
)

// grantRows explain what comes after the checks of claims: expressions,
// identity, policies. The order is that of a login.
type grantRows struct {
	r    *Role
	f    *facts
	ev   *expr.Evaluation // nil without expressions
	in   expr.Input
	dig  bool // look for what is to blame
	rows []Check
}

func (r *Role) explainGrant(f *facts, blame bool) []Check {
	g := &grantRows{r: r, f: f, dig: blame}
	if r.rules == nil {
		g.explainProof()
		g.explainIdentity(computed{}, "")
		return g.rows
	}
	if r.rules.broken != "" {
		g.add(r.rules.broken, row(deny(ExpressionError, r.rules.broken), "", "the stored expression cannot be compiled; write the role anew"))
		return g.rows
	}
	g.in = f.input()
	g.in.Role, g.in.Header = r.name, f.header
	g.ev = expr.New(g.in)
	defer g.ev.Close()
	if holds, ok := explainRule(g, FieldCondition, r.rules.condition); ok && r.rules.condition != nil {
		g.explainCondition(holds)
	}
	g.explainProof()
	own, failed := computed{}, ""
	var ok [3]bool
	own.user, ok[0] = explainRule(g, FieldUser, r.rules.user)
	own.groups, ok[1] = explainRule(g, FieldGroups, r.rules.groups)
	own.metadata, ok[2] = explainRule(g, FieldMetadata, r.rules.metadata)
	if !ok[0] || !ok[1] || !ok[2] {
		failed = "an expression has no value"
	}
	g.explainIdentity(own, failed)
	if names, ok := explainRule(g, FieldPolicies, r.rules.policies); ok && r.rules.policies != nil {
		_, refused := grantable(names, r.rules.allowed)
		var patterns []string
		for _, p := range r.rules.allowed {
			patterns = append(patterns, p.String())
		}
		g.add("policies", row(refused, expr.Shorten(fmt.Sprintf("at most %d, each like one of %s", MaxPolicies, asJSON(patterns))), expr.Shorten(asJSON(names))))
	}
	return g.rows
}

func (g *grantRows) add(name string, c Check) {
	c.Name = name
	if c.About == name {
		c.About = ""
	}
	g.rows = append(g.rows, c)
}

// explainRule evaluates an expression. Where it has no value, the row says which
// part of it is to blame; where it has one, another row speaks of that. ok is
// false if there is no value to go on with.
func explainRule[T any](g *grantRows, field string, x *expr.Expression[T]) (value T, ok bool) {
	value, refused := evaluate(g.ev, field, x)
	if refused == nil {
		return value, true
	}
	found := blame(g, x)
	if found == "" {
		_, err := x.Eval(g.ev)
		found = fmt.Sprint(err)
	}
	g.add(field, row(refused, expr.Shorten(x.Source()), found))
	return value, false
}

func blame[T any](g *grantRows, x *expr.Expression[T]) string {
	if !g.dig {
		return ""
	}
	return strings.Join(x.Blame(g.in), "; ")
}

func (g *grantRows) explainCondition(holds bool) {
	x := g.r.rules.condition
	c := row(nil, expr.Shorten(x.Source()), "true")
	if !holds {
		c = row(deny(Condition, FieldCondition), c.Wanted, blame(g, x))
	}
	g.add(FieldCondition, c)
}

// explainIdentity tells whom the token names. skipped says why that cannot be
// known, "" if it can.
func (g *grantRows) explainIdentity(own computed, skipped string) {
	r, claims := g.r, g.f.claims
	if skipped != "" {
		for _, name := range []string{"user", "metadata", "groups"} {
			g.add(name, Check{Skipped: skipped})
		}
		return
	}
	user, refused := r.userName(claims, own)
	found := expr.Shorten(expr.Quote(own.user))
	if r.rules == nil || r.rules.user == nil {
		v, there := r.user.lookup(claims)
		found = foundValue(v, there)
	}
	if refused == nil {
		if _, ok := g.f.issuer.aliasName(user, g.f.issuers.hasNamed()); !ok {
			refused = deny(UserClaim, r.userSource())
		}
	}
	g.add("user", about(r.userSource(), refused, fmt.Sprintf("a string of 1 to %d bytes that can be the name of an alias", MaxIdentifierBytes), found))
	if len(r.mappings) > 0 || own.metadata != nil {
		_, refused = r.metadata(claims, own)
		g.add("metadata", row(refused, fmt.Sprintf("at most %d pairs of strings of at most %d bytes", MaxMetadata, MaxIdentifierBytes), g.foundMetadata(own)))
	}
	if r.groups.name == "" && (r.rules == nil || r.rules.groups == nil) {
		return
	}
	g.explainGroups(own)
}

func (g *grantRows) foundMetadata(own computed) string {
	found := map[string]any{}
	for _, m := range g.r.mappings {
		if v, there := m.path.lookup(g.f.claims); there {
			found[m.key] = v.Any()
		}
	}
	for key, value := range own.metadata {
		found[key] = value
	}
	return expr.Shorten(asJSON(found))
}

func (g *grantRows) explainGroups(own computed) {
	r := g.r
	found := expr.Shorten(asJSON(own.groups))
	if r.rules == nil || r.rules.groups == nil {
		v, there := r.groups.lookup(g.f.claims)
		found = foundValue(v, there)
	}
	names, refused := r.groupNames(g.f.claims, own, g.f.issuer.GroupSeparator)
	for _, name := range names {
		if _, ok := g.f.issuer.aliasName(name, g.f.issuers.hasNamed()); !ok {
			refused = deny(GroupsClaim, r.groupsSource())
		}
	}
	g.add("groups", about(r.groupsSource(), refused, fmt.Sprintf("a list of at most %d strings", MaxGroups), found))
}
