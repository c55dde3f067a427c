// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

func TestIssuerNamesInRoles(t *testing.T) {
	m := issuerNewMount(t)
	body, _ := issuerStatic(t, "https://a.example")
	m.write("issuer/a", body)
	const unknown = `bound_issuers: there is no issuer "b" on this mount; write issuer/b first`
	require.Equal(t, unknown, m.refuseWrite("role/ci", issuerRole("a,b")))
	require.Equal(t, unknown, m.refuseWrite("role/ci", issuerRole("B")))

	role := issuerRole("")
	m.write("role/ci", role)
	require.NotContains(t, m.read("role/ci"), "bound_issuers", "it is read back only if set, for tools that know the other method")
	delete(role, "bound_issuers")
	m.write("role/ci", role)
	require.NotContains(t, m.read("role/ci"), "bound_issuers")
	require.NotContains(t, m.storage.dump(t)["role/ci"], "bound_issuers")

	m.write("role/ci", map[string]any{"bound_issuers": "a,default"})
	require.Equal(t, []string{"a", "default"}, m.read("role/ci")["bound_issuers"], "default need not be configured yet")
	m.write("role/ci", map[string]any{"token_ttl": "1m"})
	require.Equal(t, []string{"a", "default"}, m.read("role/ci")["bound_issuers"], "kept when left out")
	m.write("role/ci", map[string]any{"bound_issuers": "A"})
	require.Equal(t, []string{"a"}, m.read("role/ci")["bound_issuers"], "names of issuers are in lower case")
	m.write("role/ci", map[string]any{"bound_issuers": ""})
	require.NotContains(t, m.read("role/ci"), "bound_issuers")

	m.write("role/ci", map[string]any{"bound_issuers": "a"})
	m.remove("issuer/a")
	require.Contains(t, m.refuseWrite("role/ci", map[string]any{"token_ttl": "2m"}), `there is no issuer "a"`, "a role that nobody can use is not passed over in silence")
	m.write("role/ci", map[string]any{"bound_issuers": ""})
}

// TestIssuerRoleWithoutIssuersTakesTheDefaultAlone: a role that was written
// before the mount had other issuers does not take their tokens.
func TestIssuerRoleWithoutIssuersTakesTheDefaultAlone(t *testing.T) {
	m := issuerNewMount(t)
	p, named := idp.Start(t), idp.Start(t)
	m.write("config", issuerConfig(p))
	m.write("issuer/a", issuerOf(named))
	m.write("role/old", issuerRole(""))
	m.login("old", issuerToken(p))
	resp := m.tryLogin("old", issuerToken(named))
	requireRefusal(t, resp, "the role does not accept tokens of this issuer")
	m.write("role/old", map[string]any{"bound_issuers": "a"})
	m.login("old", issuerToken(named))
	require.Equal(t, auth.IssuerNotBound, m.reason("old", issuerToken(p)))
}

// issuerMatrixKids are the ways for kids of three providers to be alike.
type issuerMatrixKids string

const (
	kidsDiffer issuerMatrixKids = "each its own kid"
	kidsSame   issuerMatrixKids = "the same kid"
	kidsListed issuerMatrixKids = "all list the kids of all, with keys of their own"
)

// TestIssuerMatrix is K16 in all combinations: whose iss, whose key, whose kid,
// and which issuers the role takes. Only a token of one issuer alone logs in,
// and only where the role takes that issuer.
func TestIssuerMatrix(t *testing.T) {
	for _, kids := range []issuerMatrixKids{kidsDiffer, kidsSame, kidsListed} {
		for _, unbound := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, default takes any iss %t", kids, unbound), func(t *testing.T) { issuerMatrix(t, kids, unbound) })
		}
	}
}

