// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// preset is what is always the same for one provider, and what makes a role
// safe there.
type preset struct {
	issuer  string // "" if each customer has another
	form    string // what such an issuer looks like
	algs    []string
	spiffe  bool   // keys come from spiffe_bundle_url
	binding string // which claims name the tenant
}

// presets returns the providers by name.
func presets() map[string]preset {
	return map[string]preset{
		"github":     {issuer: "https://token.actions.githubusercontent.com", algs: []string{"RS256"}, binding: "every repository on GitHub gets tokens of this issuer: bind repository_id or repository_owner_id (names can be taken over), and ref or environment"},
		"gitlab":     {issuer: "https://gitlab.com", algs: []string{"RS256"}, binding: "every project on gitlab.com gets tokens of this issuer: bind project_id or namespace_id, and ref_protected with ref or environment"},
		"kubernetes": {form: "what the cluster's /.well-known/openid-configuration says", binding: "every workload of the cluster gets tokens: bind sub (system:serviceaccount:NAMESPACE:NAME), and an audience that only Vault's clients ask for"},
		"spiffe":     {form: "spiffe://TRUST-DOMAIN, with spiffe_bundle_url", spiffe: true, binding: "every workload of the trust domain gets tokens: bind sub to the SPIFFE ID, and an audience that only Vault's clients ask for"},
		"entra":      {issuer: "https://login.microsoftonline.com/" + tenantMark + "/v2.0", algs: []string{"RS256"}, binding: "tenants limits who comes in; bind aud to your application, and oid, azp or groups to whom you mean"},
		"google":     {issuer: "https://accounts.google.com", algs: []string{"RS256"}, binding: "everybody with a Google account gets tokens of this issuer: bind sub (the numeric id of the service account), or hd with email_verified, and an audience of your own"},
		"eks":        {form: "https://oidc.eks.REGION.amazonaws.com/id/ID", algs: []string{"RS256"}, binding: "every workload of the cluster gets tokens: bind sub (system:serviceaccount:NAMESPACE:NAME), and an audience that only Vault's clients ask for"},
		"terraform":  {issuer: "https://app.terraform.io", algs: []string{"RS256"}, binding: "every organization of HCP Terraform gets tokens of this issuer: bind terraform_organization_id and terraform_workspace_id, and terraform_run_phase"},
		"buildkite":  {issuer: "https://agent.buildkite.com", algs: []string{"RS256"}, binding: "every organization of Buildkite gets tokens of this issuer: bind organization_slug or organization_id, and pipeline_slug with build_branch"},
		"circleci":   {form: "https://oidc.circleci.com/org/ORGANIZATION-ID", algs: []string{"RS256"}, binding: "every project of the organization gets tokens: bind oidc.circleci.com/project-id, and the audience ORGANIZATION-ID"},
		"okta":       {form: "https://DOMAIN.okta.com or https://DOMAIN.okta.com/oauth2/ID", algs: []string{"RS256"}, binding: "every user and application of the organization gets tokens: bind the audience of your application, and groups or cid"},
		"auth0":      {form: "https://TENANT.auth0.com/ with the slash at the end", algs: []string{"RS256"}, binding: "every user and application of the tenant gets tokens: bind the audience of your API, and azp or a claim of your own"},
		"keycloak":   {form: "https://HOST/realms/REALM", binding: "every client of the realm gets tokens: bind the audience and azp, and a role or group"},
	}
}

func presetNames() []string { return slices.Sorted(maps.Keys(presets())) }

// fill puts what the preset knows into fields that are not set.
func (r *issuerRecord) fill() error {
	if r.BearerTokenFile == "pod" {
		r.BearerTokenFile = keys.PodTokenFile
	}
	if r.Preset == "" {
		return nil
	}
	p, known := presets()[r.Preset]
	if !known {
		return fmt.Errorf("invalid preset: %q; it must be one of %s", r.Preset, strings.Join(presetNames(), ", "))
	}
	if r.Issuer == "" {
		r.Issuer = p.issuer
	}
	if r.Issuer == "" {
		return fmt.Errorf("missing issuer: the preset %q needs it, in the form %s", r.Preset, p.form)
	}
	if p.spiffe && r.SPIFFEBundleURL == "" {
		return fmt.Errorf("missing spiffe_bundle_url: the preset %q needs it, the URL of the trust domain's bundle endpoint", r.Preset)
	}
	if strings.Contains(r.Issuer, tenantMark) && len(r.Tenants) == 0 {
		return fmt.Errorf("missing tenants: the preset %q needs the ids of those whose tokens may come in", r.Preset)
	}
	if len(r.JWTSupportedAlgs) == 0 {
		r.JWTSupportedAlgs = p.algs
	}
	hasSource := r.OIDCDiscoveryURL != "" || r.JWKSURL != "" || len(r.JWTValidationPubKeys) > 0 || r.SPIFFEBundleURL != "" || r.Introspection.URL != ""
	if !hasSource {
		r.OIDCDiscoveryURL = r.Issuer
	}
	return nil
}

// presetAdvice says what makes a role safe with the provider's tokens.
func presetAdvice(name string) string {
	p, known := presets()[name]
	if !known {
		return ""
	}
	return "roles for this issuer: " + p.binding
}
