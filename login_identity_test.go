// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// What becomes an alias must be a string that can name somebody. Numbers are
// not turned into text: 1 and 1.0 would be two users.
func TestLoginUserClaim(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"user_claim": "email"})
	for _, value := range unfit() {
		text := m.refuse("ci", withClaim(m, "email", value), auth.UserClaim)
		require.Equal(t, `user claim "email" is missing or is not a string of 1 to 512 bytes without control characters`, text)
	}
	m.refuse("ci", m.issuer.token(nil), auth.UserClaim)

	granted := m.login("ci", withClaim(m, "email", "Alice@Corp.test"))
	require.Equal(t, "Alice@Corp.test", granted.Alias.Name)
	require.Equal(t, "Alice@Corp.test", granted.DisplayName)
}

func TestLoginMetadata(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"claim_mappings": map[string]any{"actor": "who", "/job/name": "job", "absent": "absent"}})
	granted := m.login("ci", m.issuer.with(`"actor":"octocat","job":{"name":"build"},"role":"root"`, nil))
	want := map[string]string{"role": "ci", "who": "octocat", "job": "build"}
	require.Equal(t, want, granted.Metadata, "a claim that is not there is passed over")
	require.Equal(t, want, granted.Alias.Metadata)

	require.Empty(t, m.login("ci", withClaim(m, "actor", "")).Metadata["who"])
	for _, value := range []any{7, true, []any{"a"}, map[string]any{"a": "b"}, "a\x00b", "a\nb", strings.Repeat("x", 513)} {
		text := m.refuse("ci", withClaim(m, "actor", value), auth.MetadataClaim)
		require.Equal(t, `mapped claim "actor" is not a string of at most 512 bytes without control characters`, text)
	}
}

// Claims that only point to where groups are said to be (OpenID Connect Core,
// section 5.6.2) lead nowhere: the address is the token's.
func TestLoginFollowsNoClaimSources(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
	t.Cleanup(stranger.Close)
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"groups_claim": "groups"})
	sources := `"_claim_names":{"groups":"s"},"_claim_sources":{"s":{"endpoint":"` + stranger.URL + `","access_token":"x"}}`
	m.refuse("ci", m.issuer.with(sources, nil), auth.GroupsClaim)
	granted := m.login("ci", m.issuer.with(sources+`,"groups":["dev"]`, nil))
	require.Equal(t, "dev", granted.GroupAliases[0].Name)
	require.Empty(t, asked)
}

// alias_metadata is the operator's and goes beside what the token says.
func TestLoginAliasMetadata(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"alias_metadata": map[string]any{"team": "infra", "role": "x"}})
	granted := m.login("ci", m.issuer.token(nil))
	require.Equal(t, map[string]string{"team": "infra", "role": "x"}, granted.Alias.CustomMetadata)
	require.Equal(t, map[string]string{"role": "ci"}, granted.Alias.Metadata)
	require.Equal(t, map[string]string{"role": "ci"}, granted.Metadata)
}

func groupNames(a *logical.Auth) []string {
	var names []string
	for _, alias := range a.GroupAliases {
		names = append(names, alias.Name)
	}
	return names
}

func TestLoginGroups(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{"groups_claim": "groups"})
	numbered := func(n int) []any {
		list := make([]any, n)
		for i := range list {
			list[i] = fmt.Sprintf("g%d", i)
		}
		return list
	}
	for _, c := range []struct {
		value any
		want  []string
	}{
		{[]any{"b", "a"}, []string{"b", "a"}},
		{[]any{"a", "", "A"}, []string{"a", "A"}},
		{[]any{}, nil},
		{"solo", []string{"solo"}},
		{"two words,one group", []string{"two words,one group"}},
		{"", nil},
	} {
		require.Equal(t, c.want, groupNames(m.login("ci", withClaim(m, "groups", c.value))))
	}
	require.Len(t, m.login("ci", withClaim(m, "groups", numbered(500))).GroupAliases, 500)
	for _, value := range []any{
		nil, 7, true, map[string]any{"a": 1}, []any{"a", 7}, []any{[]any{"a"}}, []any{nil}, []any{"a\x00"}, []any{strings.Repeat("x", 513)}, numbered(501),
	} {
		text := m.refuse("ci", withClaim(m, "groups", value), auth.GroupsClaim)
		require.Equal(t, `groups claim "groups" is missing or is not a list of at most 500 strings without control characters`, text)
	}
	m.refuse("ci", m.issuer.token(nil), auth.GroupsClaim)
	m.write("role/ci", map[string]any{"groups_claim": ""})
	require.Empty(t, m.login("ci", withClaim(m, "groups", 7)).GroupAliases, "without groups_claim the claim is nothing to us")
}

// Two providers send all groups in one string. The parts are groups to
// bound_claims as well.
func TestLoginGroupSeparators(t *testing.T) {
	t.Parallel()
	for provider, separator := range map[string]string{"ibmisam": " ", "secureauth": ","} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			m, text := newReadyMount(t), strings.Join([]string{"ops", "dev", "", "web"}, separator)
			m.reconfigure(map[string]any{"provider_config": map[string]any{"provider": provider}})
			m.write("role/ci", map[string]any{"groups_claim": "groups", "bound_claims": map[string]any{"groups": "dev"}})
			require.Equal(t, []string{"ops", "dev", "web"}, groupNames(m.login("ci", withClaim(m, "groups", text))))
			require.Equal(t, []string{"dev", "x"}, groupNames(m.login("ci", withClaim(m, "groups", []any{"dev", "x"}))))
			m.refuse("ci", withClaim(m, "groups", "ops"), auth.ClaimMismatch)
			m.refuse("ci", withClaim(m, "groups", strings.Join(slices.Repeat([]string{"dev"}, 501), separator)), auth.GroupsClaim)

			// Other claims are not parted.
			m.write("role/ci", map[string]any{"bound_claims": map[string]any{"other": "dev"}})
			m.refuse("ci", m.issuer.token(map[string]any{"groups": "dev", "other": text}), auth.ClaimMismatch)
		})
	}
}
