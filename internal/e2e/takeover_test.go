// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// takeover is a mount of type jwt that changes hands, with the commands that
// docs/takeover.md names.
type takeover struct {
	*mount
	server   *vaultdev.Server
	issuer   *issuer
	accessor string
	builtin  string                 // version of the method that Vault brings along
	tokens   map[string]issuedToken // tokens of before, by role
}

// issuedToken is a live token and whom it belongs to.
type issuedToken struct {
	token, entity string
	renewable     bool
}

func takeoverRoles() map[string]object {
	return map[string]object{
		"plain":    with(plainRole(), object{"token_policies": "a,b", "token_ttl": "10m"}),
		"rich":     richRole(),
		"glob":     with(plainRole(), object{"bound_claims_type": "glob", "bound_claims": object{"team": "c*", "email": []string{"*@example.com", "x"}}}),
		"period":   with(plainRole(), object{"token_period": "20m"}),
		"batch":    with(plainRole(), object{"token_type": "batch", "token_ttl": "20m"}),
		"oldnames": with(plainRole(), object{"policies": "a", "ttl": "10m", "max_ttl": "30m", "bound_cidrs": "127.0.0.0/8"}),
		"cidrs":    with(plainRole(), object{"token_bound_cidrs": "127.0.0.0/8,::1", "token_num_uses": 50}),
		"pointer":  with(plainRole(), object{"user_claim": "/nested/a/b", "user_claim_json_pointer": true, "clock_skew_leeway": 30}),
		"browser":  {"role_type": "oidc", "user_claim": "sub", "allowed_redirect_uris": redirect, "oidc_scopes": "profile", "max_age": 60},
	}
}

func TestTakeover(t *testing.T) {
	server := ownServer(t, vaultdev.Options{Storage: vaultdev.Raft})
	require.NoError(t, server.EnableBuiltin(t.Context(), "jwt", "jwt"))
	k := &takeover{mount: newMount(server, "jwt"), server: server, issuer: newIssuer(t), tokens: map[string]issuedToken{}}
	k.builtin = k.builtinVersion(t)
	k.accessor = k.about(t)["accessor"].(string)

	k.write(t, "config", with(k.issuer.discovery(), object{"bound_issuer": k.issuer.Issuer(), "default_role": "plain"}))
	for name, body := range takeoverRoles() {
		k.write(t, "role/"+name, body)
	}
	config, roles := k.read(t, "config"), k.readRoles(t)
	k.loginAll(t)

	plugin, next := need(t).plugin, need(t).next
	require.NoError(t, server.RegisterPlugin(t.Context(), "jwt", plugin))
	require.NoError(t, server.RegisterPlugin(t.Context(), "jwt", next))
	requireSame := func() {
		t.Helper()
		require.Equal(t, config, k.read(t, "config"))
		require.Equal(t, roles, k.readRoles(t))
		require.Equal(t, k.accessor, k.about(t)["accessor"])
		require.Equal(t, "jwt", k.about(t)["type"])
		k.renewAll(t)
		k.loginAll(t)
	}

	k.switchTo(t, plugin.Version)
	require.Equal(t, plugin.SHA256, k.about(t)["running_sha256"])
	requireSame()
	require.NoError(t, server.Restart(t.Context()))
	requireSame()
	k.switchTo(t, next.Version) // an upgrade
	requireSame()

	// A role that ours writes is one that theirs reads.
	k.write(t, "role/plain", object{"token_ttl": "30m"})
	roles["plain"].(object)["token_ttl"] = json.Number("1800")
	requireSame()

	k.switchTo(t, k.builtin)
	require.Empty(t, k.about(t)["running_sha256"])
	requireSame()
	require.NoError(t, server.Restart(t.Context()))
	require.Empty(t, k.about(t)["plugin_version"], "a restart turns the builtin's version into none")
	requireSame()
	k.switchTo(t, plugin.Version) // and there again
	requireSame()
}

