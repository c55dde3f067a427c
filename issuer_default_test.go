// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// TestIssuerDefaultIsWhatConfigSays: it can be read, refreshed and looked at as
// an issuer, and written through config alone.
func TestIssuerDefaultIsWhatConfigSays(t *testing.T) {
	m := issuerNewMount(t)
	require.Nil(t, m.read("issuer/default"))
	require.Nil(t, m.read("issuer/default/status"))
	require.ErrorContains(t, m.refresh("default"), `there is no issuer "default"`)
	require.Empty(t, m.list("issuer/"))

	p := idp.Start(t)
	m.write("config", issuerWith(issuerConfig(p), "token_types", "at+jwt", "jwt_supported_algs", "ES256"))
	require.Equal(t, []string{"default"}, m.list("issuer/"))
	require.Equal(t, map[string]any{
		"issuer": p.Issuer(), "oidc_discovery_url": p.Issuer(), "jwks_url": "", "jwks_pairs": []any{}, "jwt_validation_pubkeys": []string{},
		"ca_pem": p.CAPEM(), "proxy": "", "jwt_supported_algs": []string{"ES256"}, "token_types": []string{"at+jwt"},
		"alias_names": "plain", "written_through": "config",
	}, issuerSlices(m.read("issuer/default")))
	require.Equal(t, m.read("issuer/default"), m.read("issuer/DEFAULT"))

	status := m.status("default")
	require.Equal(t, stateHealthy, status["state"])
	require.Equal(t, p.Issuer(), status["issuer"])
	before := p.Requests(idp.JWKS)
	require.NoError(t, m.refresh("default"))
	require.Equal(t, before+1, p.Requests(idp.JWKS))

	require.Equal(t, "the issuer 'default' is what config describes: write config instead", m.refuseWrite("issuer/default", issuerOf(p)))
	require.Equal(t, "the issuer 'default' is what config describes: write config instead", m.refuseWrite("issuer/Default", map[string]any{"force": true}))
	require.ErrorContains(t, m.send(logical.DeleteOperation, "issuer/default").Error(), "cannot be deleted")
	m.write("role/ci", issuerRole(""))
	m.login("ci", issuerToken(p))
}

// TestIssuerDefaultStatusByKeySource: keys that were written down, and several
// key sets.
func TestIssuerDefaultStatusByKeySource(t *testing.T) {
	m := issuerNewMount(t)
	p, other := idp.Start(t), idp.Start(t)
	m.write("config", map[string]any{"jwt_validation_pubkeys": p.Current().PEM(), "bound_issuer": p.Issuer()})
	require.Equal(t, stateStatic, m.status("default")["state"])
	require.NoError(t, m.refresh("default"), "there is nothing to do")

	m.write("config", map[string]any{"jwks_pairs": []any{
		map[string]any{"jwks_url": p.JWKSURL(), "jwks_ca_pem": p.CAPEM()}, map[string]any{"jwks_url": other.JWKSURL(), "jwks_ca_pem": other.CAPEM()},
	}})
	other.SetFault(idp.JWKS, issuerDown())
	require.ErrorContains(t, m.refresh("default"), "answered with status 503")
	status := m.status("default")
	require.Equal(t, stateFailing, status["state"])
	require.Equal(t, "", status["issuer"], "any")
	sources := status["sources"].([]map[string]any)
	require.Len(t, sources, 2)
	require.Equal(t, []any{stateHealthy, p.JWKSURL()}, []any{sources[0]["state"], sources[0]["source"]})
	require.Equal(t, []any{stateFailing, other.JWKSURL()}, []any{sources[1]["state"], sources[1]["source"]})
	require.Contains(t, status["summary"], "2 key sources: 1 failing, 1 healthy. The state is that of the worst, "+other.JWKSURL())
}

