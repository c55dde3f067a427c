// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package expr compiles and evaluates the expressions of a role. They are
// written in CEL, the Common Expression Language.
//
// An expression is compiled when the role is written: syntax, names, types and
// the cost that is to be expected are judged then, and a fault tells line and
// column. A login only evaluates. Whatever goes wrong there is an error and
// never a value, so that the caller can deny.
//
// What an evaluation may use is bounded four ways, and each bound holds for
// hostile expressions over hostile claims:
//
//   - cost: [ExpressionCost] units an expression, [LoginCost] a login. What
//     makes strings longer costs a unit a byte, so a login's strings are bounded too;
//   - memory: no single value may grow beyond about a megabyte, nor share its
//     parts so often that comparing it takes exponential time;
//   - time: [LoginTime] from the first evaluation of a login, looked at within loops;
//   - what cannot be interrupted is kept small: patterns of regular expressions
//     are literals of bounded size and see bounded strings, and functions whose
//     result can be much longer than their arguments are left out.
//
// Compiled expressions never change and may be shared between goroutines. An
// [Evaluation] belongs to one login.
package expr
