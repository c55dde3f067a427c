// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// issuerTenants plays a provider like Entra ID: one host, and for each tenant
// an issuer with a discovery document and a key of its own, all with one kid.
type issuerTenants struct {
	*httptest.Server
	signer *idp.Provider // for its clock and claims alone

	mu   sync.Mutex
	keys map[string]*idp.Key
	gone map[string]bool // tenants that answer 404
}

func issuerNewTenants(t *testing.T, names ...string) *issuerTenants {
	t.Helper()
	s := &issuerTenants{signer: idp.Start(t), keys: map[string]*idp.Key{}, gone: map[string]bool{}}
	for _, name := range names {
		key, err := idp.GenerateKey("ES256", "shared-kid")
		require.NoError(t, err)
		s.keys[name] = key
	}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *issuerTenants) serve(w http.ResponseWriter, r *http.Request) {
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	s.mu.Lock()
	key, gone := s.keys[tenant], s.gone[tenant]
	s.mu.Unlock()
	var document any
	switch {
	case key == nil || gone:
		http.NotFound(w, r)
		return
	case rest == "v2.0/.well-known/openid-configuration":
		document = map[string]any{"issuer": s.iss(tenant), "jwks_uri": s.URL + "/" + tenant + "/keys"}
	case rest == "keys":
		document = map[string]any{"keys": []any{key.JWK()}}
	}
	_ = json.NewEncoder(w).Encode(document)
}

func (s *issuerTenants) iss(tenant string) string { return s.URL + "/" + tenant + "/v2.0" }

func (s *issuerTenants) lose(tenant string, gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone[tenant] = gone
}

// issuer is the template, for those tenants.
func (s *issuerTenants) issuer(tenants string) map[string]any {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	return map[string]any{"issuer": s.iss(tenantMark), "oidc_discovery_url": s.iss(tenantMark), "ca_pem": string(ca), "tenants": tenants}
}

// token is alice's of one tenant, signed by the key of another or the same.
func (s *issuerTenants) token(tenant, signedBy string) string {
	return s.signer.MintWith(s.keys[signedBy], nil, issuerClaims(s.signer, map[string]any{"iss": s.iss(tenant), "tid": tenant}))
}

// TestIssuerTenants: each tenant that is listed logs in with its own key and
// as somebody of its own; no other tenant does, although the provider serves it.
func TestIssuerTenants(t *testing.T) {
	s := issuerNewTenants(t, "aaaa-1", "bbbb-2", "cccc-3")
	m := issuerNewMount(t)
	m.write("issuer/entra", s.issuer("aaaa-1,bbbb-2"))
	m.write("role/ci", issuerRole("entra"))
	a := m.login("ci", s.token("aaaa-1", "aaaa-1"))
	b := m.login("ci", s.token("bbbb-2", "bbbb-2"))
	require.Equal(t, "issuer:entra/aaaa-1:alice", a.Alias.Name)
	require.Equal(t, "issuer:entra/bbbb-2:alice", b.Alias.Name, "whoever administers tenant B cannot make itself alice of tenant A")
	require.Equal(t, "issuer:entra/bbbb-2:dev", b.GroupAliases[0].Name)

	for name, c := range map[string]struct {
		token string
		want  auth.Reason
	}{
		"key of A in B":        {s.token("bbbb-2", "aaaa-1"), auth.SignatureInvalid},
		"key of B in A":        {s.token("aaaa-1", "bbbb-2"), auth.SignatureInvalid},
		"not listed":           {s.token("cccc-3", "cccc-3"), auth.IssuerUnknown},
		"not listed, key of A": {s.token("cccc-3", "aaaa-1"), auth.IssuerUnknown},
		"upper case":           {s.token("AAAA-1", "aaaa-1"), auth.IssuerUnknown},
		"the template itself":  {s.token(tenantMark, "aaaa-1"), auth.IssuerUnknown},
		"no tenant":            {s.token("", "aaaa-1"), auth.IssuerUnknown},
		"two tenants":          {s.token("aaaa-1/bbbb-2", "aaaa-1"), auth.IssuerUnknown},
		"a pattern":            {s.token(".*", "aaaa-1"), auth.IssuerUnknown},
	} {
		require.Equal(t, c.want, m.reason("ci", c.token), name)
	}

	m.write("issuer/entra", map[string]any{"tenants": "aaaa-1,cccc-3"})
	m.login("ci", s.token("cccc-3", "cccc-3"))
	require.NoError(t, m.renew(a))
	require.Equal(t, auth.IssuerUnknown, m.reason("ci", s.token("bbbb-2", "bbbb-2")))
	require.ErrorContains(t, m.renew(b), "the issuer that the login came from is not accepted any more", "a tenant that is taken off the list is refused at renewal too")
	require.Equal(t, s.iss(tenantMark), m.read("issuer/entra")["issuer"])
	require.Equal(t, []string{"aaaa-1", "cccc-3"}, m.read("issuer/entra")["tenants"])
}

// TestIssuerTenantStatus: each tenant's keys are looked at on their own.
func TestIssuerTenantStatus(t *testing.T) {
	s := issuerNewTenants(t, "aaaa-1", "bbbb-2")
	m := issuerNewMount(t)
	s.lose("bbbb-2", true)
	require.Contains(t, m.refuseWrite("issuer/entra", s.issuer("aaaa-1,bbbb-2")), "answered with status 404")
	require.Len(t, m.write("issuer/entra", issuerWith(s.issuer("aaaa-1,bbbb-2"), "force", true)), 1)
	m.write("role/ci", issuerRole("entra"))
	require.Equal(t, auth.KeysUnavailable, m.reason("ci", s.token("bbbb-2", "bbbb-2")))
	m.login("ci", s.token("aaaa-1", "aaaa-1"))

	status := m.status("entra")
	require.Equal(t, stateCold, status["state"])
	require.Equal(t, s.iss(tenantMark), status["issuer"])
	sources := status["sources"].([]map[string]any)
	require.Len(t, sources, 2)
	require.Equal(t, []any{s.iss("aaaa-1"), stateHealthy}, []any{sources[0]["issuer"], sources[0]["state"]})
	require.Equal(t, []any{s.iss("bbbb-2"), stateCold}, []any{sources[1]["issuer"], sources[1]["state"]})
	require.Contains(t, status["summary"], "2 key sources: 1 cold, 1 healthy. The state is that of the worst, "+s.iss("bbbb-2"))

	s.lose("bbbb-2", false)
	require.NoError(t, m.refresh("entra"))
	require.Equal(t, stateHealthy, m.status("entra")["state"])
	m.login("ci", s.token("bbbb-2", "bbbb-2"))
}

// TestIssuerTenantDocumentOfAnother: the discovery document must be of the
// tenant itself, not of the template or of a neighbour.
func TestIssuerTenantDocumentOfAnother(t *testing.T) {
	p := idp.Start(t, idp.WithIssuerPath("/t/v2.0"))
	m := issuerNewMount(t)
	host := strings.TrimSuffix(p.Issuer(), "/t/v2.0")
	body := issuerWith(issuerOf(p), "issuer", host+"/{tenantid}/v2.0", "oidc_discovery_url", host+"/{tenantid}/v2.0", "tenants", "t")
	m.write("issuer/e", body)
	for _, issuer := range []string{host + "/{tenantid}/v2.0", host + "/u/v2.0", host + "/T/v2.0", host + "/t/v2.0/"} {
		p.SetFault(idp.Discovery, idp.Fault{Members: map[string]any{"issuer": issuer}})
		require.ErrorContains(t, m.refresh("e"), `the member "issuer" is not byte for byte the configured URL`, issuer)
	}
}
