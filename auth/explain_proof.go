// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
)

// explainProof tells whether the caller proved possession, where the role or
// the token asks for it.
func (g *grantRows) explainProof() {
	cnf, bound := g.f.claims.Get("cnf")
	p := g.r.possession
	if p.kind == ProofNone || p.kind == ProofUnset && !bound {
		return
	}
	_, refused := g.r.checkPossession(g.f)
	c := row(refused, "", "cnf "+foundValue(cnf, bound))
	switch p.kind {
	case ProofUnset:
		c.Wanted = "no cnf, as long as the role's proof is not set"
	case ProofMTLS:
		c.Wanted = "the client certificate of cnf.x5t#S256 (proof mtls)"
	case ProofDPoP:
		c.Wanted = expr.Shorten("a DPoP proof with the key of cnf.jkt for " + strings.Join(p.urls, " or ") + " (proof dpop)")
	default:
		c.Wanted = "a proof that can be read; write the role anew"
	}
	if g.f.shown.token == "" {
		c.OK, c.Skipped = false, "there is no login that could prove anything"
	}
	g.add("proof", c)
}
