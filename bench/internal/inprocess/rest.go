// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package inprocess

import (
	"context"
	"fmt"
	"io"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/fixture"
	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/stat"
)

// seen shows one token again and again, which the token cache is for.
func (o Options) seen(ctx context.Context, w io.Writer, issuer *fixture.Issuer) error {
	claims, err := newClaims(ctx, issuer)
	if err != nil {
		return err
	}
	c := claims.logins(ours, fixture.Service)
	results, err := race(ctx, o.repeated(issuer.Tokens(1)[0]), []contender{c})
	if err != nil {
		return err
	}
	t := newTable(w, "A token seen before", "")
	t.row(c.name, results[0], "", stat.Goal{Limit: 10}.Verdict(micros(results[0].ns).Median))
	return t.flush()
}

// fewRoles is what many stored roles are compared with.
const fewRoles = 10

// manyRoles logs in to ten roles, with and without many others beside them.
func (o Options) manyRoles(ctx context.Context, w io.Writer, issuer *fixture.Issuer) error {
	var contenders []contender
	for _, stored := range []int{fewRoles, o.Roles} {
		claims, err := newClaims(ctx, issuer)
		if err != nil {
			return err
		}
		var used []string
		for i := range stored {
			role := fmt.Sprintf("team-%06d", i)
			if err := claims.addRole(ctx, role); err != nil {
				return err
			}
			if i%(stored/fewRoles) == 0 {
				used = append(used, role)
			}
		}
		contenders = append(contenders, claims.logins(fmt.Sprintf("%d roles stored", stored), used...))
	}
	results, err := race(ctx, o.blocks(issuer), contenders)
	if err != nil {
		return err
	}
	ratio := stat.Ratios(results[1].ns, results[0].ns)
	t := newTable(w, "Many roles, logins to ten of them", "x the first")
	t.row(contenders[0].name, results[0], "", "")
	t.row(contenders[1].name, results[1], ratio.Format(2), stat.Goal{Limit: 1.1}.Verdict(ratio.Median))
	return t.flush()
}
