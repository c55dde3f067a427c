// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// terminal is an operator at the vault command.
type terminal struct {
	server *vaultdev.Server
	dir    string
}

func newTerminal(t *testing.T, server *vaultdev.Server) *terminal {
	return &terminal{server, t.TempDir()}
}

// file writes a file for arguments such as jwt=@file.
func (c *terminal) file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(c.dir, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// shows runs a command that has to work and requires its output to have the
// texts in it, line breaks and columns aside.
func (c *terminal) shows(t *testing.T, args []string, texts ...string) {
	t.Helper()
	out, err := c.server.CLI(t.Context(), args...)
	require.NoError(t, err)
	flat := strings.Join(strings.Fields(out), " ")
	for _, text := range texts {
		require.Contains(t, flat, text)
	}
}

// says runs a command that has to fail with this text and nothing after it, but
// for the ID of a decision.
func (c *terminal) says(t *testing.T, args []string, text string) {
	t.Helper()
	_, err := c.server.CLI(t.Context(), args...)
	require.Error(t, err)
	require.True(t, strings.HasSuffix(decisionSuffix.ReplaceAllString(err.Error(), ""), "\n* "+text), "want %q at the end of: %s", text, err)
}

// TestCLIHelp reads what an operator reads who does not know the method.
func TestCLIHelp(t *testing.T) {
	r := need(t)
	path := "auth/" + enableOurs(t, r.server, pathFor(t, "ours")).path
	c := newTerminal(t, r.server)
	help := func(at string) []string { return []string{"path-help", path + at} }
	c.shows(t, help(""),
		"Logs in callers that show a signed token (JWT) from an issuer that the operator trusts",
		`Write the issuer to "config", what a caller must prove and what it gets to "role/NAME", and log in with "login".`,
		"^config$ Where the keys of the mount's issuer are", "^login$ Log in with a signed token.", "^role/?$ List the names of the roles.")
	c.shows(t, help("/config"),
		"Names exactly one source of keys: oidc_discovery_url, jwks_url, jwks_pairs or jwt_validation_pubkeys.",
		"A write replaces all fields: what is left out goes back to its default.",
		"bound_issuer (string) The exact iss that tokens must have.",
		"jwt_supported_algs (slice) Signature algorithms that tokens may use: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA.",
		"max_token_bytes (int) Longest token accepted, in bytes, up to 65536. 0 means 16384.",
		"oidc_client_secret (string) Client secret of the browser login. Never read back.")
	c.shows(t, help("/role/foo"),
		"What a token must prove to log in, and what its holder gets.",
		"A write to an existing role changes the fields that are sent and keeps the others.",
		"For logins with a token set role_type=jwt; a new role is of type oidc otherwise.",
		"bound_audiences (slice) Audiences of which the token must have one, byte for byte.",
		"bound_claims_type (string) How the values of bound_claims are meant: 'string' for exactly these, 'glob' for patterns with *.",
		"clock_skew_leeway (duration (sec)) Seconds that exp, nbf and iat may be off because clocks differ. 0 means 60, a negative number none.",
		`ttl (duration (sec)) (DEPRECATED) Use "token_ttl" instead.`)
	c.shows(t, help("/role"), "List the names of the roles.")
	c.shows(t, help("/login"),
		"Until the signature has verified, every refusal reads the same. After that it names the check that failed.",
		"jwt (string) The signed token, a compact JWS. White space around it is ignored.",
		"role (lowercase string) Name of the role to log in to. May be left out if config has a default_role, or chooses roles by role_selection.")
}

// TestCLI sets a mount up by hand, with the mistakes that people make.
func TestCLI(t *testing.T) {
	r := need(t)
	p := newIssuer(t)
	path := "auth/" + enableOurs(t, r.server, pathFor(t, "ours")).path
	c := newTerminal(t, r.server)
	ca := "oidc_discovery_ca_pem=@" + c.file(t, "ca.pem", p.CAPEM())
	jwt := "jwt=@" + c.file(t, "job.jwt", p.token(nil)+"\n")
	write := func(at string, args ...string) []string { return append([]string{"write", path + at}, args...) }

	_, err := r.server.CLI(t.Context(), "read", path+"/config")
	require.ErrorContains(t, err, "No value found at "+path+"/config")
	c.says(t, write("/login", "role=ci", jwt), "could not load configuration")
	c.says(t, write("/config", "bound_issuer=x"), "exactly one of 'jwt_validation_pubkeys', 'jwks_url', 'jwks_pairs' or 'oidc_discovery_url' must be set")
	host := strings.TrimPrefix(p.Issuer(), "https://")
	c.says(t, write("/config", "oidc_discovery_url="+p.DiscoveryURL()),
		"error checking oidc discovery URL: discovery document of "+host+": the TLS certificate is signed by an unknown authority; set the CA certificate of the issuer")
	c.shows(t, write("/config", "oidc_discovery_url="+p.DiscoveryURL(), ca), "Success! Data written to: "+path+"/config")
	c.shows(t, []string{"read", path + "/config"}, "oidc_discovery_url "+p.DiscoveryURL(), "bound_issuer n/a", "namespace_in_state true")

	c.says(t, write("/role/ci", "user_claim=sub"), "'allowed_redirect_uris' must be set if 'role_type' is 'oidc' or unspecified.")
	c.says(t, write("/role/ci", "role_type=jwt", "user_claim=sub"), "must have at least one bound constraint when creating/updating a role")
	c.says(t, write("/role/ci", "role_type=jwt", "user_claim=sub", "bound_claims=team=core"), `error converting input for field "bound_claims": the value is not of the field's type, or out of its range`)
	c.says(t, write("/role/ci", "role_type=jwt", "user_claim=sub", "bound_audiences=vault", "clock_skew_leeway=1h"),
		"'clock_skew_leeway' cannot be more than 300 seconds: a leeway is for clocks that differ, and a longer one keeps expired tokens alive")
	role := c.file(t, "role.json", `{"role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault", "bound_claims": {"team": ["core", "infra"]}, "token_policies": "deploy", "token_ttl": "10m"}`)
	c.shows(t, write("/role/ci", "@"+role), "Success! Data written to: "+path+"/role/ci")
	c.shows(t, write("/role/ci", "token_ttl=20m"), "Success!")
	c.shows(t, []string{"read", path + "/role/ci"}, "bound_audiences [vault]", "bound_claims map[team:[core infra]]", "role_type jwt", "token_policies [deploy]", "token_ttl 20m", "user_claim sub")
	c.shows(t, []string{"list", path + "/role"}, "Keys ---- ci")

	c.shows(t, write("/login", "role=ci", jwt), "token_duration 20m", "token_renewable true", `token_policies ["default" "deploy"]`, "token_meta_role ci")
	c.says(t, write("/login", jwt), "missing role")
	c.says(t, write("/login", "role=ci"), "missing token")
	c.says(t, write("/login", "role=no", jwt), refusedText)
	c.says(t, write("/login", "role=ci", "jwt=x.y.z"), refusedText)
	c.says(t, write("/login", "role=ci", "jwt="+p.token(object{"team": "sales"})), `error validating claims: claim "team" does not match any associated bound claim values`)
	c.says(t, []string{"login", "-method=oidc", "-path=" + strings.TrimPrefix(path, "auth/"), "role=ci", "skip_browser=true"}, "OIDC login is not configured for this mount")

	c.shows(t, []string{"delete", path + "/role/ci"}, "Success! Data deleted (if it existed) at: "+path+"/role/ci")
	c.says(t, write("/login", "role=ci", jwt), refusedText)
}
