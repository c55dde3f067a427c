// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// newDiscoveryMount trusts a provider on loopback and has the role "ci".
func newDiscoveryMount(t *testing.T, opts ...idp.Option) (*testMount, *idp.Provider) {
	t.Helper()
	m := newMount(t)
	p := m.startIssuer(opts...)
	m.write("config", discoveryOf(p))
	m.write("role/ci", jwtRole(nil))
	return m, p
}

// What the issuer's server sends when it fails is its own business: none of it
// reaches the caller, the operator or the log.
func TestLoginEchoesNothingOfTheIssuersServer(t *testing.T) {
	t.Parallel()
	m, p := newDiscoveryMount(t)
	token := p.Mint(p.Claims(nil))
	leak := idp.Fault{Status: 500, Body: []byte("INTERNAL-SECRET"), Header: map[string]string{"X-Debug": "INTERNAL-SECRET"}}
	p.SetFault(idp.Discovery, leak)
	p.SetFault(idp.JWKS, leak)
	fresh := mountOn(t, m.storage) // after a restart nothing is cached
	fresh.refuse("ci", token, auth.KeysUnavailable)
	require.NotContains(t, fresh.refuseWrite("config", discoveryOf(p)), "INTERNAL-SECRET")
	require.NotContains(t, fresh.log.String(), "INTERNAL-SECRET")

	m.login("ci", token) // who has the keys goes on
	p.ClearFaults()
	fresh.write("config", discoveryOf(p))
	fresh.login("ci", token)
}

// Strangers cannot make this method hammer the issuer: a thousand bad tokens
// through the whole method cost a handful of fetches.
func TestLoginBadTokensCauseFewFetches(t *testing.T) {
	t.Parallel()
	m, p := newDiscoveryMount(t)
	good, stranger := p.Mint(p.Claims(nil)), must(idp.GenerateKey("ES256", "x"))(t)
	claims := p.Claims(nil)
	p.ResetCounters()
	for i := range 1000 {
		kid := p.Current().KID // with a bad signature, and
		if i%2 == 0 {
			kid = fmt.Sprintf("unknown-%d", i) // without a key
		}
		require.Equal(t, refusedText, m.refuseLogin("ci", p.MintWith(stranger, map[string]any{"kid": kid}, claims)))
	}
	require.LessOrEqual(t, p.Requests(idp.JWKS), 3)
	require.LessOrEqual(t, p.Requests(idp.Discovery), 3)

	// In the 30 s after the burst there is one more, and good tokens are not held up.
	m.login("ci", good)
	m.clock.advance(31 * time.Second)
	p.ResetCounters()
	for range 100 {
		m.refuseLogin("ci", p.MintWith(stranger, map[string]any{"kid": "z"}, claims))
	}
	require.LessOrEqual(t, p.Requests(idp.JWKS), 1)
}

// Rotation: a new key is accepted without anybody's doing, and one that the
// issuer took back is refused once the keys are fetched again.
func TestLoginFollowsRotation(t *testing.T) {
	t.Parallel()
	m, p := newDiscoveryMount(t)
	old := p.Current()
	before := p.Mint(p.Claims(nil))
	m.login("ci", before)

	p.Rotate("EdDSA")
	m.login("ci", p.Mint(p.Claims(nil)))
	m.login("ci", before)

	require.True(t, p.Remove(old.KID))
	m.refuse("ci", p.MintWith(p.Current(), map[string]any{"kid": "never-there"}, p.Claims(nil)), auth.KeyUnknown) // causes a fetch
	m.refuse("ci", before, auth.KeyUnknown)
}

// With two mounts in one process, as Vault runs plugins, each believes its own
// issuer and nothing of the other's: keys, caches and roles are per mount.
func TestLoginMountsShareNothing(t *testing.T) {
	t.Parallel()
	east, eastIDP := newDiscoveryMount(t)
	west, westIDP := newDiscoveryMount(t)
	eastToken, westToken := eastIDP.Mint(eastIDP.Claims(nil)), westIDP.Mint(westIDP.Claims(nil))
	// The same kid and name, another issuer's key.
	posing := eastIDP.MintWith(eastIDP.Current(), map[string]any{"kid": westIDP.Current().KID}, westIDP.Claims(nil))
	for range 2 { // the second time with warm caches
		east.login("ci", eastToken)
		west.login("ci", westToken)
		east.refuse("ci", westToken, auth.IssuerUnknown)
		west.refuse("ci", eastToken, auth.IssuerUnknown)
		west.refuse("ci", posing, auth.SignatureInvalid)
	}
	east.send(logical.DeleteOperation, "role/ci", nil)
	east.refuse("ci", eastToken, auth.RoleUnknown)
	west.login("ci", westToken)
}

// One issuer name on two mounts with different keys: a token verified on one
// mount is no better on the other.
func TestLoginSameIssuerNameOnTwoMounts(t *testing.T) {
	t.Parallel()
	a, b := newReadyMount(t), newReadyMount(t)
	token := a.issuer.token(nil)
	a.login("ci", token)
	b.refuse("ci", token, auth.SignatureInvalid)
	b.login("ci", b.issuer.token(nil))
}

// After a restart with the issuer down nobody logs in and nobody is admitted
// by mistake; when it is back, they do.
func TestLoginIssuerDownAfterRestart(t *testing.T) {
	t.Parallel()
	m, p := newDiscoveryMount(t)
	token := p.Mint(p.Claims(nil))
	p.SetFault(idp.Discovery, idp.Fault{Reset: true})
	fresh := mountOn(t, m.storage)
	for range 5 {
		fresh.refuse("ci", token, auth.KeysUnavailable)
	}
	p.ClearFaults()
	fresh.clock.advance(2 * time.Second) // the first retry after a failure
	fresh.login("ci", token)
}

// must turns two results into one that fails the test.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		require.NoError(t, err)
		return value
	}
}

// Serialisers that write every field of a key put null, "" or [] where it has
// none; its tokens are accepted all the same. One that holds its private part,
// or says that it is for something else, stays out and costs the others nothing.
func TestLoginByAKeyWithEmptyMembers(t *testing.T) {
	t.Parallel()
	m, p := newDiscoveryMount(t)
	key, good := must(idp.GenerateKey("ES256", "full"))(t), must(idp.GenerateKey("ES256", "good"))(t)
	token := p.MintWith(key, nil, p.Claims(nil))
	empty := map[string]any{"use": nil, "alg": "", "key_ops": []string{}, "d": nil, "oth": []any{}, "k": nil, "x5c": nil, "x5t": ""}
	offer := func(over map[string]any) {
		doc := must(json.Marshal(map[string]any{"keys": []any{overlay(overlay(key.JWK(), empty), over), good.JWK()}}))(t)
		p.SetFault(idp.JWKS, idp.Fault{Status: 200, Body: doc})
		m.write("config", discoveryOf(p))
		m.login("ci", p.MintWith(good, nil, p.Claims(nil)))
	}
	offer(nil)
	m.login("ci", token)
	for member, value := range map[string]any{"use": "enc", "alg": "ES384", "key_ops": []string{"encrypt"}, "d": "", "k": "AQ", "x": nil} {
		offer(map[string]any{member: value})
		m.refuse("ci", token, auth.KeyUnknown)
	}
	offer(map[string]any{"kid": ""}) // no kid, where others have one: as if it had none
	m.refuse("ci", token, auth.KeyUnknown)
}
