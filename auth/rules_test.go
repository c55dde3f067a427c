// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
)

func ruled(x Expressions) RoleSpec {
	return RoleSpec{Name: "r", UserClaim: "sub", BoundAudiences: []string{"vault"}, Expressions: x}
}

func TestRuleErrorsNameTheField(t *testing.T) {
	for field, x := range map[string]Expressions{
		"condition: line 1, column 1: ":           {Condition: `clams.a`},
		"policies_expression: line 1, column 1: ": {Policies: `claims.a == 1`, AllowedPolicies: []string{"*"}},
		"user_expression: line 1, column 1: ":     {User: `1`},
		"groups_expression: line 1, column 1: ":   {Groups: `"a"`},
		"metadata_expression: line 1, column 1: ": {Metadata: `["a"]`},
		"allowed_policies: required with":         {Policies: `["a"]`},
	} {
		_, err := CompileRole(ruled(x))
		require.ErrorContains(t, err, field)
	}
	role, err := CompileRole(ruled(Expressions{Policies: `["a"]`, AllowedPolicies: make([]string, 65)}))
	require.NoError(t, err)
	require.ErrorContains(t, role.CheckLimits(), "allowed_policies: at most 64")
}

// A role in storage whose expression this version cannot compile admits nobody.
func TestBrokenRuleAdmitsNobody(t *testing.T) {
	s, now := newSigner(t), time.Unix(1_700_000_000, 0)
	for field, x := range map[string]Expressions{
		FieldCondition: {Condition: `claims.sub.vanished()`},
		FieldPolicies:  {Policies: `vanished()`, AllowedPolicies: []string{"*"}},
		FieldUser:      {User: `)`},
		FieldGroups:    {Groups: `)`},
		FieldMetadata:  {Metadata: `)`},
	} {
		role, err := CompileRole(ruled(x))
		require.Error(t, err)
		d := s.login(t, role, json.RawMessage(`{}`), now)
		require.Equal(t, ExpressionError, d.Reason)
		require.Equal(t, field, d.About)
	}
	role, err := CompileRole(ruled(Expressions{Condition: `claims.sub == "example"`}))
	require.NoError(t, err)
	require.True(t, s.login(t, role, json.RawMessage(`{}`), now).Allowed())
}

// Claims come first, then the condition, identity and grant: of several faults
// the earliest is told.
func TestOrder(t *testing.T) {
	s, now := newSigner(t), time.Unix(1_700_000_000, 0)
	claims := map[string]any{"a": "x", "c": "no", "u": "", "p": "root"}
	spec := ruled(Expressions{Condition: `claims.c == "yes"`, User: `claims.u`, Policies: `[claims.p]`, AllowedPolicies: []string{"*"}})
	spec.BoundClaims = map[string]any{"a": "b"}
	role, err := CompileRole(spec)
	require.NoError(t, err)
	for _, step := range []struct {
		want       Reason
		fix, value string
	}{
		{ClaimMismatch, "a", "b"}, {Condition, "c", "yes"}, {UserClaim, "u", "kim"}, {PolicyNotAllowed, "p", "ok"}, {Allowed, "", ""},
	} {
		text, err := json.Marshal(claims)
		require.NoError(t, err)
		require.Equal(t, step.want, s.login(t, role, text, now).Reason)
		claims[step.fix] = step.value
	}
}

// Row M5: limits of metadata.
func TestMetadataLimits(t *testing.T) {
	s, now := newSigner(t), time.Unix(1_700_000_000, 0)
	pairs := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(`"k%d": "v"`, i)
		}
		return "{" + strings.Join(list, ",") + "}"
	}
	for name, c := range map[string]struct {
		source, claims string
		want           Reason
	}{
		"32 pairs":           {pairs(32), `{}`, Allowed},
		"33 pairs":           {pairs(33), `{}`, MetadataClaim},
		"512 bytes":          {`{"k": claims.v}`, `{"v":"` + strings.Repeat("a", 512) + `"}`, Allowed},
		"513 bytes":          {`{"k": claims.v}`, `{"v":"` + strings.Repeat("a", 513) + `"}`, MetadataClaim},
		"key of 128 bytes":   {`{claims.v: "v"}`, `{"v":"` + strings.Repeat("a", 128) + `"}`, Allowed},
		"key of 129 bytes":   {`{claims.v: "v"}`, `{"v":"` + strings.Repeat("a", 129) + `"}`, MetadataClaim},
		"empty key":          {`{"": "v"}`, `{}`, MetadataClaim},
		"role":               {`{"role": "v"}`, `{}`, MetadataClaim},
		"wildcard":           {`{"k": "*"}`, `{}`, MetadataClaim},
		"slash":              {`{"k": "a/b"}`, `{}`, MetadataClaim},
		"comma":              {`{"k": "a,b"}`, `{}`, MetadataClaim},
		"end of a template":  {`{"k": "a}}"}`, `{}`, MetadataClaim},
		"one dot, one brace": {`{"k": "a.b {c}"}`, `{}`, Allowed},
	} {
		role, err := CompileRole(ruled(Expressions{Metadata: c.source}))
		require.NoError(t, err, name)
		require.Equal(t, c.want, s.login(t, role, json.RawMessage(c.claims), now).Reason, name)
	}
}

func TestRenewalSeesTheLoginsHeader(t *testing.T) {
	s, now := newSigner(t), time.Unix(1_700_000_000, 0)
	role, err := CompileRole(ruled(Expressions{Condition: `header.kid == "k1" && header.alg == "ES256" && header.typ == "jwt"`}))
	require.NoError(t, err)
	d := s.login(t, role, json.RawMessage(`{}`), now)
	require.True(t, d.Allowed())
	require.Equal(t, &expr.Header{Algorithm: "ES256", KeyID: "k1", Type: "jwt"}, d.Header)

	renewal := Renewal{Payload: d.Payload, Header: d.Header, Now: now}
	require.True(t, Recheck(t.Context(), renewal, &s.issuers, role).Allowed())
	renewal.Header = nil
	require.Equal(t, ExpressionError, Recheck(t.Context(), renewal, &s.issuers, role).Reason, "a token that was issued before the role read the header")

	stricter, err := CompileRole(ruled(Expressions{Condition: `now < timestamp(1700000010)`}))
	require.NoError(t, err)
	require.True(t, Recheck(t.Context(), renewal, &s.issuers, stricter).Allowed())
	renewal.Now = now.Add(time.Minute)
	require.Equal(t, Condition, Recheck(t.Context(), renewal, &s.issuers, stricter).Reason, "the time is that of the renewal")
}