// TestTakeoverFails switches to a binary that is not the one registered. The
// method of before has to go on.
func TestTakeoverFails(t *testing.T) {
	server := ownServer(t, vaultdev.Options{})
	require.NoError(t, server.EnableBuiltin(t.Context(), "jwt", "jwt"))
	k := &takeover{mount: newMount(server, "jwt"), server: server, issuer: newIssuer(t)}
	k.write(t, "config", k.issuer.discovery())
	k.write(t, "role/plain", plainRole())
	k.mustLogin(t, "plain", k.issuer.token(nil))
	builtin := k.builtinVersion(t)

	wrong := need(t).plugin
	wrong.SHA256 = strings.Repeat("0", 64)
	require.NoError(t, server.RegisterPlugin(t.Context(), "jwt", wrong))
	_, err := server.CLI(t.Context(), "auth", "tune", "-plugin-version="+wrong.Version, "jwt/")
	require.NoError(t, err)
	_, err = server.CLI(t.Context(), "write", "sys/plugins/reload/backend", "mounts=auth/jwt")
	require.ErrorContains(t, err, "checksums did not match")
	k.mustLogin(t, "plain", k.issuer.token(nil))

	k.switchTo(t, builtin)
	k.mustLogin(t, "plain", k.issuer.token(nil))
}

// switchTo runs the commands of the document.
func (k *takeover) switchTo(t *testing.T, version string) {
	t.Helper()
	_, err := k.server.CLI(t.Context(), "auth", "tune", "-plugin-version="+version, "jwt/")
	require.NoError(t, err)
	_, err = k.server.CLI(t.Context(), "write", "sys/plugins/reload/backend", "mounts=auth/jwt")
	require.NoError(t, err)
	require.Equal(t, version, k.about(t)["running_plugin_version"])
}

func (k *takeover) about(t *testing.T) object {
	t.Helper()
	a := k.asRoot(t, "GET", "sys/auth/jwt", nil)
	require.Equal(t, 200, a.status, "%s", a.raw)
	return a.data()
}

// builtinVersion finds the way back in the plugin catalog.
func (k *takeover) builtinVersion(t *testing.T) string {
	t.Helper()
	a := k.asRoot(t, "GET", "sys/plugins/catalog", nil)
	require.Equal(t, 200, a.status, "%s", a.raw)
	for _, entry := range a.data()["detailed"].([]any) {
		e := entry.(object)
		if e["type"] == "auth" && e["name"] == "jwt" && e["builtin"] == true {
			return e["version"].(string)
		}
	}
	require.Fail(t, "no builtin jwt in the catalog")
	return ""
}

// readRoles reads all roles. Only ours knows alias_metadata in this Vault.
func (k *takeover) readRoles(t *testing.T) object {
	t.Helper()
	a := k.asRoot(t, "LIST", k.at("role"), nil)
	require.Equal(t, 200, a.status, "%s", a.raw)
	roles := object{}
	for _, name := range a.data()["keys"].([]any) {
		role := maps.Clone(k.read(t, "role/"+name.(string)))
		delete(role, "alias_metadata")
		roles[name.(string)] = role
	}
	require.Len(t, roles, len(takeoverRoles()))
	return roles
}

// loginAll logs in to every role and keeps the token. Whoever logged in before
// must be the same entity.
func (k *takeover) loginAll(t *testing.T) {
	t.Helper()
	for name := range takeoverRoles() {
		if name == "browser" {
			require.Equal(t, 400, k.login(t, name, k.issuer.token(nil)).status)
			continue
		}
		auth := k.mustLogin(t, name, k.issuer.token(nil))
		got := issuedToken{token: auth["client_token"].(string), entity: auth["entity_id"].(string), renewable: auth["renewable"].(bool)}
		if before, found := k.tokens[name]; found {
			require.Equal(t, before.entity, got.entity, "the entity of role %s", name)
		}
		k.tokens[name] = got
	}
	require.Equal(t, 200, k.send(t, request{method: "POST", path: k.at("login"), body: object{"jwt": k.issuer.token(nil)}}).status, "login to the default role")
}

// renewAll renews the tokens that were issued before the last change, and uses
// those that cannot be renewed.
func (k *takeover) renewAll(t *testing.T) {
	t.Helper()
	for name, issued := range k.tokens {
		look := k.asRoot(t, "POST", "auth/token/lookup", object{"token": issued.token})
		require.Equal(t, 200, look.status, "token of role %s: %s", name, look.raw)
		require.Equal(t, issued.entity, look.data()["entity_id"])
		require.Equal(t, "auth/jwt/login", look.data()["path"])
		if issued.renewable {
			a := k.send(t, request{method: "POST", path: "auth/token/renew-self", token: issued.token, body: object{}})
			require.Equal(t, 200, a.status, "renewing the token of role %s: %s", name, a.raw)
		}
	}
}
