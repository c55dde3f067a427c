// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// issuerTrust plays a trust domain: a bundle endpoint with keys for JWT-SVIDs,
// and one that vouches for X.509-SVIDs.
type issuerTrust struct {
	*idp.Provider
	key, x509, ed *idp.Key
}

func issuerNewTrust(t *testing.T, hint int) *issuerTrust {
	t.Helper()
	d := &issuerTrust{Provider: idp.Start(t)}
	for _, k := range []struct {
		into     **idp.Key
		alg, kid string
	}{{&d.key, "ES256", "jwt"}, {&d.x509, "ES256", "x509"}, {&d.ed, "EdDSA", "ed"}} {
		key, err := idp.GenerateKey(k.alg, k.kid)
		require.NoError(t, err)
		*k.into = key
	}
	d.publish(t, hint, d.key, d.ed)
	return d
}

// publish replaces the bundle. It is called outside of bubbles.
func (d *issuerTrust) publish(t *testing.T, hint int, keys ...*idp.Key) {
	t.Helper()
	x509 := d.x509.JWK()
	x509["use"] = "x509-svid"
	list := []any{x509}
	for _, k := range keys {
		jwk := k.JWK()
		jwk["use"] = "jwt-svid"
		list = append(list, jwk)
	}
	bundle, err := json.Marshal(map[string]any{"keys": list, "spiffe_sequence": 1, "spiffe_refresh_hint": hint})
	require.NoError(t, err)
	d.SetFault(idp.JWKS, idp.Fault{Body: bundle})
}

func (d *issuerTrust) issuer(domain string) map[string]any {
	return map[string]any{"issuer": "spiffe://" + domain, "spiffe_bundle_url": d.JWKSURL(), "ca_pem": d.CAPEM()}
}

