// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// issuerApply applies a body to a new record without contacting anybody.
func issuerApply(body map[string]any) (*issuerRecord, error) {
	r := newIssuerRecord()
	return r, r.apply(&framework.FieldData{Raw: body, Schema: issuerFields()})
}

// issuerPresetNeeds is what each preset needs beside its name, and what it
// becomes: the issuer and the algorithms.
func issuerPresetNeeds() map[string]struct {
	missing string // what is said without the needs
	needs   map[string]any
	issuer  string
	algs    string
} {
	type preset = struct {
		missing string
		needs   map[string]any
		issuer  string
		algs    string
	}
	of := func(id, form, algs string) preset {
		return preset{"needs it, in the form " + form, map[string]any{"issuer": id}, id, algs}
	}
	return map[string]preset{
		"github":     {"", nil, "https://token.actions.githubusercontent.com", "RS256"},
		"gitlab":     {"", nil, "https://gitlab.com", "RS256"},
		"google":     {"", nil, "https://accounts.google.com", "RS256"},
		"terraform":  {"", nil, "https://app.terraform.io", "RS256"},
		"buildkite":  {"", nil, "https://agent.buildkite.com", "RS256"},
		"kubernetes": of("https://kubernetes.default.svc.cluster.local", "what the cluster's /.well-known/openid-configuration says", ""),
		"eks":        of("https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF", "https://oidc.eks.REGION.amazonaws.com/id/ID", "RS256"),
		"circleci":   of("https://oidc.circleci.com/org/0f1e2d3c", "https://oidc.circleci.com/org/ORGANIZATION-ID", "RS256"),
		"okta":       of("https://acme.okta.com/oauth2/default", "https://DOMAIN.okta.com or", "RS256"),
		"auth0":      of("https://acme.auth0.com/", "https://TENANT.auth0.com/ with the slash at the end", "RS256"),
		"keycloak":   of("https://sso.acme.example/realms/prod", "https://HOST/realms/REALM", ""),
		"entra": {
			`missing tenants: the preset "entra" needs the ids of those whose tokens may come in`,
			map[string]any{"tenants": "0a1b2c3d-0000-0000-0000-000000000001,0a1b2c3d-0000-0000-0000-000000000002"},
			"https://login.microsoftonline.com/{tenantid}/v2.0", "RS256",
		},
		"spiffe": {
			"needs it, in the form spiffe://TRUST-DOMAIN, with spiffe_bundle_url",
			map[string]any{"issuer": "spiffe://acme.example", "spiffe_bundle_url": "https://spire.acme.example/bundle"},
			"spiffe://acme.example", "",
		},
	}
}

// TestPresetsExpand: each preset makes a valid issuer, or says what it lacks.
func TestIssuerPresetsExpand(t *testing.T) {
	expected := issuerPresetNeeds()
	require.Len(t, expected, len(presetNames()), "each preset has a line here")
	for _, name := range presetNames() {
		t.Run(name, func(t *testing.T) {
			want, listed := expected[name]
			require.True(t, listed)
			r, err := issuerApply(map[string]any{"preset": name})
			if want.missing != "" {
				require.ErrorContains(t, err, want.missing)
				r, err = issuerApply(issuerWith(want.needs, "preset", name))
			}
			require.NoError(t, err)
			require.Equal(t, want.issuer, r.Issuer)
			require.Equal(t, want.algs, strings.Join(r.JWTSupportedAlgs, ","))
			require.Equal(t, name, r.Preset)
			require.Equal(t, aliasPrefixed, r.AliasNames)
			if name != "spiffe" {
				require.Equal(t, r.Issuer, r.OIDCDiscoveryURL, "the keys are discovered")
			}
			for _, one := range r.concrete() {
				plan, err := one.keyPlan()
				require.NoError(t, err)
				_, err = keys.New(plan.remote[0])
				require.NoError(t, err, "the key source takes it")
				require.NotContains(t, plan.remote[0].DiscoveryURL, "{")
			}
			advice := presetAdvice(name)
			require.True(t, strings.HasPrefix(advice, "roles for this issuer: "), advice)
			require.Contains(t, advice, "bind ", "it says what to bind")
		})
	}
}

