// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
)

// selectable is a role that the ordinary claims satisfy.
func selectable(name string, priority int, change func(*RoleSpec)) RoleSpec {
	spec := RoleSpec{Name: name, UserClaim: "sub", BoundAudiences: []string{"vault"}, AutoSelect: true, Priority: priority}
	if change != nil {
		change(&spec)
	}
	return spec
}

// sel runs a login that names no role.
func (f *fixture) sel(mode Mode, token string, specs ...RoleSpec) (Decision, []string) {
	f.t.Helper()
	var all []*Role
	for _, spec := range specs {
		r, err := CompileRole(spec)
		if !strings.HasPrefix(spec.Name, "broken") {
			require.NoError(f.t, err)
		}
		all = append(all, r)
	}
	d, chosen := Select(context.Background(), Request{token, Circumstances{Peer: "192.0.2.10", Now: f.now}}, f.issuers, indexOf(all...), mode)
	var names []string
	for _, r := range chosen {
		names = append(names, r.name)
	}
	require.Equal(f.t, d.Allowed(), names != nil)
	return d, names
}

func ofSubject(subject string) func(*RoleSpec) {
	return func(s *RoleSpec) { s.BoundSubject = subject }
}

func TestMatchTakesTheHighestPriorityThatPasses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, c := range map[string]struct {
		roles  []RoleSpec
		want   string
		reason Reason
	}{
		"the only one":                {[]RoleSpec{selectable("a", 0, nil)}, "a", Allowed},
		"higher":                      {[]RoleSpec{selectable("a", 1, nil), selectable("b", 2, nil)}, "b", Allowed},
		"below zero":                  {[]RoleSpec{selectable("a", -1, nil), selectable("b", -2, nil)}, "a", Allowed},
		"higher does not pass":        {[]RoleSpec{selectable("a", 1, nil), selectable("b", 2, ofSubject("bob"))}, "a", Allowed},
		"tie":                         {[]RoleSpec{selectable("a", 1, nil), selectable("b", 1, nil), selectable("c", 0, nil)}, "", RoleAmbiguous},
		"tie below":                   {[]RoleSpec{selectable("a", 1, nil), selectable("b", 1, nil), selectable("c", 2, nil)}, "c", Allowed},
		"tie of which one fails":      {[]RoleSpec{selectable("a", 1, nil), selectable("b", 1, ofSubject("bob"))}, "a", Allowed},
		"none":                        {nil, "", RoleNone},
		"none passes":                 {[]RoleSpec{selectable("a", 0, ofSubject("bob"))}, "", RoleNone},
		"not to be chosen":            {[]RoleSpec{selectable("a", 0, func(s *RoleSpec) { s.AutoSelect = false })}, "", RoleNone},
		"for browsers":                {[]RoleSpec{selectable("a", 0, func(s *RoleSpec) { s.BrowserOnly = true })}, "", RoleNone},
		"another address":             {[]RoleSpec{selectable("a", 0, func(s *RoleSpec) { s.BoundCIDRs = []string{"10.0.0.0/8"} })}, "", RoleNone},
		"the address":                 {[]RoleSpec{selectable("a", 0, func(s *RoleSpec) { s.BoundCIDRs = []string{"192.0.2.0/24"} })}, "a", Allowed},
		"another issuer":              {[]RoleSpec{selectable("a", 0, func(s *RoleSpec) { s.BoundIssuers = []string{"other"} })}, "", RoleNone},
		"condition":                   {[]RoleSpec{selectable("a", 0, nil), selectable("b", 9, func(s *RoleSpec) { s.Condition = "claims.nothing == 1" })}, "a", Allowed},
		"condition knows its role":    {[]RoleSpec{selectable("a", 0, func(s *RoleSpec) { s.Condition = `role.name == "a"` }), selectable("b", 9, func(s *RoleSpec) { s.Condition = `role.name == "a"` })}, "a", Allowed},
		"a part that cannot be read":  {[]RoleSpec{selectable("a", 0, nil), selectable("broken", 9, func(s *RoleSpec) { s.Condition = "(" })}, "", RoleUnusable},
		"one that would not count":    {[]RoleSpec{selectable("a", 9, nil), selectable("broken", 0, func(s *RoleSpec) { s.Condition = "(" })}, "a", Allowed},
		"one for another subject":     {[]RoleSpec{selectable("a", 0, nil), selectable("broken", 9, func(s *RoleSpec) { s.Condition, s.BoundSubject = "(", "bob" })}, "a", Allowed},
		"an address that is no block": {[]RoleSpec{selectable("a", 0, nil), selectable("broken", 9, func(s *RoleSpec) { s.BoundCIDRs = []string{"?"} })}, "", RoleUnusable},
	} {
		d, chosen := f.sel(Match, f.token(""), c.roles...)
		require.Equal(t, c.reason, d.Reason, name)
		if c.want != "" {
			require.Equal(t, []string{c.want}, chosen, name)
			require.Equal(t, c.want, d.Identity.Metadata["role"], name)
			require.NotEmpty(t, d.Payload, name)
		}
	}
	d, _ := f.sel(Match, f.token(""), selectable("b", 1, nil), selectable("a", 1, nil))
	require.Equal(t, []string{"a", "b"}, d.Roles, "the refusal names both")
}

