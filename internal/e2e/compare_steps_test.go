// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// admin is a request of the operator to a path of the mount.
func admin(method, path string, body any, must ...string) step {
	return step{
		what: method + " " + path + " " + brief(body),
		run:  func(t *testing.T, s *side) answer { return s.asRoot(t, method, s.at(path), body) },
		must: must,
	}
}

func write(path string, body any, must ...string) step { return admin("POST", path, body, must...) }
func read(path string, must ...string) step            { return admin("GET", path, nil, must...) }
func list(path string) step                            { return admin("LIST", path, nil) }
func remove(path string) step                          { return admin("DELETE", path, nil) }

// login is a login with a role and a token, without a Vault token.
func login(role, token string, must ...string) step {
	return loginWith(object{"role": role, "jwt": token}, must...)
}

// loginWith is a login with any body.
func loginWith(body any, must ...string) step {
	return step{
		what: "login " + brief(body),
		run: func(t *testing.T, s *side) answer {
			return s.send(t, request{method: "POST", path: s.at("login"), body: body})
		},
		must: must,
	}
}

// lookup reads the token of the last login, as root: that spends no use.
//
// Vault revokes a token after its last use by and by, and shows it to a look-up
// until then, with -1 uses. That is waited for: it says nothing of the method.
func lookup() step {
	return step{what: "look up the token", run: func(t *testing.T, s *side) answer {
		look := func() answer { return s.asRoot(t, "POST", "auth/token/lookup", object{"token": s.token}) }
		a := look()
		for waited := time.Now(); a.data()["num_uses"] == json.Number("-1"); a = look() {
			require.Less(t, time.Since(waited), 10*time.Second, "a token that was used up is not revoked")
		}
		return a
	}}
}

func lookupSelf() step {
	return step{what: "look up myself", run: func(t *testing.T, s *side) answer {
		return s.send(t, request{method: "GET", path: "auth/token/lookup-self", token: s.token})
	}}
}

func renew(increment string, must ...string) step {
	return step{what: "renew by " + increment, must: must, run: func(t *testing.T, s *side) answer {
		return s.send(t, request{method: "POST", path: "auth/token/renew-self", token: s.token, body: object{"increment": increment}})
	}}
}

func revokeSelf() step {
	return step{what: "revoke myself", run: func(t *testing.T, s *side) answer {
		return s.send(t, request{method: "POST", path: "auth/token/revoke-self", token: s.token})
	}}
}

// entity reads the entity of the last login, with its alias.
func entity() step {
	return step{what: "read the entity", run: func(t *testing.T, s *side) answer {
		a := s.asRoot(t, "GET", "identity/entity/id/"+s.entity, nil)
		delete(a.data(), "name") // made of the id
		return a
	}}
}

// allowing adds differences that may show at a step.
func (s step) allowing(ids ...string) step {
	s.may = append(s.may, ids...)
	return s
}

// during makes an endpoint of the provider misbehave while the step runs, for
// each side anew.
func (s step) during(p *issuer, endpoint idp.Endpoint, fault idp.Fault) step {
	run := s.run
	s.run = func(t *testing.T, at *side) answer {
		p.SetFault(endpoint, fault)
		defer p.ClearFaults()
		return run(t, at)
	}
	return s
}

// brief shows a request in a report, without the length of a token or a key.
func brief(body any) string {
	if body == nil {
		return ""
	}
	if raw, ok := body.([]byte); ok {
		return shorten(string(raw))
	}
	if fields, ok := body.(object); ok {
		out := object{}
		for name, value := range fields {
			out[name] = value
			if text, ok := value.(string); ok {
				out[name] = shorten(text)
			}
		}
		body = out
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func shorten(text string) string {
	const longest = 300
	if len(text) <= longest {
		return text
	}
	return text[:longest/2] + "…" + text[len(text)-20:]
}
