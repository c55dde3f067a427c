// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package inprocess

import (
	"context"
	"io"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/fixture"
	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/stat"
)

// name of this project's method in tables.
const ours = "vault-plugin-auth-claims"

// maxAllocs is the design's limit for a login.
var maxAllocs = stat.Goal{Limit: 60}

// overBare is how many times the bare signature a login may take.
func overBare(alg string) (stat.Goal, bool) {
	switch alg {
	case "ES256":
		return stat.Goal{Limit: 1.3}, true
	case "RS256":
		return stat.Goal{Limit: 1.6}, true
	}
	return stat.Goal{}, false
}

// signatures compares logins with tokens that were never seen before with the
// bare verification of their signatures.
func (o Options) signatures(ctx context.Context, w io.Writer, alg string) error {
	issuer, err := fixture.NewIssuer(alg)
	if err != nil {
		return err
	}
	defer issuer.Close()
	floor, err := bare(issuer)
	if err != nil {
		return err
	}
	claims, err := newClaims(ctx, issuer)
	if err != nil {
		return err
	}
	peer, err := newPeer(ctx, issuer)
	if err != nil {
		return err
	}
	contenders := []contender{floor, claims.logins(ours, fixture.Service), peer.logins(o.Peer, fixture.Service)}
	results, err := race(ctx, o.blocks(issuer), contenders)
	if err != nil {
		return err
	}
	t := newTable(w, alg+", tokens never seen before", "x the signature")
	for i, c := range contenders {
		ratio := stat.Ratios(results[i].ns, results[0].ns)
		remark := ""
		if goal, found := overBare(alg); found && i == 1 {
			remark = goal.Verdict(ratio.Median) + "; allocations: " + maxAllocs.Verdict(stat.Of(results[i].allocs).Median)
		}
		t.row(c.name, results[i], ratio.Format(2), remark)
	}
	return t.flush()
}