// What a login that names a role gives, choosing that role gives too.
func TestChosenRoleDecidesAsNamed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	spec := selectable("a", 0, func(s *RoleSpec) {
		s.GroupsClaim, s.ClaimMappings = "g", map[string]string{"team": "team"}
		s.Condition, s.Policies, s.AllowedPolicies = `header.alg == "EdDSA"`, `["p"]`, []string{"p"}
	})
	token := f.token(`"g":["x"],"team":"blue"`)
	named := f.decideFrom(token, "192.0.2.10", compiled(t, spec))
	require.True(t, named.Allowed())
	for _, mode := range []Mode{Match, Union} {
		d, _ := f.sel(mode, token, spec, selectable("b", 5, ofSubject("bob")))
		require.Equal(t, named, d)
	}
}

// Nothing of the roles is told, nor asked, before the signature has verified;
// what is wrong with a token by itself is told afterwards.
func TestSelectionOfBadTokens(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	role := selectable("a", 0, nil)
	for token, want := range map[string]Reason{
		"x.y.z":                         TokenForm,
		f.raw(`{"alg":"EdDSA"}`, `{}`):  TokenPayload,
		f.token(`"iss":"https://evil"`): TokenPayload, // twice
		f.raw(`{"alg":"none"}`, `{}`):   TokenAlgorithm,
		f.raw(`{"alg":"EdDSA"}`, `{"iss":"https://issuer.test","sub":"alice","aud":"vault","exp":1}`):                      Expired,
		f.raw(`{"alg":"EdDSA"}`, `{"iss":"https://issuer.test","aud":"vault","exp":1893456600}`):                           ClaimForm,
		f.raw(`{"alg":"EdDSA"}`, `{"iss":"https://issuer.test","sub":"alice","Sub":"bob","aud":"vault","exp":1893456600}`): TokenPayload,
		f.raw(`{"alg":"EdDSA"}`, `{"iss":"https://issuer.test","sub":"alice","aud":"elsewhere","exp":1893456600}`):         RoleNone,
		f.raw(`{"alg":"EdDSA"}`, `{"iss":"https://issuer.test","sub":"alice","aud":"vault","JTI":"bob","exp":1893456600}`): ClaimName,
	} {
		d, _ := f.sel(Match, token, role)
		require.Equal(t, want, d.Reason, token)
	}
	other := newFixture(t)
	other.private = keyOf(9)
	d, _ := f.sel(Match, other.token(""), role)
	require.Equal(t, SignatureInvalid, d.Reason)
	d, _ = f.sel(Match, f.token(""), role)
	require.Equal(t, Allowed, d.Reason)
}

