// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// refusedText is the only thing that a caller reads before a signature of its
// token has verified.
const refusedText = "login refused: the token is not accepted for this role"

// attack is a token that must be refused, and its twin: the same without what
// is wrong, which must be accepted.
type attack struct {
	name  string
	token string
	twin  string // "" stands for the plain good token
	role  string // "" stands for "plain"
	late  string // text after the signature has verified, "" for the common text
}

// attackers makes tokens. Each carries the canary, which must be seen nowhere.
type attackers struct {
	*issuer
	other  *issuer // nobody trusts it, and nobody may ask it anything
	canary string
}

// claims are those of a person, with the canary in the claims that texts could
// quote.
func (a *attackers) claims(changes object) object {
	return with(a.person(object{"sub": a.canary, "canary": a.canary, "jti": a.canary}), changes)
}

// good is a token that is accepted.
func (a *attackers) good() string { return a.token(nil) }

func attackRoles() map[string]object {
	return map[string]object{
		"plain":   plainRole(),
		"rich":    richRole(),
		"number":  with(plainRole(), object{"bound_claims": object{"level": 3}}),
		"flag":    with(plainRole(), object{"bound_claims": object{"admin": true}}),
		"glob":    with(plainRole(), object{"bound_claims_type": "glob", "bound_claims": object{"ref": "repo:acme/*:ref:refs/heads/main"}}),
		"mail":    with(plainRole(), object{"bound_claims_type": "glob", "bound_claims": object{"email": "*@corp.example"}}),
		"pointer": with(plainRole(), object{"bound_claims": object{"/nested/a/b": "deep"}}),
		"strict":  with(plainRole(), object{"clock_skew_leeway": -1}),
		"user":    with(plainRole(), object{"user_claim": "email"}),
		"groups":  with(plainRole(), object{"groups_claim": "groups"}),
		"mapped":  with(plainRole(), object{"claim_mappings": object{"email": "email"}}),
		"browser": {"role_type": "oidc", "user_claim": "sub", "allowed_redirect_uris": redirect},
		"outside": with(plainRole(), object{"token_bound_cidrs": "10.0.0.0/8"}),
	}
}

// TestAttack shows each attack on tokens to a mount with fetched keys and to one
// with written ones. None may pass, none may be told apart before its
// signature has verified, none may leave a trace of what it carried, and the
// plugin must live through all of them.
func TestAttack(t *testing.T) {
	audit := filepath.Join(t.TempDir(), "audit.log")
	// Vault itself refuses texts above 1 MiB, by default; here they get through.
	server := ownServer(t, vaultdev.Options{LogLevel: "trace", Listener: map[string]any{"max_json_string_value_length": 32 << 20}})
	root := newClient(server)
	enabled := root.asRoot(t, "POST", "sys/audit/file", object{"type": "file", "options": object{"file_path": audit}})
	require.True(t, enabled.ok(), "%s", enabled.raw)

	a := &attackers{issuer: newIssuer(t), other: newIssuer(t, idp.WithIssuerPath("/other")), canary: "canary-" + rand.Text()}
	fetched, written := enableOurs(t, server, "fetched"), enableOurs(t, server, "written")
	fetched.write(t, "config", a.jwks())
	written.write(t, "config", a.static())
	for name, body := range attackRoles() {
		fetched.write(t, "role/"+name, body)
		written.write(t, "role/"+name, body)
	}
	before, err := server.PluginPIDs()
	require.NoError(t, err)
	require.Len(t, before, 2, "one for each mount")

	all := append(a.form(t), a.content()...)
	for _, m := range []*mount{fetched, written} {
		for _, c := range all {
			t.Run(m.path+"/"+c.name, func(t *testing.T) { a.show(t, m, c) })
		}
	}
	require.Zero(t, a.other.Requests(idp.JWKS)+a.other.Requests(idp.Discovery), "a token made the plugin ask an address of its choice")
	after, err := server.PluginPIDs()
	require.NoError(t, err)
	require.Equal(t, before, after, "the plugin did not live through the attacks")
	requireNoTrace(t, a.canary, all, server.Log(), audit)
}

// show makes one attack and then shows the twin.
func (a *attackers) show(t *testing.T, m *mount, c attack) {
	role, twin := c.role, c.twin
	if role == "" {
		role = "plain"
	}
	if twin == "" {
		twin = a.good()
	}
	got := m.login(t, role, c.token)
	require.Equal(t, 400, got.status, "%s", got.raw)
	require.Nil(t, got.auth())
	if c.late == "" {
		require.Equal(t, refusedText, got.text())
	} else {
		require.Contains(t, got.text(), c.late)
	}
	for _, secret := range secretsOf(a.canary, c) {
		require.NotContains(t, string(got.raw), secret)
	}
	accepted := m.login(t, twinRole(role), twin)
	require.Equal(t, 200, accepted.status, "the twin: %s", accepted.raw)
}

// twinRole is where the twin of an attack on a role logs in; two roles admit
// nobody.
func twinRole(role string) string {
	switch role {
	case "browser", "outside", "none":
		return "plain"
	}
	return role
}

// secretsOf are the parts of a token that must show up nowhere: its claims in
// either form, and its signature.
func secretsOf(canary string, c attack) []string {
	secrets := []string{canary}
	for _, token := range []string{c.token, c.twin} {
		for i, part := range strings.Split(token, ".") {
			if i > 0 && len(part) >= 40 {
				secrets = append(secrets, part)
			}
		}
	}
	return secrets
}

// probe is how much of a secret is looked for in files: as much as cannot be
// there by chance.
const probe = 32

// requireNoTrace searches the raw bytes of files for the beginning of every
// secret.
func requireNoTrace(t *testing.T, canary string, attacks []attack, files ...string) {
	t.Helper()
	probes := map[string]string{}
	for _, c := range attacks {
		for _, secret := range secretsOf(canary, c) {
			probes[secret[:probe]] = c.name
		}
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Greater(t, len(text), 100*len(attacks), "%s is too short to have seen the attacks", name)
		for at := 0; at+probe <= len(text); at++ {
			if from, found := probes[string(text[at:at+probe])]; found {
				require.Fail(t, "a token left a trace", "%s shows a part of the token of attack %q", filepath.Base(name), from)
			}
		}
	}
}
