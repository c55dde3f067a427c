// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"context"
	"errors"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Header is what the token said of itself.
type Header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"` // "" if the token has none
	Type      string `json:"typ"` // in lower case; "" if the token has none
}

// Input is what the variables stand for. What is not known (a nil Header, an
// empty Mount or Remote) is no variable: an expression that reads it fails.
type Input struct {
	Claims     strictjson.Value
	Header     *Header
	IssuerName string // what the operator calls it
	IssuerID   string // its iss, "" if it has none
	Role       string
	Mount      string // path of the mount
	Remote     string // IP address of the caller
	Now        time.Time
}

// Evaluation evaluates the expressions of one login, which share its limits.
// It must be closed, and is not for concurrent use.
type Evaluation struct {
	input     Input
	claims    ref.Val // converted when an expression first asks
	ctx       context.Context
	cancel    context.CancelFunc
	spent     uint64
	exhausted bool
}

// New begins the evaluation of a login's expressions. The time that they have
// runs from here.
func New(input Input) *Evaluation {
	e := &Evaluation{input: input}
	e.ctx, e.cancel = context.WithTimeout(context.Background(), LoginTime)
	return e
}

// Close ends the evaluation.
func (e *Evaluation) Close() { e.cancel() }

// Turn goes on with the expressions of another role, on the same claims and
// within the same limits.
func (e *Evaluation) Turn(role string, header *Header) { e.input.Role, e.input.Header = role, header }

// Exhausted tells whether an expression had no value because of a limit of cost
// or time, or of size. With other claims, or on a faster machine, it might have had one.
func (e *Evaluation) Exhausted() bool { return e.exhausted }

// Eval gives the value of an expression. The error is a [Fault].
func (x *Expression[T]) Eval(e *Evaluation) (T, error) {
	v, err := x.eval(e)
	if err == FaultCost || err == FaultTime {
		e.exhausted = true
	}
	return v, err
}

func (x *Expression[T]) eval(e *Evaluation) (T, error) {
	var none T
	if e.ctx.Err() != nil {
		return none, FaultTime
	}
	value, details, err := x.program.ContextEval(e.ctx, e)
	if details != nil && details.ActualCost() != nil {
		e.spent += *details.ActualCost()
	}
	switch {
	case err != nil:
		return none, fault(err)
	case e.spent > LoginCost:
		return none, FaultCost
	}
	read, ok := x.read(value)
	switch {
	case ok:
		return read, nil
	case outsized(value):
		return none, FaultCost
	}
	return none, FaultType
}

func fault(err error) Fault {
	var cancelled interpreter.EvalCancelledError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return FaultTime
	case errors.As(err, &cancelled):
		return FaultCost
	}
	return FaultValue
}

// Parent implements cel.Activation.
func (e *Evaluation) Parent() cel.Activation { return nil }

// ResolveName implements cel.Activation.
func (e *Evaluation) ResolveName(name string) (any, bool) {
	switch name {
	case varClaims:
		if e.claims == nil {
			e.claims = newLazyObject(e.input.Claims)
		}
		return e.claims, true
	case varIssuerName:
		return types.String(e.input.IssuerName), true
	case varIssuerID:
		return types.String(e.input.IssuerID), true
	case varRole:
		return types.String(e.input.Role), true
	case varNow:
		return types.Timestamp{Time: e.input.Now}, true
	case varMount:
		return types.String(e.input.Mount), e.input.Mount != ""
	case varRemote:
		return types.String(e.input.Remote), e.input.Remote != ""
	}
	if e.input.Header == nil {
		return nil, false
	}
	switch name {
	case varAlgorithm:
		return types.String(e.input.Header.Algorithm), true
	case varKeyID:
		return types.String(e.input.Header.KeyID), true
	case varType:
		return types.String(e.input.Header.Type), true
	}
	return nil, false
}
