// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package inprocess compares logins without Vault and without gRPC: a request
// goes into logical.Backend.HandleRequest and an answer comes out.
package inprocess

import (
	"context"
	"fmt"
	"io"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/fixture"
)

// Options say what to run.
type Options struct {
	Algorithms []string // the first also serves the rows that are not about signatures
	Rounds     int
	Block      int    // tokens a round
	Roles      int    // stored roles in the row about many of them
	Peer       string // what the other plugin is called in the table
}

// Run makes all measurements and writes the tables to w.
func Run(ctx context.Context, w io.Writer, o Options) error {
	fmt.Fprintf(w, "In process: HandleRequest login, warm, %d rounds of %d logins.\n", o.Rounds, o.Block)
	fmt.Fprintln(w, "Times are CPU time, garbage collection included: medians of the rounds (lower to upper quartile).\nRatios are taken round by round.")
	for _, alg := range o.Algorithms {
		if err := o.signatures(ctx, w, alg); err != nil {
			return err
		}
	}
	issuer, err := fixture.NewIssuer(o.Algorithms[0])
	if err != nil {
		return err
	}
	defer issuer.Close()
	for _, part := range []func(context.Context, io.Writer, *fixture.Issuer) error{o.seen, o.garbage, o.manyRoles} {
		if err := part(ctx, w, issuer); err != nil {
			return err
		}
	}
	return nil
}

// blocks mints a block for each round and one for the warm-up.
func (o Options) blocks(issuer *fixture.Issuer) [][]string {
	return split(issuer.Tokens((o.Rounds+1)*o.Block), o.Block)
}

// repeated makes the blocks of one token over and over.
func (o Options) repeated(token string) [][]string {
	tokens := make([]string, (o.Rounds+1)*o.Block)
	for i := range tokens {
		tokens[i] = token
	}
	return split(tokens, o.Block)
}
