// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// TestIssuers runs many issuers on one mount in a real Vault with raft storage.
func TestIssuers(t *testing.T) {
	vault, dir := vaultdev.Require(t), t.TempDir()
	plugin, err := vaultdev.BuildPlugin(t.Context(), dir, "v0.1.0")
	require.NoError(t, err)
	server := vaultdev.ForTest(t, vaultdev.Options{Vault: vault, PluginDir: dir, Storage: vaultdev.Raft})
	require.NoError(t, server.RegisterPlugin(t.Context(), vaultdev.PluginName, plugin))
	for path, test := range []struct {
		name string
		run  func(*testing.T, *vaultdev.Server, *issuersMount)
	}{
		{"users of their own", issuersAliases},
		{"1000 bad tokens", issuersFlood},
		{"64 issuers, one of which hangs", issuersHang},
		{"restart with the providers down", issuersRestart},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := &issuersMount{t: t, server: server, path: fmt.Sprintf("issuers-%d", path)}
			require.NoError(t, server.EnableAuth(t.Context(), m.path, vaultdev.PluginName, plugin.Version))
			test.run(t, server, m)
		})
	}
}

// issuersMount is the plugin at a path.
type issuersMount struct {
	t      *testing.T
	server *vaultdev.Server
	path   string
}

func (m *issuersMount) write(path string, data map[string]any) *api.Secret {
	m.t.Helper()
	secret, err := m.server.Client().Logical().WriteWithContext(m.t.Context(), "auth/"+m.path+"/"+path, data)
	require.NoError(m.t, err)
	return secret
}

func (m *issuersMount) status(issuer string) map[string]any {
	m.t.Helper()
	secret, err := m.server.Client().Logical().ReadWithContext(m.t.Context(), "auth/"+m.path+"/issuer/"+issuer+"/status")
	require.NoError(m.t, err)
	require.NotNil(m.t, secret)
	return secret.Data
}

// try logs in without a Vault token, as a caller who wants one.
func (m *issuersMount) try(ctx context.Context, client *api.Client, token string) (*api.Secret, error) {
	return client.Logical().WriteWithContext(ctx, "auth/"+m.path+"/login", map[string]any{"role": "ci", "jwt": token})
}

// stranger is a client without a Vault token. It is shared by many logins,
// since each new one costs a connection.
func (m *issuersMount) stranger() *api.Client {
	client := m.server.Client()
	client.ClearToken()
	return client
}

func (m *issuersMount) login(token string) *api.SecretAuth {
	m.t.Helper()
	secret, err := m.try(m.t.Context(), m.stranger(), token)
	require.NoError(m.t, err)
	require.NotNil(m.t, secret.Auth)
	return secret.Auth
}

func (m *issuersMount) role(issuers string) {
	m.t.Helper()
	m.write("role/ci", map[string]any{"role_type": "jwt", "user_claim": "sub", "bound_audiences": idp.Audience, "bound_issuers": issuers})
}

func issuersBody(p *idp.Provider) map[string]any {
	return map[string]any{"issuer": p.Issuer(), "oidc_discovery_url": p.Issuer(), "ca_pem": p.CAPEM()}
}

func issuersToken(p *idp.Provider) string { return p.Mint(p.Claims(nil)) }

// issuersRestart: Vault restarts while no provider is there, and logins go on.
func issuersRestart(t *testing.T, server *vaultdev.Server, m *issuersMount) {
	def, named := idp.Start(t), idp.Start(t)
	m.write("config", map[string]any{"oidc_discovery_url": def.Issuer(), "oidc_discovery_ca_pem": def.CAPEM()})
	m.write("issuer/named", issuersBody(named))
	m.role("default,named")
	first := m.login(issuersToken(named))
	m.login(issuersToken(def))

	def.Close()
	named.Close()
	require.NoError(t, server.Restart(t.Context()))
	m.login(issuersToken(def))
	second := m.login(issuersToken(named))
	require.Equal(t, first.EntityID, second.EntityID)
	_, err := server.Client().Auth().Token().RenewWithContext(t.Context(), first.ClientToken, 0)
	require.NoError(t, err)
	status := m.status("named")
	require.Equal(t, "failing", status["state"])
	require.Equal(t, true, status["from_storage"])
	t.Log(status["summary"])
	_, err = m.try(t.Context(), m.stranger(), named.MintWith(issuersStranger(t), nil, named.Claims(nil)))
	issuersRefused(t, err)
}

func issuersStranger(t *testing.T) *idp.Key {
	t.Helper()
	key, err := idp.GenerateKey("ES256", "stranger")
	require.NoError(t, err)
	return key
}

func issuersRefused(t *testing.T, err error) {
	t.Helper()
	var response *api.ResponseError
	require.ErrorAs(t, err, &response)
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	require.Len(t, response.Errors, 1)
	require.Equal(t, refusedText, decisionSuffix.ReplaceAllString(response.Errors[0], ""))
}

