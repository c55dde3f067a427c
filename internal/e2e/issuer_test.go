// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// issuer is a provider with a published key for each algorithm.
type issuer struct {
	*idp.Provider
	keys map[string]*idp.Key
}

func newIssuer(t *testing.T, opts ...idp.Option) *issuer {
	t.Helper()
	p := &issuer{Provider: idp.Start(t, opts...), keys: map[string]*idp.Key{}}
	for _, alg := range idp.Algorithms() {
		if p.Current().Alg == alg {
			p.keys[alg] = p.Current()
			continue
		}
		key, err := p.AddKey(alg, "kid-"+alg)
		require.NoError(t, err)
		p.keys[alg] = key
	}
	return p
}

// person returns the claims of somebody whom the roles of these tests know.
// Members of changes replace others; a nil value removes one.
func (p *issuer) person(changes object) object {
	return with(p.Claims(object{
		"email":  "alice@example.com",
		"team":   "core",
		"level":  3,
		"admin":  true,
		"groups": []string{"dev", "ops"},
		"nested": object{"a": object{"b": "deep"}, "list": []string{"x", "y"}},
	}), changes)
}

// token signs a person's claims with the current key.
func (p *issuer) token(changes object) string { return p.Mint(p.person(changes)) }

// pems are the public keys, for jwt_validation_pubkeys.
func (p *issuer) pems() []string {
	var out []string
	for _, alg := range idp.Algorithms() {
		out = append(out, p.keys[alg].PEM())
	}
	return out
}

// static, jwks and discovery are configurations that trust the issuer.
func (p *issuer) static() object {
	return object{"jwt_validation_pubkeys": p.pems(), "bound_issuer": p.Issuer()}
}

func (p *issuer) jwks() object {
	return object{"jwks_url": p.JWKSURL(), "jwks_ca_pem": p.CAPEM(), "bound_issuer": p.Issuer()}
}

func (p *issuer) discovery() object {
	return object{"oidc_discovery_url": p.DiscoveryURL(), "oidc_discovery_ca_pem": p.CAPEM()}
}
