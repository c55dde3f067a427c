// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"strings"
	"testing"
)

// richRole uses what a role can bind and map.
func richRole() object {
	return with(plainRole(), object{
		"bound_subject":  "alice",
		"bound_claims":   object{"team": []any{"core", "infra"}, "level": 3, "admin": true, "/nested/a/b": "deep"},
		"claim_mappings": object{"email": "email", "/nested/a/b": "deep", "absent": "absent"},
		"groups_claim":   "groups",
		"token_policies": "a,b", "token_ttl": "10m", "token_max_ttl": "1h",
	})
}

func loginRoles() map[string]object {
	return map[string]object{
		"plain":   plainRole(),
		"rich":    richRole(),
		"noaud":   {"role_type": "jwt", "user_claim": "sub", "bound_subject": "alice"},
		"twoaud":  with(plainRole(), object{"bound_audiences": "other,vault"}),
		"browser": {"role_type": "oidc", "user_claim": "sub", "allowed_redirect_uris": "http://localhost:8250/oidc/callback"},
		"inside":  with(plainRole(), object{"token_bound_cidrs": "127.0.0.0/8"}),
		"outside": with(plainRole(), object{"token_bound_cidrs": "10.0.0.0/8"}),
		"email":   with(plainRole(), object{"user_claim": "email"}),
	}
}

// compareLoginRequests sends logins with odd fields, methods and tokens.
func compareLoginRequests(t *testing.T, b *bench) {
	bare := b.newPair(t, "bare", nil)
	token := b.issuer.token(nil)
	b.run(t, bare, script{"not configured", []step{login("plain", token)}})
	b.run(t, bare, script{"not configured, no role", []step{loginWith(object{"jwt": token})}})
	b.run(t, bare, script{"not configured, no token", []step{loginWith(object{})}})
	b.roles(t, bare, loginRoles())
	b.run(t, bare, script{"roles but no configuration", []step{login("plain", token)}})

	p := b.newPair(t, "", b.issuer.static())
	b.roles(t, p, loginRoles())
	for _, name := range append(sortedNames(loginRoles()), "none", "PLAIN", " plain", "plain ", "", "a/b", "ſ", strings.Repeat("r", 1000)) {
		b.run(t, p, script{"role " + shorten(name), []step{login(name, token), lookup(), entity()}})
		b.run(t, p, script{"role without token " + shorten(name), []step{login(name, "")}})
		b.run(t, p, script{"role with a bad token " + shorten(name), []step{login(name, "x.y.z")}})
	}
	odd := []any{nil, 5, 1.5, true, []any{}, []any{token}, []any{"plain"}, object{}, object{"a": "b"}, " "}
	for _, value := range odd {
		b.run(t, p, script{"odd role " + shown(value), []step{loginWith(object{"role": value, "jwt": token})}})
		b.run(t, p, script{"odd token " + shorten(shown(value)), []step{loginWith(object{"role": "plain", "jwt": value})}})
		b.run(t, p, script{"odd access token " + shorten(shown(value)), []step{loginWith(object{"role": "plain", "jwt": token, "distributed_claim_access_token": value})}})
		b.run(t, p, script{"unknown field " + shorten(shown(value)), []step{loginWith(object{"role": "plain", "jwt": token, "other": value, "another": 1})}})
	}
	for _, body := range []string{``, `{`, `[]`, `"x"`, `null`, `5`, `{"role":"plain","role":"rich","jwt":"` + token + `"}`, `{"ROLE":"plain","jwt":"` + token + `"}`, `{"role":"plain","jwt":"` + token + `"} trailing`, "role=plain&jwt=" + token} {
		b.run(t, p, script{"body " + shorten(body), []step{loginWith([]byte(body))}})
	}
	compareWhiteSpace(t, b, p, token)
	compareTransport(t, b, p, token)
	b.run(t, p, script{"default role", []step{
		loginWith(object{"jwt": token}),
		write("config", with(b.issuer.static(), object{"default_role": "Plain"})),
		loginWith(object{"jwt": token}), loginWith(object{"jwt": token, "role": ""}), login("rich", token),
		write("config", with(b.issuer.static(), object{"default_role": "none"})),
	}})
	b.run(t, p, script{"default role that is not there", []step{loginWith(object{"jwt": token})}})
	b.run(t, p, script{"deleted role", []step{remove("role/plain"), login("plain", token)}})
	b.run(t, p, script{"recreated role", []step{write("role/plain", plainRole()), login("plain", token), lookup()}})
}

// compareWhiteSpace puts characters around and into a token.
func compareWhiteSpace(t *testing.T, b *bench, p pair, token string) {
	t.Helper()
	for _, c := range []string{" ", "\n", "\t", "\r\n", "\r", "\v", "\f", "\u00a0", "\u200b", "\ufeff", "\x00", "=", ".", `"`, "'", "Bearer ", "  \n\t"} {
		parts := strings.Split(token, ".")
		for name, text := range map[string]string{
			"before": c + token, "after": token + c, "around": c + token + c,
			"before a dot": parts[0] + c + "." + parts[1] + "." + parts[2],
			"after a dot":  parts[0] + "." + c + parts[1] + "." + parts[2],
			"in the claims": parts[0] + "." + parts[1][:8] + c + parts[1][8:] + "." + parts[2],
			"in the signature": parts[0] + "." + parts[1] + "." + parts[2][:8] + c + parts[2][8:],
		} {
			b.run(t, p, script{"white space " + shown(c) + " " + name, []step{login("plain", text)}})
		}
	}
}

// compareTransport sends logins in other ways.
func compareTransport(t *testing.T, b *bench, p pair, token string) {
	t.Helper()
	body := object{"role": "plain", "jwt": token}
	for _, r := range []request{
		{method: "PUT", body: body},
		{method: "POST", body: body, token: b.issuer.Issuer()},
		{method: "POST", body: body, token: p.theirs.root},
		{method: "POST", body: body, header: map[string]string{"X-Vault-Request": "true"}},
		{method: "POST", body: body, header: map[string]string{"X-Vault-Wrap-TTL": "60s"}},
		{method: "POST", body: object{"role": "plain", "jwt": "x"}, header: map[string]string{"X-Vault-Wrap-TTL": "60s"}},
		{method: "POST", body: body, header: map[string]string{"X-Vault-Namespace": "none"}},
		{method: "POST", body: body, header: map[string]string{"Authorization": "Bearer x"}},
		{method: "POST", body: body, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
		{method: "POST", body: []byte("role=plain&jwt=" + token), header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
	} {
		b.run(t, p, script{"transport", []step{{what: r.method + " " + shown(r.header), run: func(t *testing.T, s *side) answer {
			r.path = s.at("login")
			return s.send(t, r)
		}}}})
	}
}
