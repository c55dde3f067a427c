// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"time"

	"github.com/hashicorp/go-sockaddr"
	"github.com/hashicorp/vault/sdk/helper/tokenutil"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// Values of role_type and bound_claims_type.
const (
	roleTypeJWT  = "jwt"
	roleTypeOIDC = "oidc"
	boundString  = "string"
	boundGlob    = "glob"
)

// roleRecord is a role in storage. Its keys are those of Vault's JWT/OIDC
// method, so that either plugin reads what the other wrote. Durations are
// stored in nanoseconds.
type roleRecord struct {
	tokenutil.TokenParams

	RoleType             string            `json:"role_type"`
	ExpirationLeeway     time.Duration     `json:"expiration_leeway"`
	NotBeforeLeeway      time.Duration     `json:"not_before_leeway"`
	ClockSkewLeeway      time.Duration     `json:"clock_skew_leeway"`
	BoundAudiences       []string          `json:"bound_audiences"`
	BoundSubject         string            `json:"bound_subject"`
	BoundClaimsType      string            `json:"bound_claims_type"`
	BoundClaims          map[string]any    `json:"bound_claims"`
	ClaimMappings        map[string]string `json:"claim_mappings"`
	UserClaim            string            `json:"user_claim"`
	GroupsClaim          string            `json:"groups_claim"`
	OIDCScopes           []string          `json:"oidc_scopes"`
	AllowedRedirectURIs  []string          `json:"allowed_redirect_uris"`
	VerboseOIDCLogging   bool              `json:"verbose_oidc_logging"`
	MaxAge               time.Duration     `json:"max_age"`
	UserClaimJSONPointer bool              `json:"user_claim_json_pointer"`

	// Ours; the other plugin ignores them.
	BoundIssuers        []string       `json:"bound_issuers,omitempty"`
	Condition           string         `json:"condition,omitempty"`
	PoliciesExpression  string         `json:"policies_expression,omitempty"`
	AllowedPolicies     []string       `json:"allowed_policies,omitempty"`
	UserExpression      string         `json:"user_expression,omitempty"`
	GroupsExpression    string         `json:"groups_expression,omitempty"`
	GroupsOptional      bool           `json:"groups_optional,omitempty"`
	MetadataExpression  string         `json:"metadata_expression,omitempty"`
	AllowUnsafeMetadata bool           `json:"allow_unsafe_metadata,omitempty"`
	Examples            []auth.Example `json:"examples,omitempty"`
	Proof               string         `json:"proof,omitempty"`
	DPoPURLs            []string       `json:"dpop_urls,omitempty"`
	AutoSelect          bool           `json:"auto_select,omitempty"`
	Priority            int            `json:"priority,omitempty"`
	TokenTTLFollowsJWT  bool           `json:"token_ttl_follows_jwt,omitempty"`
	MaxTokenAge         time.Duration  `json:"max_token_age,omitempty"`
	Renew               auth.Renew     `json:"renew,omitempty"`
	Replay              auth.Replay    `json:"replay,omitempty"`

	Candidate *candidateRecord `json:"candidate,omitempty"`
	Previous  *previousRecord  `json:"previous,omitempty"`

	// Names that the token_* fields had before.
	Policies   []string                      `json:"policies"`
	NumUses    int                           `json:"num_uses"`
	TTL        time.Duration                 `json:"ttl"`
	MaxTTL     time.Duration                 `json:"max_ttl"`
	Period     time.Duration                 `json:"period"`
	BoundCIDRs []*sockaddr.SockAddrMarshaler `json:"bound_cidrs"`
}

// upgrade fills in what records of early versions left out.
func (r *roleRecord) upgrade() {
	if r.RoleType == "" {
		r.RoleType = roleTypeJWT
	}
	if r.BoundClaimsType == "" {
		r.BoundClaimsType = boundString
	}
	inherit(&r.TokenTTL, r.TTL)
	inherit(&r.TokenMaxTTL, r.MaxTTL)
	inherit(&r.TokenPeriod, r.Period)
	inherit(&r.TokenNumUses, r.NumUses)
	if len(r.TokenPolicies) == 0 {
		r.TokenPolicies = r.Policies
	}
	if len(r.TokenBoundCIDRs) == 0 {
		r.TokenBoundCIDRs = r.BoundCIDRs
	}
	if r.Previous != nil && r.Previous.Role != nil {
		r.Previous.Role.upgrade()
	}
}

func inherit[T time.Duration | int](current *T, old T) {
	if *current == 0 && old > 0 {
		*current = old
	}
}

// spec returns the part of the role that decides logins.
func (r *roleRecord) spec(name string) auth.RoleSpec {
	cidrs := make([]string, len(r.TokenBoundCIDRs))
	for i, c := range r.TokenBoundCIDRs {
		cidrs[i] = c.String()
	}
	return auth.RoleSpec{
		Name:             name,
		BrowserOnly:      r.RoleType == roleTypeOIDC,
		BoundIssuers:     r.BoundIssuers,
		BoundAudiences:   r.BoundAudiences,
		BoundSubject:     r.BoundSubject,
		BoundClaims:      r.BoundClaims,
		BoundClaimsGlob:  r.BoundClaimsType == boundGlob,
		UserClaim:        r.UserClaim,
		UserClaimPointer: r.UserClaimJSONPointer,
		GroupsClaim:      r.GroupsClaim,
		GroupsOptional:   r.GroupsOptional,
		ClaimMappings:    r.ClaimMappings,
		Expressions: auth.Expressions{
			Condition:           r.Condition,
			Policies:            r.PoliciesExpression,
			AllowedPolicies:     r.AllowedPolicies,
			User:                r.UserExpression,
			Groups:              r.GroupsExpression,
			Metadata:            r.MetadataExpression,
			AllowUnsafeMetadata: r.AllowUnsafeMetadata,
		},
		AutoSelect: r.AutoSelect,
		Priority:   r.Priority,
		Life:       r.life(),
		ClockSkew:  r.ClockSkewLeeway,
		BoundCIDRs: cidrs,
		Proof:      r.Proof,
		DPoPURLs:   r.DPoPURLs,
	}
}