// svid is a JWT-SVID as SPIRE makes it, without iss.
func (d *issuerTrust) svid(key *idp.Key, id string, changes map[string]any) string {
	claims := issuerClaims(d.Provider, map[string]any{"iss": nil, "sub": id, "jti": nil, "nbf": nil})
	for name, value := range changes {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	return d.MintWith(key, nil, claims)
}

func TestIssuerSPIFFE(t *testing.T) {
	const workload = "spiffe://example.org/ns/prod/sa/web"
	org, com, web := issuerNewTrust(t, 300), issuerNewTrust(t, 300), idp.Start(t)
	m := issuerNewMount(t)
	m.write("config", issuerConfig(web))
	m.write("issuer/org", org.issuer("example.org"))
	m.write("issuer/com", com.issuer("example.com"))
	m.write("role/w", issuerRole("org,com,default"))
	m.write("role/one", issuerWith(issuerRole("org"), "bound_subject", workload))
	m.write("role/open", map[string]any{"role_type": "jwt", "user_claim": "sub", "bound_subject": workload, "bound_issuers": "org"})

	granted := m.login("w", org.svid(org.key, workload, nil))
	require.Equal(t, "issuer:org:"+workload, granted.Alias.Name)
	require.NoError(t, m.renew(granted))
	m.login("one", org.svid(org.key, workload, nil))
	m.login("w", org.svid(org.key, workload, map[string]any{"iss": "spiffe://example.org"}))
	m.login("w", org.svid(org.key, workload, map[string]any{"iss": "https://oidc.example.org"}))
	m.login("w", com.svid(com.key, "spiffe://example.com/x", nil))
	m.login("w", issuerToken(web))

	for name, c := range map[string]struct {
		role, token string
		want        auth.Reason
	}{
		"EdDSA":                             {"w", org.svid(org.ed, workload, nil), auth.TokenAlgorithm},
		"the key for X.509-SVIDs":           {"w", org.svid(org.x509, workload, nil), auth.KeyUnknown},
		"sub of another trust domain":       {"w", org.svid(org.key, "spiffe://example.com/x", nil), auth.SignatureInvalid},
		"sub of an unknown trust domain":    {"w", org.svid(org.key, "spiffe://example.net/x", nil), auth.IssuerUnknown},
		"sub is the trust domain":           {"w", org.svid(org.key, "spiffe://example.org", nil), auth.IssuerUnknown},
		"sub is a name":                     {"w", org.svid(org.key, "alice", nil), auth.IssuerUnknown},
		"sub is a name, iss is ours":        {"w", org.svid(org.key, "alice", map[string]any{"iss": "spiffe://example.org"}), auth.IssuerUnknown},
		"iss is an issuer of another kind":  {"w", org.svid(org.key, workload, map[string]any{"iss": web.Issuer()}), auth.KeyUnknown},
		"key of another trust domain":       {"w", org.svid(com.key, workload, nil), auth.SignatureInvalid},
		"another workload":                  {"one", org.svid(org.key, workload+"2", nil), auth.Subject},
		"no aud":                            {"open", org.svid(org.key, workload, map[string]any{"aud": nil}), auth.ClaimForm},
		"empty aud":                         {"open", org.svid(org.key, workload, map[string]any{"aud": []string{}}), auth.ClaimForm},
		"no exp":                            {"w", org.svid(org.key, workload, map[string]any{"exp": nil}), auth.ClaimForm},
		"a role that takes others":          {"one", com.svid(com.key, "spiffe://example.com/x", nil), auth.IssuerNotBound},
		"typ of an access token":            {"w", org.MintWith(org.key, map[string]any{"typ": "at+jwt"}, issuerClaims(org.Provider, map[string]any{"iss": nil, "sub": workload})), auth.TokenType},
		"a workload that claims to be ours": {"w", web.Mint(issuerClaims(web, map[string]any{"iss": nil, "sub": workload})), auth.KeyUnknown},
	} {
		require.Equal(t, c.want, m.reason(c.role, c.token), name)
	}
	joseTyp := org.MintWith(org.key, map[string]any{"typ": "JOSE"}, issuerClaims(org.Provider, map[string]any{"iss": nil, "sub": workload}))
	require.Equal(t, auth.Allowed, m.reason("w", joseTyp), "JWT-SVID allows JWT and JOSE")
	svidFromWeb := web.Mint(issuerClaims(web, map[string]any{"sub": workload}))
	require.Equal(t, workload, m.login("w", svidFromWeb).Alias.Name, "for an issuer of another kind a SPIFFE ID is a name like any")

	status := m.status("org")
	require.Equal(t, "spiffe://example.org", status["issuer"])
	require.Equal(t, []map[string]any{{"index": 0, "reason": "use or key_ops is not for verifying signatures"}}, status["skipped_keys"])
	m.remove("issuer/org")
	require.ErrorContains(t, m.renew(granted), "not accepted any more")
}

// TestIssuerSPIFFERefreshHint: a key that leaves the bundle is dead as soon as
// the bundle asks to be read again.
func TestIssuerSPIFFERefreshHint(t *testing.T) {
	const workload = "spiffe://example.org/w"
	org := issuerNewTrust(t, 60)
	next, err := idp.GenerateKey("ES256", "next")
	require.NoError(t, err)
	issuerBubble(t, func(t *testing.T, w *issuerWorld) {
		m := issuerNewMount(t)
		m.write("issuer/org", org.issuer("example.org"))
		m.write("role/w", issuerRole("org"))
		old := org.svid(org.key, workload, nil)
		m.login("w", old)
		w.outside(func() { org.publish(t, 60, next) })
		m.login("w", old)
		time.Sleep(time.Minute + time.Second)
		require.Equal(t, auth.KeyUnknown, m.reason("w", old))
		m.login("w", org.svid(next, workload, nil))

		m.settle()
		w.fault(org.Provider, issuerDown())
		m = m.restart()
		m.login("w", org.svid(next, workload, nil))
	})
}

func TestIssuerSPIFFEIsNoJWKSet(t *testing.T) {
	org, p := issuerNewTrust(t, 300), idp.Start(t)
	m := issuerNewMount(t)
	require.Contains(t, m.refuseWrite("issuer/org", issuerWith(org.issuer("example.org"), "spiffe_bundle_url", p.JWKSURL(), "ca_pem", p.CAPEM())), "no usable key")
	require.Contains(t, m.refuseWrite("issuer/org", issuerWith(org.issuer("example.org"), "spiffe_bundle_url", "", "jwks_url", org.JWKSURL())), "no usable key")
	m.write("issuer/org", org.issuer("example.org"))
}
