// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"errors"
	"fmt"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
)

// Names of the fields that hold expressions, as a denial's About has them.
const (
	FieldCondition = "condition"
	FieldPolicies  = "policies_expression"
	FieldUser      = "user_expression"
	FieldGroups    = "groups_expression"
	FieldMetadata  = "metadata_expression"
)

// Expressions are the parts of a role that are computed from claims. An empty
// text stands for none.
type Expressions struct {
	Condition           string   // must be true
	Policies            string   // names of policies to add
	AllowedPolicies     []string // patterns, of which every computed policy must match one
	User                string   // takes the place of UserClaim
	Groups              string   // takes the place of GroupsClaim
	Metadata            string   // metadata to add to what ClaimMappings give
	AllowUnsafeMetadata bool     // computed metadata may hold what templated policies take for syntax
}

// rules are compiled expressions.
type rules struct {
	broken    string // a field that does not compile; then nobody is admitted
	condition *expr.Expression[bool]
	policies  *expr.Expression[[]string]
	allowed   []glob
	user      *expr.Expression[string]
	groups    *expr.Expression[[]string]
	metadata  *expr.Expression[map[string]string]
	unsafe    bool
	header    bool     // an expression reads the token's header
	claims    []string // top-level claims that expressions mention
}

// compileRules returns nil if the role has no expressions, so that its logins
// do not pay for them.
func compileRules(spec Expressions) (*rules, error) {
	if spec.Condition == "" && spec.Policies == "" && spec.User == "" && spec.Groups == "" && spec.Metadata == "" {
		return nil, nil
	}
	r := &rules{allowed: compilePolicyGlobs(spec.AllowedPolicies), unsafe: spec.AllowUnsafeMetadata}
	errs := []error{
		compileRule(r, FieldCondition, spec.Condition, &r.condition, expr.CompileBool),
		compileRule(r, FieldPolicies, spec.Policies, &r.policies, expr.CompileStrings),
		compileRule(r, FieldUser, spec.User, &r.user, expr.CompileString),
		compileRule(r, FieldGroups, spec.Groups, &r.groups, expr.CompileStrings),
		compileRule(r, FieldMetadata, spec.Metadata, &r.metadata, expr.CompileMap),
	}
	if spec.Policies != "" && len(spec.AllowedPolicies) == 0 {
		errs = append(errs, errors.New("allowed_policies: required with policies_expression; it lists patterns that every computed policy must match"))
	}
	return r, errors.Join(errs...)
}

func compileRule[T any](r *rules, field, source string, into **expr.Expression[T], compile func(string) (*expr.Expression[T], error)) error {
	if source == "" {
		return nil
	}
	x, err := compile(source)
	if err != nil {
		r.broken = field
		return fmt.Errorf("%s: %w", field, err)
	}
	*into = x
	r.header = r.header || x.ReadsHeader()
	r.claims = append(r.claims, x.Claims()...)
	return nil
}

// computed is what the expressions say of whom a token names.
type computed struct {
	user     string
	groups   []string
	metadata map[string]string
}

// matchRules goes on from where [Role.match] has checked the claims, for a role
// with expressions: condition, identity, grant.
func (r *Role) matchRules(f *facts) Decision {
	if r.rules.broken != "" {
		return deny(ExpressionError, r.rules.broken).decision(f.issuer.Name)
	}
	ev := f.shared
	if ev == nil {
		ev = f.evaluation()
		defer ev.Close()
	}
	ev.Turn(r.name, f.header)
	holds, refused := evaluate(ev, FieldCondition, r.rules.condition)
	switch {
	case refused != nil:
		return refused.decision(f.issuer.Name)
	case r.rules.condition != nil && !holds:
		return deny(Condition, FieldCondition).decision(f.issuer.Name)
	}
	use, refused := r.checkPossession(f)
	if refused != nil {
		return refused.decision(f.issuer.Name)
	}
	own, refused := r.rules.compute(ev)
	if refused != nil {
		return refused.decision(f.issuer.Name)
	}
	identity, refused := r.identify(f, own)
	if refused != nil {
		return refused.decision(f.issuer.Name)
	}
	names, refused := evaluate(ev, FieldPolicies, r.rules.policies)
	if refused != nil {
		return refused.decision(f.issuer.Name)
	}
	policies, refused := grantable(names, r.rules.allowed)
	if refused != nil {
		return refused.decision(f.issuer.Name)
	}
	return Decision{Reason: Allowed, Issuer: f.issuer.Name, Identity: identity, Policies: policies, Header: f.header, Use: use}
}

// evaluation begins the expressions of a login. It must be closed.
func (f *facts) evaluation() *expr.Evaluation { return expr.New(f.input()) }

// input is what expressions may read, but for the role and the header.
func (f *facts) input() expr.Input {
	return expr.Input{
		Claims: f.claims, IssuerName: f.issuer.Name, IssuerID: f.issuer.ID, Mount: f.mount, Remote: f.peer, Now: f.now,
	}
}

func (r *rules) compute(ev *expr.Evaluation) (own computed, refused *denial) {
	if own.user, refused = evaluate(ev, FieldUser, r.user); refused != nil {
		return own, refused
	}
	if own.groups, refused = evaluate(ev, FieldGroups, r.groups); refused != nil {
		return own, refused
	}
	own.metadata, refused = evaluate(ev, FieldMetadata, r.metadata)
	return own, refused
}

// evaluate gives the value of an expression, or the zero value if there is none.
func evaluate[T any](ev *expr.Evaluation, field string, x *expr.Expression[T]) (T, *denial) {
	var none T
	if x == nil {
		return none, nil
	}
	v, err := x.Eval(ev)
	if err != nil {
		return none, deny(ExpressionError, field)
	}
	return v, nil
}
