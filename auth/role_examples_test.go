// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

func TestParseExamples(t *testing.T) {
	good := `{"name":"a","claims":{"x":1},"expect":{"allow":true,"reason":"allowed","policies":[],"user":"u","ttl":"15m"}}`
	examples, err := ParseExamples([]byte(`[` + good + `]`))
	require.NoError(t, err)
	require.Len(t, examples, 1)
	none, err := ParseExamples([]byte(`[]`))
	require.NoError(t, err)
	require.Empty(t, none)

	many := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(`{"name":"n%d","claims":{},"expect":{"allow":false}}`, i)
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	_, err = ParseExamples([]byte(many(MaxExamples)))
	require.NoError(t, err)
	for text, want := range map[string]string{
		good:                          "must be a list of",
		`[` + good + `] x`:            "something after the list",
		`[` + good + `,` + good + `]`: `two are called "a"`,
		`[{"claims":{},"expect":{"allow":true}}]`:                         "at position 1 needs a name",
		`[{"name":"a","expect":{"allow":true}}]`:                          `"a" needs claims`,
		`[{"name":"a","claims":{},"expect":{}}]`:                          `"a" must say whether to expect allow`,
		`[{"name":"a","claims":{},"expect":{"allow":true,"polices":[]}}]`: `unknown field "polices"`,
		`[{"name":"a","claims":{},"expect":{"allow":true,"ttl":"soon"}}]`: "ttl must be a number of seconds",
		`[{"name":"a","claims":{},"expect":{"allow":true,"ttl":-1}}]`:     "ttl must be a number of seconds",
		many(MaxExamples + 1):                                             "at most 64 are allowed",
		strings.Repeat(" ", MaxExamplesBytes+1):                           "at most 65536 are allowed in all",
	} {
		_, err := ParseExamples([]byte(text))
		require.ErrorContains(t, err, want)
	}
}

// check runs one example of a role with an audience, a condition on the claim a
// and computed policies.
func check(t *testing.T, spec RoleSpec, example string) error {
	t.Helper()
	examples, err := ParseExamples([]byte(`[` + example + `]`))
	require.NoError(t, err)
	role, err := CompileRole(spec)
	require.NoError(t, err)
	issuers := NewIssuers(jws.HardTokenBytes,
		&Issuer{Name: DefaultIssuer, ID: "https://default.example", MaxTokenAge: time.Minute},
		[]*Issuer{{Name: "ci", ID: "https://ci.example", Aliases: AliasPrefixed}, {Name: "mesh", TrustDomain: "mesh.example"}})
	return role.CheckExamples(examples, ExampleScene{
		Issuers: &issuers, Now: time.Unix(1_700_000_000, 0), Policies: []string{"base"}, TTL: 15 * time.Minute,
	})
}

func TestExampleSaysWhatFailed(t *testing.T) {
	spec := ruled(Expressions{Condition: `claims.a == "x"`, Policies: `["p-" + claims.a]`, AllowedPolicies: []string{"p-*"}})
	example := func(claims, expect string) string {
		return `{"name":"ex","claims":` + claims + `,"expect":` + expect + `}`
	}
	require.NoError(t, check(t, spec, example(`{"a":"x"}`, `{"allow":true,"reason":"allowed","policies":["p-x","base"],"user":"example","ttl":"15m"}`)))
	require.NoError(t, check(t, spec, example(`{"a":"x"}`, `{"allow":true,"ttl":900}`)))
	require.NoError(t, check(t, spec, example(`{"a":"y"}`, `{"allow":false,"reason":"condition"}`)))
	for want, e := range map[string]string{
		`expected the login to be allowed, but the login is denied with reason "condition" about "condition"`: example(`{"a":"y"}`, `{"allow":true}`),
		`expected the login to be denied, but the login is allowed`:                                           example(`{"a":"x"}`, `{"allow":false}`),
		`expected the login to be denied with reason "audience", but the login is allowed`:                    example(`{"a":"x"}`, `{"allow":false,"reason":"audience"}`),
		`expected reason "audience", but the login is denied with reason "condition" about "condition"`:       example(`{"a":"y"}`, `{"allow":false,"reason":"audience"}`),
		`expected user "kim", but it is "example"`:                                                            example(`{"a":"x"}`, `{"allow":true,"user":"kim"}`),
		`expected policies ["base"], but they are ["base" "p-x"]`:                                             example(`{"a":"x"}`, `{"allow":true,"policies":["base"]}`),
		`expected policies [], but they are ["base" "p-x"]`:                                                   example(`{"a":"x"}`, `{"allow":true,"policies":[]}`),
		`expected a ttl of 1h0m0s, but it is 15m0s`:                                                           example(`{"a":"x"}`, `{"allow":true,"ttl":3600}`),
		`its claims must be an object`:                                                                        example(`["a"]`, `{"allow":true}`),
		`its claims could not be those of a token: payload is not an acceptable JSON object`:                  example(`{"a":"x","A":1}`, `{"allow":true}`),
		`expected the login to be allowed, but the login is denied with reason "issuer_unknown"`:              example(`{"a":"x","iss":"https://x.example"}`, `{"allow":true}`),
		`expected the login to be allowed, but the login is denied with reason "issuer_not_bound"`:            example(`{"a":"x","iss":"https://ci.example"}`, `{"allow":true}`),
		`expected the login to be allowed, but the login is denied with reason "audience" about "aud"`:        example(`{"a":"x","aud":"other"}`, `{"allow":true}`),
		`expected the login to be allowed, but the login is denied with reason "claim_form" about "sub"`:      example(`{"a":"x","sub":""}`, `{"allow":true}`),
		`expected the login to be allowed, but the login is denied with reason "expired" about "exp"`:         example(`{"a":"x","iat":1000,"exp":900}`, `{"allow":true}`),
		`expected the login to be allowed, but the login is denied with reason "token_too_old" about "iat"`:   example(`{"a":"x","iat":1000,"nbf":2000}`, `{"allow":true}`),
	} {
		require.EqualError(t, check(t, spec, e), `examples: "ex" failed: `+want)
	}
}

