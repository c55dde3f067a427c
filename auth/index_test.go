// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// indexOf files the roles one by one.
func indexOf(roles ...*Role) *Index {
	var x *Index
	for _, r := range roles {
		e := x.Edit()
		e.Add(r)
		x = e.Done()
	}
	return x
}

// verified is the fixture's token after its signature has verified.
func (f *fixture) verified(token string) Verified {
	f.t.Helper()
	v, refused := Verify(context.Background(), token, f.now, f.issuers)
	require.Empty(f.t, refused.Reason)
	return v
}

func compiled(t require.TestingT, spec RoleSpec) *Role {
	r, err := CompileRole(spec)
	require.NoError(t, err)
	return r
}

// few is a value from a small pool, so that tokens and roles often agree.
func few() *rapid.Generator[any] {
	return rapid.SampledFrom([]any{"a", "b", "c", true, false, 1.0, 2.5, "1", "true", 1e3})
}

func roleSpecs() *rapid.Generator[RoleSpec] {
	return rapid.Custom(func(t *rapid.T) RoleSpec {
		spec := RoleSpec{
			UserClaim: "sub", AutoSelect: rapid.IntRange(0, 9).Draw(t, "auto") > 0, BrowserOnly: rapid.IntRange(0, 19).Draw(t, "browser") == 0,
			Priority: rapid.IntRange(0, 3).Draw(t, "priority"), BoundAudiences: rapid.SampledFrom([][]string{{"vault"}, {"vault"}, {"other", "vault", "vault"}, {"other"}, nil}).Draw(t, "aud"),
			BoundClaims: map[string]any{},
		}
		if rapid.Bool().Draw(t, "subject") {
			spec.BoundSubject = rapid.SampledFrom([]string{"alice", "bob"}).Draw(t, "sub")
		}
		for _, claim := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y", "/z/in", "sub"}), 0, 3, rapid.ID).Draw(t, "claims") {
			spec.BoundClaims[claim] = rapid.SliceOfN(few(), 0, 3).Draw(t, claim)
		}
		if rapid.IntRange(0, 9).Draw(t, "glob") == 0 {
			spec.BoundClaimsGlob, spec.BoundClaims = true, map[string]any{"x": "*"}
		}
		if rapid.IntRange(0, 4).Draw(t, "condition") == 0 {
			spec.Condition = rapid.SampledFrom([]string{`claims.x == "a"`, "has(claims.y)", "true"}).Draw(t, "cel")
		}
		if rapid.IntRange(0, 5).Draw(t, "issuers") == 0 {
			spec.BoundIssuers = []string{"other", "default", "default"}
		}
		return spec
	})
}

func tokenClaims() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		claims := map[string]any{}
		for _, name := range []string{"x", "y", "z"} {
			switch rapid.IntRange(0, 3).Draw(t, name) {
			case 0:
				claims[name] = few().Draw(t, name)
			case 1:
				claims[name] = rapid.SliceOfN(few(), 0, 3).Draw(t, name)
			case 2:
				claims[name] = map[string]any{"in": few().Draw(t, name)}
			}
		}
		text, err := json.Marshal(claims)
		require.NoError(t, err)
		if len(claims) == 0 {
			return ""
		}
		return string(text[1 : len(text)-1])
	})
}

// What the index finds decides as all roles together would, whatever was filed
// and taken out before, and in whatever order.
func TestIndexedSelectionIsThatOfAllRoles(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	rapid.Check(t, func(t *rapid.T) {
		specs := rapid.SliceOfN(roleSpecs(), 1, 12).Draw(t, "roles")
		roles := map[string]*Role{}
		var x *Index
		for n, spec := range specs {
			spec.Name = fmt.Sprint("r", n%8) // some replace others
			next := compiled(t, spec)
			e := x.Edit()
			if old := roles[spec.Name]; old != nil {
				e.Remove(old)
			}
			if rapid.IntRange(0, 9).Draw(t, "gone") == 0 {
				delete(roles, spec.Name)
			} else {
				e.Add(next)
				roles[spec.Name] = next
			}
			x = e.Done()
		}
		var all []*Role
		for _, r := range roles {
			if r.auto {
				all = append(all, r)
			}
		}
		v := f.verified(f.token(tokenClaims().Draw(t, "token")))
		for _, mode := range []Mode{Match, Union} {
			found, whole := x.candidates(v)
			require.True(t, whole)
			wanted, wantedRoles := choose(v, Circumstances{Now: f.now}, slices.Clone(all), mode)
			got, gotRoles := choose(v, Circumstances{Now: f.now}, found, mode)
			require.Equal(t, wanted, got)
			require.Equal(t, wantedRoles, gotRoles)
		}
	})
}

