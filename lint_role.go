// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"slices"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// lint is the role as findings see it.
func (r *roleRecord) lint(name string, s *snapshot) auth.LintRole {
	l := auth.LintRole{
		Spec: r.spec(name), Policies: r.TokenPolicies, Examples: len(r.Examples),
		TTL: r.TokenTTL, MaxTTL: r.TokenMaxTTL, Explicit: r.TokenExplicitMaxTTL, Period: r.TokenPeriod,
	}
	for field, leeway := range map[string]time.Duration{
		"expiration_leeway": r.ExpirationLeeway, "not_before_leeway": r.NotBeforeLeeway, "clock_skew_leeway": r.ClockSkewLeeway,
	} {
		if leeway > auth.MaxLeeway {
			l.LongLeeway = append(l.LongLeeway, field)
		}
	}
	for field, unused := range r.withoutEffect(s) {
		if unused {
			l.Unused = append(l.Unused, field)
		}
	}
	slices.Sort(l.LongLeeway)
	slices.Sort(l.Unused)
	return l
}

// withoutEffect tells which fields may be set and decide nothing.
func (r *roleRecord) withoutEffect(s *snapshot) map[string]bool {
	jwt := r.RoleType == roleTypeJWT
	return map[string]bool{
		"oidc_scopes":           jwt && len(r.OIDCScopes) > 0,
		"allowed_redirect_uris": jwt && len(r.AllowedRedirectURIs) > 0,
		"verbose_oidc_logging":  jwt && r.VerboseOIDCLogging,
		"max_age":               jwt && r.MaxAge > 0,
		"allowed_policies":      len(r.AllowedPolicies) > 0 && r.PoliciesExpression == "",
		"user_claim":            r.UserClaim != "" && r.UserExpression != "",
		"groups_claim":          r.GroupsClaim != "" && r.GroupsExpression != "",
		"groups_optional":       r.GroupsOptional && r.GroupsClaim == "",
		"allow_unsafe_metadata": r.AllowUnsafeMetadata && r.MetadataExpression == "",
		"dpop_urls":             len(r.DPoPURLs) > 0 && r.Proof != auth.ProofDPoP,
		"priority":              r.Priority != 0 && !r.AutoSelect,
		"auto_select":           r.AutoSelect && !s.mount.selects,
	}
}