// issuersHang: one of 64 issuers takes connections and says nothing. All logins
// of the others are done while it still has not.
func issuersHang(t *testing.T, _ *vaultdev.Server, m *issuersMount) {
	slow, p := idp.Start(t), idp.Start(t)
	tokens := make([]string, 63)
	names := "slow"
	for n := range tokens {
		iss := fmt.Sprintf("https://%d.example", n)
		m.write(fmt.Sprintf("issuer/i%d", n), map[string]any{"issuer": iss, "jwks_url": p.JWKSURL(), "ca_pem": p.CAPEM()})
		tokens[n] = p.Mint(p.Claims(map[string]any{"iss": iss}))
		names += fmt.Sprintf(",i%d", n)
	}
	slow.SetFault(idp.Discovery, idp.Fault{Hang: true})
	body := issuersBody(slow)
	body["force"] = true
	m.write("issuer/slow", body) // waits for it, as a write does
	m.role(names)
	require.Equal(t, "cold", m.status("slow")["state"])

	client := m.stranger()
	round := func() time.Duration {
		begun := time.Now()
		for range 5 {
			for _, token := range tokens {
				_, err := m.try(t.Context(), client, token)
				require.NoError(t, err)
			}
		}
		return time.Since(begun)
	}
	alone := round()

	// A crowd that wants in by the slow issuer, and goes on wanting.
	ctx, cancel := context.WithCancel(t.Context())
	var crowd sync.WaitGroup
	for range 20 {
		crowd.Go(func() {
			for ctx.Err() == nil {
				_, err := m.try(ctx, m.stranger(), issuersToken(slow))
				if err == nil {
					t.Error("an issuer that has never answered let somebody in")
				}
				time.Sleep(50 * time.Millisecond) // refused at once between two attempts: do not measure the crowd itself
			}
		})
	}
	beside := round()
	cancel()
	crowd.Wait()
	t.Logf("315 logins of 63 issuers: %v alone, %v beside one that hangs", alone, beside)
	require.Less(t, beside, 4*alone+2*time.Second)
	require.Equal(t, "healthy", m.status("i0")["state"])
	require.Equal(t, "cold", m.status("slow")["state"])
	slow.ClearFaults()
	m.write("issuer/slow/refresh", nil)
	m.login(issuersToken(slow))
}

// issuersFlood: 1,000 bad tokens cause three fetches, and a key that the issuer
// changes in the midst of them is usable within 30 s.
func issuersFlood(t *testing.T, _ *vaultdev.Server, m *issuersMount) {
	p := idp.Start(t)
	m.write("issuer/ci", issuersBody(p))
	m.role("ci")
	m.login(issuersToken(p))
	stranger := issuersStranger(t)
	p.ResetCounters()
	begun := time.Now()
	var crowd sync.WaitGroup
	for worker := range 4 {
		crowd.Go(func() {
			client := m.stranger()
			for n := range 250 {
				header := map[string]any{"kid": p.Current().KID}
				if n%2 == 0 {
					header["kid"] = fmt.Sprintf("kid-%d-%d", worker, n)
				}
				_, err := m.try(t.Context(), client, p.MintWith(stranger, header, p.Claims(nil)))
				if err == nil {
					t.Error("a forged token was accepted")
				}
			}
		})
	}
	crowd.Wait()
	elapsed := time.Since(begun)
	allowed := 3 + int(elapsed/(30*time.Second))
	t.Logf("1000 bad tokens in %v caused %d fetches", elapsed, p.Requests(idp.JWKS))
	require.LessOrEqual(t, p.Requests(idp.JWKS), allowed)
	held, err := m.status("ci")["held_back"].(json.Number).Int64()
	require.NoError(t, err)
	require.Greater(t, held, int64(900))
	m.login(issuersToken(p))

	p.Rotate("ES256")
	rotated := time.Now()
	client := m.stranger()
	for {
		if _, err := m.try(t.Context(), client, issuersToken(p)); err == nil {
			break
		}
		require.Less(t, time.Since(rotated), 35*time.Second, "the new key is usable when the budget gives the next fetch")
		time.Sleep(200 * time.Millisecond)
	}
	t.Logf("the new key was usable after %v", time.Since(rotated))
}

// issuersAliases: what Vault's identity store makes of users who are called
// the same, or nearly.
func issuersAliases(t *testing.T, _ *vaultdev.Server, m *issuersMount) {
	def, a, b := idp.Start(t), idp.Start(t), idp.Start(t)
	m.write("config", map[string]any{"oidc_discovery_url": def.Issuer(), "oidc_discovery_ca_pem": def.CAPEM()})
	m.write("issuer/a", issuersBody(a))
	m.write("issuer/b", issuersBody(b))
	m.role("default,a,b")
	entity := func(p *idp.Provider, sub string) string {
		return m.login(p.Mint(p.Claims(map[string]any{"sub": sub}))).EntityID
	}

	seen := map[string]string{}
	for _, p := range []*idp.Provider{a, b, def} {
		users := []string{"kevin", "Kevin", "\u212aevin", "ivan", "\u0130van", "kevin ", "caf\u00e9", "cafe\u0301", "%4bevin"}
		if p == def {
			users = []string{"kevin", "ivan"} // names that differ by letter case are one here, see below
		}
		for _, user := range users {
			id := entity(p, user)
			require.NotEmpty(t, id)
			require.Empty(t, seen[id], "%q of %s and %s are one entity", user, p.Issuer(), seen[id])
			seen[id] = fmt.Sprintf("%q of %s", user, p.Issuer())
		}
	}
	for _, twin := range []string{"Kevin", "KEVIN", "\u212aevin"} {
		require.Equal(t, entity(def, "kevin"), entity(def, twin), "what Vault does with plain names, as docs/issuers.md says: %q", twin)
	}
	require.Equal(t, entity(def, "ivan"), entity(def, "\u0130van"))
	for _, thief := range []string{"issuer:a:kevin", "ISSUER:A:KEVIN", "\u0130ssuer:a:kevin"} {
		_, err := m.try(t.Context(), m.stranger(), def.Mint(def.Claims(map[string]any{"sub": thief})))
		require.Error(t, err, "%q would be kevin of issuer a", thief)
	}
}