// All roles of a login share the limits of its expressions. Whoever makes a
// role too costly to judge does not get the next one.
func TestSelectionSharesTheLimitsOfALogin(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	list := strings.TrimSuffix(strings.Repeat(`"x",`, 900), ",")
	costly := func(s *RoleSpec) { s.Condition = `claims.l.all(a, claims.l.exists(b, b == "y") || a == "x")` }
	var specs []RoleSpec
	each := expr.ExpressionCost
	d, _ := f.sel(Union, f.token(`"l":[`+list+`]`), selectable("a", 9, costly), selectable("b", 0, nil))
	require.Equal(t, RoleLimit, d.Reason, "one expression above its limit of %d", each)

	matching := func(s *RoleSpec) { s.Condition = `(claims.group + "/" + claims.note).matches("^contractors/")` }
	held := []RoleSpec{selectable("held", 9, matching), selectable("all", 0, nil)}
	for group, role := range map[string]string{"contractors": "held", "staff": "all"} {
		_, got := f.sel(Match, f.token(`"group":"`+group+`","note":"`+strings.Repeat("x", 8000)+`"`), held...)
		require.Equal(t, []string{role}, got)
		d, _ = f.sel(Match, f.token(`"group":"`+group+`","note":"`+strings.Repeat("x", 8190)+`"`), held...)
		require.Equal(t, RoleLimit, d.Reason, "a text too long for a regular expression")
	}
	growing := func(s *RoleSpec) {
		s.Expressions.Policies, s.Expressions.AllowedPolicies = `claims.l + claims.l + claims.l`, []string{"*"}
	}
	d, _ = f.sel(Match, f.token(`"l":[`+list+`]`), selectable("a", 9, growing), selectable("b", 0, nil))
	require.Equal(t, RoleLimit, d.Reason, "a list that is too long")

	cheap := func(s *RoleSpec) { s.Condition = `claims.l.all(a, a == "x")` }
	for n := range 30 {
		specs = append(specs, selectable(fmt.Sprint("r", n), n, cheap))
	}
	d, _ = f.sel(Union, f.token(`"l":["x"]`), specs...)
	require.Equal(t, Allowed, d.Reason)
	for n := range 300 {
		specs = append(specs, selectable(fmt.Sprint("s", n), n, func(s *RoleSpec) { s.Condition = `!claims.l.all(a, a == "x")` }))
	}
	d, _ = f.sel(Union, f.token(`"l":[`+list+`]`), specs...)
	require.Equal(t, RoleLimit, d.Reason, "together above %d", expr.LoginCost)
}

func TestSelectionBoundsTheRolesItJudges(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var specs []RoleSpec
	for n := range MaxJudged {
		specs = append(specs, selectable(fmt.Sprint("r", n), 0, func(s *RoleSpec) { s.BoundClaims = map[string]any{"x": []any{}} }))
		specs[n].BoundClaims, specs[n].BoundClaimsGlob = map[string]any{"x": "no*"}, true
	}
	specs[7].Priority, specs[7].BoundClaims = 1, nil
	d, chosen := f.sel(Match, f.token(`"x":"a"`), specs...)
	require.Equal(t, Allowed, d.Reason)
	require.Equal(t, []string{"r7"}, chosen)
	d, _ = f.sel(Match, f.token(`"x":"a"`), append(specs, selectable("one-more", 0, nil))...)
	require.Equal(t, RoleLimit, d.Reason)
}

func TestJudgeEach(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	roles := []*Role{
		compiled(t, selectable("a", 0, nil)), compiled(t, selectable("b", 0, ofSubject("bob"))),
		compiled(t, selectable("c", 0, func(s *RoleSpec) { s.AutoSelect, s.Condition = false, `role.name == "c"` })),
		compiled(t, selectable("d", 0, func(s *RoleSpec) { s.BoundCIDRs = []string{"10.0.0.0/8"} })),
	}
	verdicts := JudgeEach(f.verified(f.token("")), Circumstances{Peer: "192.0.2.10", Now: f.now}, roles)
	for n, want := range []Reason{Allowed, Subject, Allowed, PeerAddress} {
		require.Same(t, roles[n], verdicts[n].Role)
		require.Equal(t, want, verdicts[n].Decision.Reason)
	}
}

// A role that cannot be read in part does not hide what is wrong with the token.
func TestBrokenRoleAndExpiredToken(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	broken := selectable("broken", 9, func(s *RoleSpec) { s.Condition = "(" })
	expired := f.raw(`{"alg":"EdDSA"}`, `{"iss":"https://issuer.test","sub":"alice","aud":"vault","exp":1}`)
	d, _ := f.sel(Match, expired, broken)
	require.Equal(t, Expired, d.Reason)
	d, _ = f.sel(Match, f.token(""), broken)
	require.Equal(t, RoleUnusable, d.Reason)
}
