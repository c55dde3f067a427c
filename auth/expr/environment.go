// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/ext"
)

// Names of the variables. The dotted ones are variables of their own, so that a
// misspelt one is refused when the expression is compiled.
const (
	varClaims     = "claims"
	varAlgorithm  = "header.alg"
	varKeyID      = "header.kid"
	varType       = "header.typ"
	varIssuerName = "issuer.name"
	varIssuerID   = "issuer.id"
	varRole       = "role.name"
	varMount      = "mount.path"
	varRemote     = "remote_addr"
	varNow        = "now"
)

// environment returns what every expression is compiled in. It takes some
// milliseconds to build and never changes.
var environment = sync.OnceValues(newEnvironment)

func newEnvironment() (*cel.Env, error) {
	options := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(standardFunctions())),
		ext.Sets(),
		ext.Strings(),
		cel.Variable(varClaims, cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable(varNow, cel.TimestampType),
		cel.DefaultUTCTimeZone(true),
		cel.ParserExpressionSizeLimit(SourceBytes),
		cel.ParserRecursionLimit(maxRecursion),
		cel.ExpressionNodeLimit(maxNodes),
		cel.ASTValidators(
			cel.ValidateDurationLiterals(),
			cel.ValidateTimestampLiterals(),
			cel.ValidateRegexLiterals(),
			cel.ValidateComprehensionNestingLimit(maxNesting),
			reviewer{},
		),
		cel.RegexProgramSizeLimit(regexProgram),
		// A unit a byte, ten times what CEL takes: it bounds what a login can
		// build up to some hundred kilobytes.
		cel.CostModel(
			cost.Overload(overloads.AddString,
				cost.EvalCost(cost.Sum(cost.Arg(0), cost.Arg(1))), cost.ResultSize(cost.Sum(cost.Arg(0), cost.Arg(1)))),
			cost.Overload(overloads.AddBytes,
				cost.EvalCost(cost.Sum(cost.Arg(0), cost.Arg(1))), cost.ResultSize(cost.Sum(cost.Arg(0), cost.Arg(1)))),
		),
	}
	for _, name := range []string{varAlgorithm, varKeyID, varType, varIssuerName, varIssuerID, varRole, varMount, varRemote} {
		options = append(options, cel.Variable(name, cel.StringType))
	}
	return cel.NewCustomEnv(append(options, ownFunctions()...)...)
}

// standardFunctions leaves out of CEL's own functions those that read time
// zones from the disk, and matches(text, pattern), of which
// text.matches(pattern) is the checked form.
func standardFunctions() *env.LibrarySubset {
	subset := env.NewLibrarySubset().AddExcludedFunctions(
		env.NewFunction(overloads.Matches, env.NewOverload(overloads.Matches, nil, nil)))
	for function, id := range map[string]string{
		overloads.TimeGetFullYear:     overloads.TimestampToYearWithTz,
		overloads.TimeGetMonth:        overloads.TimestampToMonthWithTz,
		overloads.TimeGetDayOfYear:    overloads.TimestampToDayOfYearWithTz,
		overloads.TimeGetDayOfMonth:   overloads.TimestampToDayOfMonthZeroBasedWithTz,
		overloads.TimeGetDate:         overloads.TimestampToDayOfMonthOneBasedWithTz,
		overloads.TimeGetDayOfWeek:    overloads.TimestampToDayOfWeekWithTz,
		overloads.TimeGetHours:        overloads.TimestampToHoursWithTz,
		overloads.TimeGetMinutes:      overloads.TimestampToMinutesWithTz,
		overloads.TimeGetSeconds:      overloads.TimestampToSecondsWithTz,
		overloads.TimeGetMilliseconds: overloads.TimestampToMillisecondsWithTz,
	} {
		subset.AddExcludedFunctions(env.NewFunction(function, env.NewOverload(id, nil, nil)))
	}
	return subset
}