// What an example leaves out satisfies the role.
func TestExampleIsFilledIn(t *testing.T) {
	allowed := func(claims string) string { return `{"name":"ex","claims":` + claims + `,"expect":{"allow":true}}` }
	for name, c := range map[string]struct {
		spec   RoleSpec
		claims string
	}{
		"default issuer":      {RoleSpec{Expressions: Expressions{Condition: `claims.iss == "https://default.example" && claims.sub == "example"`}}, `{}`},
		"first bound issuer":  {RoleSpec{BoundIssuers: []string{"ci", "default"}, Expressions: Expressions{Condition: `issuer.name == "ci" && claims.iss == issuer.id`}}, `{}`},
		"SPIFFE issuer":       {RoleSpec{BoundIssuers: []string{"mesh"}, BoundAudiences: []string{"a"}, Expressions: Expressions{Condition: `claims.sub.startsWith("spiffe://mesh.example/") && !has(claims.iss)`}}, `{}`},
		"issuer to come":      {RoleSpec{BoundIssuers: []string{"later"}, Expressions: Expressions{Condition: `issuer.name == "later"`}}, `{}`},
		"bound subject":       {RoleSpec{BoundSubject: "kim"}, `{}`},
		"first audience":      {RoleSpec{BoundAudiences: []string{"a", "b"}, Expressions: Expressions{Condition: `claims.aud == "a"`}}, `{}`},
		"dates about now":     {RoleSpec{Expressions: Expressions{Condition: `now == timestamp(1700000000) && claims.iat == 1700000000 && claims.nbf == claims.iat && claims.exp == 1700000300`}}, `{}`},
		"clock from iat":      {RoleSpec{Expressions: Expressions{Condition: `now == timestamp(1000)`}}, `{"iat":1000}`},
		"clock from nbf":      {RoleSpec{Expressions: Expressions{Condition: `now == timestamp(1000)`}}, `{"nbf":1000}`},
		"clock from exp":      {RoleSpec{Expressions: Expressions{Condition: `now == timestamp(940)`}}, `{"exp":1000}`},
		"clock within a life": {RoleSpec{Expressions: Expressions{Condition: `now == timestamp(1030)`}}, `{"iat":1000,"nbf":1030,"exp":1060}`},
	} {
		c.spec.Name, c.spec.UserClaim = "r", "sub"
		require.NoError(t, check(t, c.spec, allowed(c.claims)), name)
	}
}

func TestExampleAddressAndHeader(t *testing.T) {
	spec := ruled(Expressions{Condition: `header.kid == "k1" && remote_addr.startsWith("10.")`})
	spec.BoundCIDRs = []string{"10.0.0.0/8"}
	example := func(beside, expect string) string {
		return `{"name":"ex","claims":{"a":1},` + beside + `"expect":` + expect + `}`
	}
	require.NoError(t, check(t, spec, example(`"remote_addr":"10.1.2.3","header":{"kid":"k1"},`, `{"allow":true}`)))
	require.NoError(t, check(t, spec, example(`"remote_addr":"192.0.2.1","header":{"kid":"k1"},`, `{"allow":false,"reason":"peer_address"}`)))
	require.NoError(t, check(t, spec, example(`"remote_addr":"10.1.2.3",`, `{"allow":false,"reason":"expression_error"}`)))
	require.NoError(t, check(t, spec, example(`"header":{"kid":"k1"},`, `{"allow":false,"reason":"expression_error"}`)))
}