func issuerMatrix(t *testing.T, kids issuerMatrixKids, unbound bool) {
	m := issuerNewMount(t)
	providers := map[string]*idp.Provider{"default": idp.Start(t), "a": idp.Start(t), "b": idp.Start(t)}
	signing := issuerMatrixKeys(t, providers, kids)
	config := issuerConfig(providers["default"])
	if unbound {
		config = map[string]any{"jwks_url": providers["default"].JWKSURL(), "jwks_ca_pem": providers["default"].CAPEM()}
	}
	m.write("config", config)
	m.write("issuer/a", issuerOf(providers["a"]))
	m.write("issuer/b", issuerOf(providers["b"]))
	names := []string{"default", "a", "b"}
	roles := map[string][]string{"none": {"default"}, "d": {"default"}, "a": {"a"}, "b": {"b"}, "ab": {"a", "b"}, "da": {"default", "a"}, "dab": names}
	for role, bound := range roles {
		body := issuerRole("")
		if role != "none" {
			body["bound_issuers"] = bound
		}
		m.write("role/"+role, body)
	}
	granted := 0
	for _, iss := range names {
		for _, signer := range names {
			for _, kidOf := range append(names, "nobody") {
				kid := "kid-of-nobody"
				if kidOf != "nobody" {
					kid = signing[kidOf].KID
				}
				p := providers[iss]
				token := p.MintWith(signing[signer], map[string]any{"kid": kid}, issuerClaims(p, nil))
				for role, bound := range roles {
					want := iss == signer && kid == signing[signer].KID && slices.Contains(bound, iss)
					got := m.tryLogin(role, token)
					require.Equal(t, want, !got.IsError(), "iss of %s, key of %s, kid of %s, role takes %v: %v", iss, signer, kidOf, bound, got.Error())
					if want {
						granted++
						require.Equal(t, issuerAlias(iss, "alice"), got.Auth.Alias.Name)
					}
				}
			}
		}
	}
	perKid := 1
	if kids == kidsSame {
		perKid = 3 // the kid of each is the kid of all
	}
	require.Equal(t, perKid*(4+4+3), granted, "the diagonal, and nothing else")
}

// issuerMatrixKeys gives each provider one key to sign with.
func issuerMatrixKeys(t *testing.T, providers map[string]*idp.Provider, kids issuerMatrixKids) map[string]*idp.Key {
	t.Helper()
	signing := map[string]*idp.Key{}
	for name, p := range providers {
		kid := "kid-" + name
		if kids == kidsSame {
			kid = "kid"
		}
		key, err := p.AddKey("ES256", kid)
		require.NoError(t, err)
		signing[name] = key
	}
	if kids == kidsListed {
		for name, p := range providers {
			for other := range providers {
				if other != name {
					_, err := p.AddKey("ES256", "kid-"+other)
					require.NoError(t, err)
				}
			}
		}
	}
	return signing
}

func issuerAlias(issuer, user string) string {
	if issuer == "default" {
		return user
	}
	return "issuer:" + issuer + ":" + user
}

// TestIssuerUnboundDefault: a default issuer that takes any iss does not take
// that of a named issuer, and the other way round; nor do they share a user.
func TestIssuerUnboundDefault(t *testing.T) {
	m := issuerNewMount(t)
	p, a := idp.Start(t), idp.Start(t)
	m.write("config", map[string]any{"jwks_url": p.JWKSURL(), "jwks_ca_pem": p.CAPEM()})
	m.write("issuer/a", issuerOf(a))
	m.write("role/ci", issuerRole("default,a"))
	with := func(key *idp.Key, iss any, sub string) string {
		return p.MintWith(key, nil, issuerClaims(p, map[string]any{"iss": iss, "sub": sub}))
	}
	ours, theirs := p.Current(), a.Current()
	require.Equal(t, "alice", m.login("ci", with(ours, "https://any.example", "alice")).Alias.Name)
	require.Equal(t, "alice", m.login("ci", with(ours, nil, "alice")).Alias.Name)
	require.Equal(t, "issuer:a:alice", m.login("ci", with(theirs, a.Issuer(), "alice")).Alias.Name)
	require.Equal(t, auth.KeyUnknown, m.reason("ci", with(ours, a.Issuer(), "alice")))
	require.Equal(t, auth.KeyUnknown, m.reason("ci", with(theirs, "https://any.example", "alice")))
	require.Equal(t, auth.KeyUnknown, m.reason("ci", with(theirs, nil, "alice")))
	require.Equal(t, auth.KeyUnknown, m.reason("ci", with(theirs, a.Issuer()+"/", "alice")))
	require.Equal(t, auth.UserClaim, m.reason("ci", with(ours, nil, "issuer:a:alice")))
	require.Equal(t, auth.UserClaim, m.reason("ci", with(ours, nil, "\u0130ssuer:a:alice")))
}
