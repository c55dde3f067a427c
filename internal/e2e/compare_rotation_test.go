// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"testing"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// compareRotation lets an issuer change its keys, and be away. Each kind of
// source has an issuer to itself, so that what one test makes it forget is not
// missed by another.
func compareRotation(t *testing.T, b *bench) {
	for _, kind := range []string{"jwks", "discovery", "pairs"} {
		p := &issuer{Provider: idp.Start(t)}
		config := map[string]object{
			"jwks":      p.jwks(),
			"discovery": p.discovery(),
			"pairs":     {"jwks_pairs": []any{object{"jwks_url": p.JWKSURL(), "jwks_ca_pem": p.CAPEM()}}},
		}[kind]
		sides := b.newPair(t, kind, config)
		b.roles(t, sides, map[string]object{"plain": plainRole()})
		try := func(what, token string) { b.run(t, sides, script{kind + ": " + what, []step{login("plain", token)}}) }

		first := p.Current()
		old := p.token(nil)
		try("the first key", old)
		p.Rotate("ES256")
		try("a second key", p.token(nil))
		try("the first key beside it", old)
		p.Remove(first.KID)
		p.Rotate("RS256")
		try("a third key, the first is withdrawn", p.token(nil))
		try("the withdrawn key", old)

		p.SetFault(idp.JWKS, idp.Fault{Status: 503})
		p.SetFault(idp.Discovery, idp.Fault{Status: 503})
		try("a known key, the issuer is away", p.token(nil))
		p.Rotate("ES384")
		try("a new key, the issuer is away", p.token(nil))
		p.ClearFaults()
	}
}
