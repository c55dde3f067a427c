// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import "testing"

// comparePaths asks every path for every operation, before and after there is
// something to find.
func comparePaths(t *testing.T, b *bench) {
	p := b.newPair(t, "", nil)
	role := object{"role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault"}
	paths := []string{
		"", "config", "config/", "configs", "config/x", "role", "role/", "role/r", "role/r/", "role/r/x", "roles", "login", "login/", "login/x",
		"oidc/auth_url", "oidc/auth_url/", "oidc/callback", "oidc", "oidc/poll", "ui", "unknown",
	}
	var steps []step
	for _, path := range paths {
		// HEAD and OPTIONS are answered by Vault itself.
		for _, method := range []string{"GET", "LIST", "DELETE", "POST", "PUT", "PATCH", "HEAD", "OPTIONS"} {
			steps = append(steps, admin(method, path, nil), admin(method, path, object{}))
		}
		steps = append(steps, admin("GET", path+"?list=true", nil), admin("POST", path, object{"unknown_field": 1}))
	}
	for _, st := range steps {
		b.run(t, p, script{"unconfigured", []step{st}})
	}
	b.run(t, p, script{"configure", []step{write("config", b.issuer.static()), write("role/r", role)}})
	for _, st := range steps {
		b.run(t, p, script{"configured", []step{st.allowing("partial-update-keeps")}})
		b.run(t, p, script{"restore", []step{admin("PUT", "role/r", role)}})
	}
	compareHelp(t, b, p)
}

// compareHelp compares what OpenAPI clients are generated from: paths,
// operations and their names, fields and their types.
func compareHelp(t *testing.T, b *bench, p pair) {
	t.Helper()
	for _, path := range []string{"config", "role", "role/r", "login", "oidc/auth_url", "oidc/callback"} {
		st := admin("GET", path+"?help=1", nil)
		b.run(t, p, script{"openapi", []step{{what: "help for " + path, run: func(t *testing.T, s *side) answer {
			a := st.run(t, s)
			a.body, _ = withoutProse(a.body["openapi"]).(object)
			return a
		}}}})
	}
}

// withoutProse removes the texts for people.
func withoutProse(v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for name, value := range v {
			if _, prose := value.(string); prose && (name == "description" || name == "summary") {
				continue
			}
			out[name] = withoutProse(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = withoutProse(value)
		}
		return out
	}
	return v
}
