// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"slices"
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
		"browser": {"role_type": "oidc", "user_claim": "sub", "allowed_redirect_uris": redirect},
		"inside":  with(plainRole(), object{"token_bound_cidrs": "127.0.0.0/8"}),
		"outside": with(plainRole(), object{"token_bound_cidrs": "10.0.0.0/8"}),
		"email":   with(plainRole(), object{"user_claim": "email"}),
	}
}

// compareRequests sends logins with odd fields, methods and tokens.
func compareRequests(t *testing.T, b *bench) {
	bare := b.newPair(t, "bare", nil)
	token := b.issuer.token(nil)
	for _, body := range []object{{"role": "plain", "jwt": token}, {"jwt": token}, {}} {
		b.run(t, bare, script{"not configured", []step{loginWith(body)}})
	}
	b.roles(t, bare, loginRoles())
	b.run(t, bare, script{"roles but no configuration", []step{login("plain", token)}})

	p := b.newPair(t, "", b.issuer.static())
	b.roles(t, p, loginRoles())
	names := append(sortedNames(loginRoles()), "none", "PLAIN", " plain", "plain ", "", "a/b", "..", "ſ", strings.Repeat("r", 1000))
	for _, name := range names {
		b.run(t, p, script{"role " + shorten(name), []step{login(name, token), lookup(), entity()}})
		b.run(t, p, script{"role without token " + shorten(name), []step{login(name, "")}})
		b.run(t, p, script{"role with a bad token " + shorten(name), []step{login(name, "x.y.z")}})
	}
	compareOddFields(t, b, p, token)
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

// compareOddFields sends values of other types, and bodies that are no object.
func compareOddFields(t *testing.T, b *bench, p pair, token string) {
	t.Helper()
	for _, value := range []any{nil, 5, 1.5, true, []any{}, []any{token}, []any{"plain"}, object{}, object{"a": "b"}, " "} {
		var must []string
		switch value.(type) {
		case int, float64, bool:
			must = []string{"login-fields"}
		}
		b.run(t, p, script{"odd role " + shown(value), []step{loginWith(object{"role": value, "jwt": token})}})
		b.run(t, p, script{"odd token " + shown(value), []step{loginWith(object{"role": "plain", "jwt": value})}})
		b.run(t, p, script{"odd access token " + shown(value), []step{loginWith(object{"role": "plain", "jwt": token, "distributed_claim_access_token": value}, must...)}})
		b.run(t, p, script{"unknown field " + shown(value), []step{loginWith(object{"role": "plain", "jwt": token, "other": value, "another": 1})}})
	}
	for _, body := range []string{
		``, `{`, `[]`, `"x"`, `null`, `5`, `{"role":"plain","role":"rich","jwt":"` + token + `"}`, `{"ROLE":"plain","jwt":"` + token + `"}`,
		`{"role":"plain","jwt":"` + token + `"} trailing`, "role=plain&jwt=" + token,
	} {
		b.run(t, p, script{"body " + shorten(body), []step{loginWith([]byte(body))}})
	}
}

// compareWhiteSpace puts characters around and into a token.
func compareWhiteSpace(t *testing.T, b *bench, p pair, token string) {
	t.Helper()
	parts := strings.Split(token, ".")
	both := []string{" ", "\n", "\t", "\r\n", "\r", "  \n\t"}
	theirsAlone := []string{"\v", "\f", "\u00a0"} // white space to Unicode
	for _, c := range slices.Concat(both, theirsAlone, []string{"\u200b", "\ufeff", "\x00", ".", `"`, "'", "Bearer "}) {
		var outside, inside []string
		if slices.Contains(theirsAlone, c) {
			outside = []string{"token-space"}
		}
		if slices.Contains(slices.Concat(both, theirsAlone), c) {
			inside = []string{"token-space"}
		}
		at := func(name, text string, must []string) {
			b.run(t, p, script{"white space " + shown(c) + " " + name, []step{login("plain", text, must...)}})
		}
		at("before", c+token, outside)
		at("after", token+c, outside)
		at("around", c+token+c, outside)
		at("before a dot", parts[0]+c+"."+parts[1]+"."+parts[2], inside)
		at("after a dot", parts[0]+"."+c+parts[1]+"."+parts[2], inside)
		at("in the claims", parts[0]+"."+parts[1][:8]+c+parts[1][8:]+"."+parts[2], inside)
		at("in the signature", parts[0]+"."+parts[1]+"."+parts[2][:8]+c+parts[2][8:], inside)
	}
}

// compareTransport sends logins in other ways.
func compareTransport(t *testing.T, b *bench, p pair, token string) {
	t.Helper()
	body := object{"role": "plain", "jwt": token}
	header := func(name, value string) request {
		return request{method: "POST", body: body, header: map[string]string{name: value}}
	}
	for _, r := range []request{
		{method: "PUT", body: body},
		{method: "POST", body: body, token: "unknown"},
		{method: "POST", body: body, token: p.theirs.root},
		header("X-Vault-Request", "true"),
		header("X-Vault-Wrap-TTL", "60s"),
		{method: "POST", body: object{"role": "plain", "jwt": "x"}, header: map[string]string{"X-Vault-Wrap-TTL": "60s"}},
		header("X-Vault-Namespace", "none"),
		header("Authorization", "Bearer x"),
		header("Content-Type", "application/x-www-form-urlencoded"),
		header("Content-Type", "application/merge-patch+json"),
		{method: "POST", body: []byte("role=plain&jwt=" + token), header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
	} {
		b.run(t, p, script{"transport", []step{{what: r.method + " " + shown(r.header), run: func(t *testing.T, s *side) answer {
			r.path = s.at("login")
			return s.send(t, r)
		}}}})
	}
}
