// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// roleFile is role.json of a policy vector, in the words of the API.
type roleFile struct {
	UserClaim           string            `json:"user_claim"`
	BoundAudiences      []string          `json:"bound_audiences"`
	BoundClaims         map[string]any    `json:"bound_claims"`
	ClaimMappings       map[string]string `json:"claim_mappings"`
	GroupsClaim         string            `json:"groups_claim"`
	GroupsOptional      bool              `json:"groups_optional"`
	TokenPolicies       []string          `json:"token_policies"`
	Condition           string            `json:"condition"`
	PoliciesExpression  string            `json:"policies_expression"`
	AllowedPolicies     []string          `json:"allowed_policies"`
	UserExpression      string            `json:"user_expression"`
	GroupsExpression    string            `json:"groups_expression"`
	MetadataExpression  string            `json:"metadata_expression"`
	AllowUnsafeMetadata bool              `json:"allow_unsafe_metadata"`
}

func (f roleFile) spec() RoleSpec {
	return RoleSpec{
		Name: "vector", UserClaim: f.UserClaim, BoundAudiences: f.BoundAudiences, BoundClaims: f.BoundClaims,
		ClaimMappings: f.ClaimMappings, GroupsClaim: f.GroupsClaim, GroupsOptional: f.GroupsOptional,
		Expressions: Expressions{
			Condition: f.Condition, Policies: f.PoliciesExpression, AllowedPolicies: f.AllowedPolicies, User: f.UserExpression,
			Groups: f.GroupsExpression, Metadata: f.MetadataExpression, AllowUnsafeMetadata: f.AllowUnsafeMetadata,
		},
	}
}

// signer is an issuer with one key, and what signs for it.
type signer struct {
	key     *idp.Key
	issuers Issuers
}

func newSigner(tb testing.TB) signer {
	tb.Helper()
	key, err := idp.GenerateKey("ES256", "k1")
	require.NoError(tb, err)
	public, err := jwk.ParsePEM(key.PEM())
	require.NoError(tb, err)
	return signer{key, NewIssuers(jws.HardTokenBytes, &Issuer{
		Name: DefaultIssuer, ID: "https://issuer.example", Algorithms: jws.AllAlgorithms(), Types: DefaultTypes(),
		Keys: StaticKeys{Set: jwk.NewStaticSet([]*jwk.Key{public})},
	}, nil)}
}

func (s signer) sign(tb testing.TB, payload []byte) string {
	tb.Helper()
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","kid":"k1","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := idp.SignRaw("ES256", s.key.Private, []byte(input))
	require.NoError(tb, err)
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// token signs the claims, with the registered ones filled in.
func (s signer) token(tb testing.TB, claims json.RawMessage, now time.Time) string {
	tb.Helper()
	full := map[string]any{}
	for name, value := range map[string]any{
		"iss": "https://issuer.example", "aud": "vault", "sub": "example",
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	} {
		full[name] = value
	}
	var given map[string]any
	require.NoError(tb, json.Unmarshal(claims, &given))
	maps.Copy(full, given)
	payload, err := json.Marshal(full)
	require.NoError(tb, err)
	return s.sign(tb, payload)
}

// login decides a login with these claims.
func (s signer) login(tb testing.TB, role *Role, claims json.RawMessage, now time.Time) Decision {
	tb.Helper()
	return Decide(context.Background(), Request{s.token(tb, claims, now), Circumstances{Now: now}}, &s.issuers, role)
}

func readJSON(t *testing.T, into any, path ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into))
}

// Each folder of testdata/policies is a role, claims and the outcome that they
// must have. A login with a signed token, its explanation and the runner of
// examples agree on it, and a renewal does where it looks at the same checks.
func TestPolicyVectors(t *testing.T) {
	s := newSigner(t)
	now := time.Unix(1_700_000_000, 0)
	folders, err := filepath.Glob("testdata/policies/*")
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			var file roleFile
			var claims json.RawMessage
			var want Expectation
			readJSON(t, &file, folder, "role.json")
			readJSON(t, &claims, folder, "claims.json")
			readJSON(t, &want, folder, "want.json")
			role, err := CompileRole(file.spec())
			require.NoError(t, err)
			scene := ExampleScene{Issuers: &s.issuers, Now: now, Policies: file.TokenPolicies}

			in := Request{s.token(t, claims, now), Circumstances{Now: now}}
			d := Decide(context.Background(), in, &s.issuers, role)
			require.NoError(t, want.compare(d, scene))
			explained := Inspect(context.Background(), in, &s.issuers).Explain(role)
			require.NoError(t, want.compare(explained.Decision, scene))
			require.Equal(t, d.Allowed(), !slices.ContainsFunc(explained.Checks, func(c Check) bool { return c.Reason != "" }), "a check that failed")
			example := Example{Name: "vector", Claims: claims, Expect: want}
			require.NoError(t, role.CheckExamples([]Example{example}, scene))

			opposite := !*want.Allow
			example.Expect = Expectation{Allow: &opposite}
			require.ErrorContains(t, role.CheckExamples([]Example{example}, scene), `examples: "vector" failed: expected`)
			if d.Allowed() {
				again := Recheck(t.Context(), Renewal{Payload: d.Payload, Alias: d.Identity.Alias, Now: now}, &s.issuers, role)
				require.Equal(t, Allowed, again.Reason)
				require.Equal(t, d.Identity, again.Identity)
				require.Equal(t, d.Policies, again.Policies)
			}
		})
	}
}
