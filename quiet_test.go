// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/base64"
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// marked are logins with verified tokens that are refused, one for each
// cause. Each claim value has the mark, so that any trace of one is found.
func marked(m *testMount, mark string) map[auth.Reason]string {
	m.t.Helper()
	with := func(over map[string]any) string {
		return m.issuer.token(overlay(map[string]any{
			"sub": mark, "email": mark, "team": mark, "desk": mark, "groups": []any{mark}, "jti": mark, "other": mark, mark: mark,
		}, over))
	}
	return map[auth.Reason]string{
		auth.ClaimForm:       with(map[string]any{"jti": mark + "\n"}),
		auth.ClaimName:       with(map[string]any{"email": nil, "EMAIL": mark}),
		auth.Expired:         with(map[string]any{"exp": 1}),
		auth.ExpiryTooFar:    with(map[string]any{"exp": 253402300799}),
		auth.NotYetValid:     with(map[string]any{"nbf": 253402300799}),
		auth.IssuedInFuture:  with(map[string]any{"iat": 253402300799}),
		auth.Audience:        with(map[string]any{"aud": mark}),
		auth.Subject:         with(map[string]any{"sub": mark + "x"}),
		auth.ClaimMissing:    with(map[string]any{"team": nil}),
		auth.ClaimMismatch:   with(map[string]any{"team": mark + "x"}),
		auth.UserClaim:       with(map[string]any{"email": []any{mark}}),
		auth.GroupsClaim:     with(map[string]any{"groups": []any{mark, map[string]any{mark: mark}}}),
		auth.MetadataClaim:   with(map[string]any{"desk": []any{mark}}),
		auth.EmailUnverified: with(map[string]any{"email_verified": mark}),
		auth.AudienceNone:    with(nil), // with the role "unbound"
	}
}

// markedRole is a role that looks at the claims of marked tokens.
func markedRole(mark string) map[string]any {
	return jwtRole(map[string]any{
		"user_claim": "email", "groups_claim": "groups", "claim_mappings": map[string]any{"desk": "desk"},
		"bound_subject": mark, "bound_claims": map[string]any{"team": mark},
	})
}

// traces are the strings of a token that must not be found anywhere.
func traces(token string) []string {
	list := append(strings.Split(token, "."), token)
	return list[1:] // the header is the same for every token of an issuer
}

// TestNothingOfATokenIsLoggedOrAnswered refuses a login for every reason that
// there is and looks for what the tokens held in every answer and in all that
// was logged.
func TestNothingOfATokenIsLoggedOrAnswered(t *testing.T) {
	t.Parallel()
	const mark = "MARK-7f3a"
	m := newStrangersMount(t)
	role := markedRole(mark)
	m.write("role/marked", role)
	m.write("role/unbound", overlay(maps.Clone(role), map[string]any{"bound_audiences": nil}))

	var tokens []string
	answers := &strings.Builder{}
	for reason, token := range marked(m, mark) {
		name := "marked"
		if reason == auth.AudienceNone {
			name = "unbound"
		}
		answers.WriteString(m.refuse(name, token, reason) + "\n")
		tokens = append(tokens, token)
	}
	for reason, login := range strangers(m) {
		answers.WriteString(m.refuse(login[0], login[1], reason) + "\n")
		if strings.Count(login[1], ".") == 2 {
			tokens = append(tokens, login[1])
		}
	}
	for _, text := range []string{answers.String(), m.log.String()} {
		require.NotContains(t, text, mark)
		require.NotContains(t, text, base64.RawURLEncoding.EncodeToString([]byte(mark))[:8])
		for _, token := range tokens {
			for _, trace := range traces(token) {
				require.NotContains(t, text, trace)
			}
		}
	}
	require.Contains(t, m.log.String(), "logins were refused", "the log was captured")
}

// The list above is whole: it has every reason that a login can be refused for
// after its signature has verified.
func TestMarkedListIsWhole(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	have := marked(m, "x")
	elsewhere := map[auth.Reason]bool{
		auth.IdentityChanged: true, auth.ClaimsNotKept: true, auth.RoleGone: true, auth.ConfigGone: true, auth.RenewalNever: true, // at renewal
		auth.Revoked: true, auth.TokenReplayed: true, auth.ReplayFull: true, // in revocation_test.go and onetime_test.go
		auth.IssuerNotBound: true, auth.TokenTooOld: true, auth.SPIFFEID: true, // of named issuers
		auth.ProofMissing: true, auth.ProofInvalid: true, auth.ProofUnbound: true, auth.ProofUsed: true, // in role_proof_test.go
		auth.Condition: true, auth.ExpressionError: true, auth.PolicyNotAllowed: true, // of expressions, in role_rules_test.go
		auth.PolicyNotGranted: true,                                                                                                   // in fewer_test.go
		auth.RoleNone:         true, auth.RoleAmbiguous: true, auth.RoleConflict: true, auth.RoleUnusable: true, auth.RoleLimit: true, // in selection_test.go
	}
	for _, reason := range everyReason(t) {
		if reason != auth.Allowed && !reason.BeforeSignature() && !elsewhere[reason] {
			require.Contains(t, have, reason)
		}
	}
}

// A granted login tells its alias and metadata in the answer, and nothing in
// the log.
func TestNothingOfAGrantedLoginIsLogged(t *testing.T) {
	t.Parallel()
	const mark = "MARK-7f3a"
	m := newReadyMount(t)
	token := m.issuer.token(map[string]any{"sub": mark})
	m.renew(m.login("ci", token))
	for _, trace := range append(traces(token), mark) {
		require.NotContains(t, m.log.String(), trace)
	}
}

// Other paths take secrets as well. A value of the wrong type is refused
// without being quoted, by Vault's framework too (CVE-2025-4166).
func TestMalformedFieldsAreNotQuoted(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	secret := map[string]any{"k": "SECRET"}
	for _, c := range []struct {
		op          logical.Operation
		path, field string
	}{
		{logical.UpdateOperation, "config", "oidc_client_secret"},
		{logical.UpdateOperation, "config", "jwt_validation_pubkeys"},
		{logical.UpdateOperation, "config", "max_token_bytes"},
		{logical.UpdateOperation, "role/ci", "bound_subject"},
		{logical.UpdateOperation, "role/ci", "token_ttl"},
		{logical.UpdateOperation, "oidc/auth_url", "client_nonce"},
		{logical.UpdateOperation, "oidc/callback", "id_token"},
		{logical.ReadOperation, "oidc/callback", "code"},
	} {
		for _, value := range []any{secret, []any{secret}} {
			resp, err := m.handle(&logical.Request{Operation: c.op, Path: c.path, Data: map[string]any{c.field: value}})
			text := ""
			if err != nil {
				text = err.Error()
			} else {
				require.Error(t, resp.Error(), "%s %s", c.path, c.field)
				text = resp.Error().Error()
			}
			require.Contains(t, text, c.field)
			require.NotContains(t, text+m.log.String(), "SECRET", "%s %s", c.path, c.field)
		}
	}
}