// TestIssuerISSIsUniqueOnAMount: whichever is written second is refused, and
// changes nothing.
func TestIssuerISSIsUniqueOnAMount(t *testing.T) {
	const id, tenant = "https://a.example", "https://t.example/x/v2.0"
	body, _ := issuerStatic(t, id)
	template := issuerWith(body, "issuer", "https://t.example/{tenantid}/v2.0", "tenants", "x,y")
	config := map[string]any{"jwt_validation_pubkeys": body["jwt_validation_pubkeys"], "bound_issuer": id}
	p := idp.Start(t)

	t.Run("issuer after config", func(t *testing.T) {
		m := issuerNewMount(t)
		m.write("config", config)
		require.Equal(t, `the issuer 'default', which config describes, already stands for "https://a.example"`, m.refuseWrite("issuer/a", body))
		m.write("issuer/a", issuerWith(body, "issuer", id+"/"))
	})
	t.Run("config after issuer", func(t *testing.T) {
		m := issuerNewMount(t)
		m.write("issuer/a", body)
		require.Equal(t, `the issuer "a" already stands for "https://a.example"`, m.refuseWrite("config", config))
		require.Nil(t, m.read("config"))
		m.write("config", issuerWith(config, "bound_issuer", ""))
	})
	t.Run("discovery in both directions", func(t *testing.T) {
		m := issuerNewMount(t)
		m.write("config", issuerConfig(p))
		require.Contains(t, m.refuseWrite("issuer/a", issuerOf(p)), "already stands for")
		m.write("config", config)
		m.write("issuer/p", issuerOf(p))
		require.Contains(t, m.refuseWrite("config", issuerConfig(p)), `the issuer "p" already stands for`)
	})
	t.Run("two named ones", func(t *testing.T) {
		m := issuerNewMount(t)
		m.write("issuer/a", body)
		require.Contains(t, m.refuseWrite("issuer/b", body), `the issuer "a" already stands for "https://a.example"`)
		m.write("issuer/b", issuerWith(body, "issuer", "https://b.example"))
		require.Contains(t, m.refuseWrite("issuer/b", map[string]any{"issuer": id}), `the issuer "a" already stands for`)
		m.write("issuer/a", body)
		m.remove("issuer/a")
		m.write("issuer/b", map[string]any{"issuer": id})
	})
	t.Run("tenants", func(t *testing.T) {
		m := issuerNewMount(t)
		m.write("issuer/t", template)
		require.Contains(t, m.refuseWrite("issuer/a", issuerWith(body, "issuer", tenant)), `the issuer "t" already stands for "https://t.example/x/v2.0"`)
		require.Contains(t, m.refuseWrite("config", issuerWith(config, "bound_issuer", tenant)), `the issuer "t" already stands for`)
		require.Contains(t, m.refuseWrite("issuer/u", issuerWith(template, "tenants", "z,y")), `already stands for "https://t.example/y/v2.0"`)
		m.write("issuer/a", issuerWith(body, "issuer", "https://t.example/z/v2.0"))
		require.Contains(t, m.refuseWrite("issuer/t", map[string]any{"tenants": "x,y,z"}), `the issuer "a" already stands for "https://t.example/z/v2.0"`)
	})
	t.Run("trust domains", func(t *testing.T) {
		m := issuerNewMount(t)
		bundle := map[string]any{"issuer": "spiffe://a.example", "spiffe_bundle_url": "https://127.0.0.1:1", "force": true}
		m.write("issuer/a", bundle)
		require.Contains(t, m.refuseWrite("issuer/b", bundle), `the issuer "a" already stands for "spiffe://a.example"`)
		require.Contains(t, m.refuseWrite("issuer/b", issuerWith(body, "issuer", "spiffe://a.example")), `the issuer "a" already stands for`)
		m.write("issuer/b", issuerWith(bundle, "issuer", "spiffe://b.example"))
	})
}