// An edit leaves the index that it began with as it was, and taking out all
// roles leaves nothing behind.
func TestIndexNeverChanges(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var roles []*Role
	for n := range 20 {
		spec := RoleSpec{Name: fmt.Sprint("r", n), UserClaim: "sub", AutoSelect: true, BoundAudiences: []string{"vault"}, BoundClaims: map[string]any{"n": float64(n % 5)}}
		if n%7 == 0 {
			spec.BoundClaims, spec.BoundAudiences = nil, nil
		}
		roles = append(roles, compiled(t, spec))
	}
	full := indexOf(roles...)
	v := f.verified(f.token(`"n":1`))
	before, _ := full.candidates(v)
	x := full
	for _, r := range roles {
		e := x.Edit()
		e.Remove(r)
		x = e.Done()
	}
	require.Empty(t, x.parts)
	after, _ := full.candidates(v)
	require.Equal(t, before, after)
	require.NotEmpty(t, before)
	gone, _ := x.candidates(v)
	require.Empty(t, gone)
}

// Roles that share what most roles share are filed under what tells them apart.
func TestIndexFilesUnderWhatFewShare(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var roles []*Role
	for n := range 2000 {
		roles = append(roles, compiled(t, RoleSpec{
			Name: fmt.Sprint("r", n), UserClaim: "sub", AutoSelect: true, BoundAudiences: []string{"vault"},
			BoundClaims: map[string]any{"a_ref": "main", "repository": fmt.Sprint("repo", n)},
		}))
	}
	x := indexOf(roles...)
	for _, n := range []int{0, 1, 1000, 1999} {
		found, whole := x.candidates(f.verified(f.token(fmt.Sprintf(`"a_ref":"main","repository":"repo%d"`, n))))
		require.True(t, whole)
		require.LessOrEqual(t, len(found), 3)
		require.Contains(t, found, roles[n])
	}
}

// Roles with more kinds of demands than are looked up are still all found.
func TestIndexBoundsTheClaimsItLooksUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var roles []*Role
	for n := range 3 * maxPaths {
		roles = append(roles, compiled(t, RoleSpec{
			Name: fmt.Sprint("r", n), UserClaim: "sub", AutoSelect: true, BoundClaims: map[string]any{fmt.Sprint("c", n): "x"},
		}))
	}
	x := indexOf(roles...)
	require.Len(t, x.parts[DefaultIssuer].paths, maxPaths)
	for n, r := range roles {
		found, whole := x.candidates(f.verified(f.token(fmt.Sprintf(`"c%d":"x"`, n))))
		require.True(t, whole)
		require.Contains(t, found, r)
	}
}

// The names in a string that an issuer parts are found as well.
func TestIndexPartsNamesAsBindingsDo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.issuers.Default.GroupSeparator = " "
	r := compiled(t, RoleSpec{Name: "r", UserClaim: "sub", AutoSelect: true, BoundAudiences: []string{"vault"}, GroupsClaim: "g", BoundClaims: map[string]any{"g": "admins"}})
	d, roles := Select(context.Background(), Request{f.token(`"g":"users admins"`), Circumstances{Now: f.now}}, f.issuers, indexOf(r), Match)
	require.Equal(t, Allowed, d.Reason)
	require.Equal(t, []*Role{r}, roles)
}