// TestIssuerPresetYields: what is sent wins over the preset.
func TestIssuerPresetYields(t *testing.T) {
	for name, c := range map[string]struct {
		body map[string]any
		want func(*issuerRecord)
	}{
		"issuer of a company's own server": {
			map[string]any{"preset": "gitlab", "issuer": "https://git.acme.example"},
			func(r *issuerRecord) {
				require.Equal(t, "https://git.acme.example", r.Issuer)
				require.Equal(t, r.Issuer, r.OIDCDiscoveryURL)
			},
		},
		"algorithms": {
			map[string]any{"preset": "github", "jwt_supported_algs": "ES256"},
			func(r *issuerRecord) { require.Equal(t, []string{"ES256"}, r.JWTSupportedAlgs) },
		},
		"another source": {
			map[string]any{"preset": "kubernetes", "issuer": "https://kubernetes.default.svc", "jwks_url": "https://10.0.0.1:6443/openid/v1/jwks", "bearer_token_file": "pod"},
			func(r *issuerRecord) {
				require.Empty(t, r.OIDCDiscoveryURL)
				require.Equal(t, keys.PodTokenFile, r.BearerTokenFile)
			},
		},
		"one tenant alone": {
			map[string]any{"preset": "entra", "issuer": "https://login.microsoftonline.com/0a1b/v2.0"},
			func(r *issuerRecord) {
				require.False(t, r.isTemplate())
				require.Equal(t, "https://login.microsoftonline.com/0a1b/v2.0", r.OIDCDiscoveryURL)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := issuerApply(c.body)
			require.NoError(t, err)
			c.want(r)
		})
	}
}

func TestIssuerPresetSPIFFENeedsABundle(t *testing.T) {
	_, err := issuerApply(map[string]any{"preset": "spiffe", "issuer": "spiffe://acme.example"})
	require.EqualError(t, err, `missing spiffe_bundle_url: the preset "spiffe" needs it, the URL of the trust domain's bundle endpoint`)
	_, err = issuerApply(map[string]any{"preset": "spiffe", "issuer": "spiffe://acme.example", "jwks_url": "https://spire.acme.example/keys"})
	require.ErrorContains(t, err, "missing spiffe_bundle_url", "a JWK Set would not make the tokens JWT-SVIDs")

	r, err := issuerApply(map[string]any{"preset": "spiffe", "issuer": "spiffe://acme.example", "spiffe_bundle_url": "https://spire.acme.example"})
	require.NoError(t, err)
	compiled := r.compile("x", nil)
	require.Equal(t, "acme.example", compiled.TrustDomain)
	require.False(t, compiled.Algorithms.Has(jws.EdDSA))
	require.True(t, compiled.Algorithms.Has(jws.ES256))
}

// TestIssuerPresetAdviceIsGiven: whoever writes or reads the issuer is told
// what makes a role safe.
func TestIssuerPresetAdviceIsGiven(t *testing.T) {
	m := issuerNewMount(t)
	body, _ := issuerStatic(t, "https://token.actions.githubusercontent.com")
	warnings := m.write("issuer/gh", issuerWith(body, "preset", "github", "jwt_supported_algs", "ES256"))
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "bind repository_id or repository_owner_id")
	require.Equal(t, warnings[0], m.read("issuer/gh")["advice"])
	require.Empty(t, m.write("issuer/gh", map[string]any{"preset": ""}))
	require.NotContains(t, m.read("issuer/gh"), "advice")
}

// TestIssuerPresetIsStoredExpanded: an issuer does not change with the version
// of the plugin.
func TestIssuerPresetIsStoredExpanded(t *testing.T) {
	m := issuerNewMount(t)
	body, _ := issuerStatic(t, "")
	delete(body, "issuer")
	m.write("issuer/gh", issuerWith(body, "preset", "github"))
	record := m.storage.dump(t)["issuer/gh"]
	require.Contains(t, record, `"issuer":"https://token.actions.githubusercontent.com"`)
	require.Contains(t, record, `"jwt_supported_algs":["RS256"]`)
}