// TestIssuerRefusedWriteLeavesTheKeysInStorage: the keys of an issuer are
// fetched before it is known whether it may be written. They must not take the
// place of those in use, which a restart would miss.
func TestIssuerRefusedWriteLeavesTheKeysInStorage(t *testing.T) {
	p, other := idp.Start(t), idp.Start(t)
	issuerBubble(t, func(t *testing.T, w *issuerWorld) {
		m := issuerNewMount(t)
		m.write("issuer/a", issuerOf(p))
		m.write("issuer/b", issuerOf(other))
		m.write("role/ci", issuerRole("a"))
		m.settle()
		before := m.storage.dump(t)
		require.Contains(t, before, "keys/a/0")

		require.Contains(t, m.refuseWrite("issuer/a", issuerOf(other)), "already stands for")
		require.Contains(t, m.refuseWrite("config", issuerConfig(other)), "already stands for")
		m.settle()
		require.Equal(t, before, m.storage.dump(t))

		letGo := m.storage.breakWritesLate("issuer/")
		failed := make(chan error)
		go func() {
			_, err := m.put("issuer/a", map[string]any{"oidc_discovery_url": "", "jwks_url": p.JWKSURL()})
			failed <- err
		}()
		m.settle() // the keys are there, and wait for the record to be written
		letGo()
		require.ErrorIs(t, <-failed, errIssuerDisk)
		m.settle()
		require.Equal(t, before, m.storage.dump(t))

		w.fault(p, issuerDown())
		m.restart().login("ci", issuerToken(p))
	})
}

func TestIssuersAreAtMost64(t *testing.T) {
	body, _ := issuerStatic(t, "")
	m := issuerNewMount(t)
	of := func(n int) map[string]any { return issuerWith(body, "issuer", fmt.Sprintf("https://%d.example", n)) }
	tenants := make([]string, 30)
	for i := range tenants {
		tenants[i] = fmt.Sprint("t", i)
	}
	m.write("config", map[string]any{"jwt_validation_pubkeys": body["jwt_validation_pubkeys"], "bound_issuer": "https://d.example"})
	m.write("issuer/t", issuerWith(body, "issuer", "https://t.example/{tenantid}", "tenants", tenants))
	for n := range 34 {
		m.write(fmt.Sprintf("issuer/i%d", n), of(n))
	}
	const full = "a mount can have at most 64 issuers, each tenant counted; delete some or use another mount"
	require.Equal(t, full, m.refuseWrite("issuer/more", of(99)))
	require.Equal(t, full, m.refuseWrite("issuer/t", map[string]any{"tenants": append(tenants, "one-more")}))
	m.write("issuer/i0", map[string]any{"issuer": "https://99.example"})
	m.write("config", map[string]any{"jwt_validation_pubkeys": body["jwt_validation_pubkeys"], "bound_issuer": "https://e.example"})
	m.remove("issuer/i1")
	m.write("issuer/more", of(100))
	many := make([]string, 65)
	for i := range many {
		many[i] = fmt.Sprint("t", i)
	}
	require.Equal(t, "invalid tenants: at most 64", m.refuseWrite("issuer/t", map[string]any{"tenants": many}))
	require.Len(t, m.list("issuer/"), 36)
}

// TestIssuerWithoutStorage: Vault makes a backend without storage to learn its
// version; what such a backend is asked must not need one.
func TestIssuerWithoutStorage(t *testing.T) {
	p := idp.Start(t)
	b := newBackend("v1.2.3", time.Now)
	require.NoError(t, b.Setup(t.Context(), &logical.BackendConfig{Logger: hclog.NewNullLogger(), System: logical.TestSystemView()}))
	defer b.Cleanup(context.Background())
	storage := &issuerStorage{}
	m := &issuerMount{t: t, backend: b, storage: storage, log: &issuerLog{}}
	m.write("issuer/ci", issuerOf(p))
	m.write("role/ci", issuerRole("ci"))
	m.login("ci", issuerToken(p))
	require.NoError(t, m.refresh("ci"))
	m.write("issuer/other", issuerWith(issuerOf(p), "issuer", p.Issuer()+"/", "oidc_discovery_url", "", "jwks_url", p.JWKSURL()))
	m.remove("issuer/ci")
	require.Equal(t, auth.IssuerUnknown, m.reason("ci", issuerToken(p)))
	for key := range storage.dump(t) {
		require.False(t, strings.HasPrefix(key, "keys/"), "keys are stored only in the mount's own storage")
	}
}
