// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
)

// banned are functions whose result, or whose work, grows with the product of
// their arguments and not with their sum. Cost is counted after a call, which
// is too late for these.
var banned = map[string]bool{"replace": true, "join": true, "format": true, "strings.quote": true, "reverse": true}

// reviewer refuses what CEL would compile and a login should not meet.
type reviewer struct{}

// Name implements cel.ASTValidator.
func (reviewer) Name() string { return "claims.review" }

// ToConfig implements the part of an AST validator that is for exported
// environments.
func (r reviewer) ToConfig() *env.Validator { return env.NewValidator(r.Name()) }

// Validate implements cel.ASTValidator.
func (reviewer) Validate(_ *cel.Env, _ cel.ValidatorConfig, a *ast.AST, issues *cel.Issues) {
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		call := e.AsCall()
		switch name := call.FunctionName(); {
		case banned[name]:
			issues.ReportErrorAtID(e.ID(), "function '%s' is not available: its result can be much longer than its arguments", name)
		case name == overloads.Matches:
			reviewPattern(call, issues)
		case name == funcInCIDR:
			for _, arg := range call.Args() {
				reviewBlocks(arg, issues)
			}
		case name == funcGet && len(call.Args()) > 1:
			if text, ok := literal(call.Args()[1]); ok && !validPointer(text) {
				issues.ReportErrorAtID(call.Args()[1].ID(), "not a JSON pointer of at most %d steps and %d bytes", pointerSteps, pointerBytes)
			}
		}
	}))
}

// reviewPattern wants a literal: a pattern that comes out of a token would be
// code that a stranger wrote.
func reviewPattern(call ast.CallExpr, issues *cel.Issues) {
	for _, arg := range call.Args() {
		pattern, ok := literal(arg)
		switch {
		case !ok:
			issues.ReportErrorAtID(arg.ID(), "a regular expression must be a literal")
		case len(pattern) > RegexBytes:
			issues.ReportErrorAtID(arg.ID(), "a regular expression can have at most %d bytes", RegexBytes)
		}
	}
}

func reviewBlocks(arg ast.Expr, issues *cel.Issues) {
	blocks := []ast.Expr{arg}
	if arg.Kind() == ast.ListKind {
		blocks = arg.AsList().Elements()
	}
	for _, b := range blocks {
		if text, ok := literal(b); ok {
			if _, err := parseBlock(text); err != nil {
				issues.ReportErrorAtID(b.ID(), "not a CIDR block, such as 10.0.0.0/8")
			}
		}
	}
}

func literal(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().Value().(string)
	return text, ok
}

// uses tells which top-level claims an expression names, and whether it reads
// the header.
func uses(a *ast.AST) (claims []string, header bool) {
	isClaims := func(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == varClaims }
	add := func(e ast.Expr) {
		if name, ok := literal(e); ok {
			claims = append(claims, name)
		}
	}
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.IdentKind:
			switch e.AsIdent() {
			case varAlgorithm, varKeyID, varType:
				header = true
			}
		case ast.SelectKind:
			if s := e.AsSelect(); isClaims(s.Operand()) {
				claims = append(claims, s.FieldName())
			}
		case ast.CallKind:
			args := e.AsCall().Args()
			switch name := e.AsCall().FunctionName(); {
			case name == operators.Index && isClaims(args[0]):
				add(args[1])
			case name == operators.In && isClaims(args[1]):
				add(args[0])
			case name == funcGet && isClaims(args[0]):
				if pointer, ok := literal(args[1]); ok && pointer != "" {
					claims = append(claims, firstToken(pointer))
				}
			}
		}
	}))
	return claims, header
}
