// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import "time"

// Limits of an expression when it is compiled.
const (
	SourceBytes  = 4096 // length of the source
	RegexBytes   = 256  // length of a regular expression
	maxNesting   = 3    // loops (all, exists, map, filter) inside of each other
	maxRecursion = 64   // depth of the syntax tree
	maxNodes     = 2000 // nodes of the syntax tree, macros expanded
	regexProgram = 256  // instructions that a regular expression compiles to
	typicalSize  = 50   // bytes or elements that a claim is taken to have when cost is estimated
)

// Limits of evaluation.
const (
	ExpressionCost = 100_000                // units of one expression
	LoginCost      = 500_000                // units of all expressions of a login
	LoginTime      = 250 * time.Millisecond // for all expressions of a login

	interruptEvery = 100     // iterations between two looks at the clock
	maxValue       = 100_000 // largest value: elements plus a tenth of the bytes
	maxTraversal   = 50_000  // elements counted to measure a value
	maxDepth       = 32      // deepest value; claims have 16 at most
	matchBytes     = 8192    // longest string that a regular expression is tried on
	pointerBytes   = 512     // longest JSON pointer
	pointerSteps   = 16      // most steps of a JSON pointer
	maxResults     = 2000    // most elements of a list or map that an expression results in
)

// Fault says why an evaluation gave no value. The list is closed, and a fault
// carries nothing of the claims.
type Fault string

// The faults of an evaluation.
const (
	FaultValue Fault = "the expression could not be evaluated: a claim or variable is missing or of another type"
	FaultType  Fault = "the expression gave a value of another type than the field has"
	FaultCost  Fault = "the expression costs more than is allowed, or meets a text or list that is too long for it"
	FaultTime  Fault = "the expressions of the login took longer than is allowed"
)

// Error lets a Fault be returned as an error.
func (f Fault) Error() string { return string(f) }
