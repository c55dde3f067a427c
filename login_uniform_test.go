// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"net/http"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// strangers are logins without a verified signature, one for each cause. They
// are also what the tests of logs and of fuzzing begin with.
func strangers(m *testMount) map[auth.Reason][2]string {
	m.t.Helper()
	i, good := m.issuer, payload(m.t, m.issuer.claims(nil))
	long := make([]byte, 17<<10)
	for n := range long {
		long[n] = 'A'
	}
	return map[auth.Reason][2]string{
		auth.TokenTooLong:     {"ci", string(long)},
		auth.TokenForm:        {"ci", i.token(nil) + "="},
		auth.TokenHeader:      {"ci", i.raw(i.header(`"crit":["exp"]`), good)},
		auth.TokenType:        {"ci", i.raw(`{"alg":"ES256","typ":"logout+jwt"}`, good)},
		auth.TokenAlgorithm:   {"ci", i.raw(`{"alg":"none"}`, good)},
		auth.TokenPayload:     {"ci", i.raw(i.header(""), `{"sub":"a","sub":"b"}`)},
		auth.RoleUnknown:      {"nobody", i.token(nil)},
		auth.RoleNotForLogin:  {"browser", i.token(nil)},
		auth.PeerAddress:      {"inside", i.token(nil)},
		auth.IssuerUnknown:    {"ci", i.token(map[string]any{"iss": "https://evil.test"})},
		auth.KeyUnknown:       {"ci", i.raw(`{"alg":"RS256"}`, good)},
		auth.SignatureInvalid: {"ci", forged(i.token(nil))},
	}
}

// newStrangersMount has a role for each cause that needs one.
func newStrangersMount(t *testing.T) *testMount {
	t.Helper()
	m := newReadyMount(t)
	m.write("role/browser", map[string]any{"user_claim": "sub", "allowed_redirect_uris": "https://vault.test/cb"})
	m.write("role/inside", jwtRole(map[string]any{"token_bound_cidrs": "10.0.0.0/8"}))
	return m
}

// Whatever the cause, a stranger gets the same answer, byte for byte and with
// the same status.
func TestLoginStrangersCannotTellCausesApart(t *testing.T) {
	t.Parallel()
	m := newStrangersMount(t)
	for reason, login := range strangers(m) {
		req := loginRequest(login[0], login[1])
		resp, err := m.handle(req)
		text, id := decisionOf(t, resp)
		require.Equal(t, refusedText, text, reason)
		require.Equal(t, logical.ErrorResponse(withDecision(refusedText, id)), resp, reason)
		status, _ := logical.RespondErrorCommon(req, resp, err)
		require.Equal(t, http.StatusBadRequest, status, reason)
		m.refuse(login[0], login[1], reason)
	}
	m.login("ci", m.issuer.token(nil))
}

// The list above is whole: it has each reason that is found before a signature
// has verified, but for keys that cannot be had, which login_keys_test.go has.
func TestLoginStrangersListIsWhole(t *testing.T) {
	t.Parallel()
	m := newStrangersMount(t)
	have := strangers(m)
	for _, reason := range everyReason(t) {
		asked := reason == auth.TokenInactive || reason == auth.IntrospectionFailed // in issuer_introspection_test.go
		if reason.BeforeSignature() && reason != auth.KeysUnavailable && !asked {
			require.Contains(t, have, reason)
		}
	}
}

// A role that is not there costs a stranger the same work as one that is: the
// token is verified all the same. A token that is no good is refused for that.
func TestLoginUnknownRoleIsVerifiedAllTheSame(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	for _, role := range []string{"ci", "nobody"} {
		m.refuse(role, forged(m.issuer.token(nil)), auth.SignatureInvalid)
		m.refuse(role, "hello", auth.TokenForm)
	}
	m.refuse("nobody", m.issuer.token(nil), auth.RoleUnknown)
	m.refuse("nobody", m.issuer.token(map[string]any{"aud": "x"}), auth.RoleUnknown)
}
