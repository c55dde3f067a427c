// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/helper/tokenutil"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// oldLeeway is the default that the schema of the first two leeways has always
// shown, in seconds.
const oldLeeway = 150

// roleFields describes the fields of a role.
func roleFields() map[string]*framework.FieldSchema {
	field := func(kind framework.FieldType, help string) *framework.FieldSchema {
		return &framework.FieldSchema{Type: kind, Description: help}
	}
	fields := map[string]*framework.FieldSchema{
		"name":                    field(framework.TypeLowerCaseString, "Name of the role. Upper case is turned into lower case."),
		"role_type":               field(framework.TypeString, "'jwt' for logins with a token, 'oidc' for logins with a browser. A new role is 'oidc' if this is left out."),
		"bound_issuers":           field(framework.TypeCommaStringSlice, "Names of the issuers whose tokens the role takes. Left out it takes those of the issuer 'default', which config describes."),
		"bound_audiences":         field(framework.TypeCommaStringSlice, "Audiences of which the token must have one, byte for byte. A token with an audience is refused by a role without."),
		"bound_subject":           field(framework.TypeString, "The sub that the token must have, byte for byte."),
		"bound_claims_type":       {Type: framework.TypeString, Default: boundString, Description: "How the values of bound_claims are meant: 'string' for exactly these, 'glob' for patterns with *."},
		"bound_claims":            field(framework.TypeMap, "Claims that the token must have: an object of claim names, or JSON pointers, to a value or a list of allowed values. Strings, booleans and numbers compare exactly and are never converted."),
		"claim_mappings":          field(framework.TypeKVPairs, "Claims to copy into the metadata of alias and token: an object of claim names, or JSON pointers, to metadata keys."),
		"user_claim":              field(framework.TypeString, "The claim that names the user; its value becomes the name of the entity alias."),
		"user_claim_json_pointer": field(framework.TypeBool, "Take a user_claim that begins with a slash for a JSON pointer."),
		"groups_claim":            field(framework.TypeString, "The claim, or JSON pointer, that lists the user's groups; they become group aliases. The login is refused if the token lacks it."),
		"oidc_scopes":             field(framework.TypeCommaStringSlice, "Scopes that a browser login asks for besides openid."),
		"allowed_redirect_uris":   field(framework.TypeCommaStringSlice, "Where a browser login may return to. Required for role_type oidc."),
		"verbose_oidc_logging":    field(framework.TypeBool, "Log what a browser login receives, at debug level."),
		"max_age":                 field(framework.TypeDurationSecond, "How long ago, in seconds, the user may have authenticated at the provider, for browser logins."),
		"expiration_leeway":       {Type: framework.TypeSignedDurationSecond, Default: oldLeeway, Description: "Kept for compatibility. Tokens without exp are refused, so it has nothing to add to. At most 300 seconds."},
		"not_before_leeway":       {Type: framework.TypeSignedDurationSecond, Default: oldLeeway, Description: "Kept for compatibility. A token without nbf is valid from its start, so it has nothing to add to. At most 300 seconds."},
		"clock_skew_leeway":       {Type: framework.TypeSignedDurationSecond, Default: int(auth.DefaultSkew.Seconds()), Description: "Seconds that exp, nbf and iat may be off because clocks differ. 0 means 60, a negative number none. At most 300 seconds."},
	}
	for name, spec := range map[string]struct {
		kind framework.FieldType
		now  string
	}{
		"policies":    {framework.TypeCommaStringSlice, "token_policies"},
		"num_uses":    {framework.TypeInt, "token_num_uses"},
		"ttl":         {framework.TypeDurationSecond, "token_ttl"},
		"max_ttl":     {framework.TypeDurationSecond, "token_max_ttl"},
		"period":      {framework.TypeDurationSecond, "token_period"},
		"bound_cidrs": {framework.TypeCommaStringSlice, "token_bound_cidrs"},
	} {
		fields[name] = field(spec.kind, tokenutil.DeprecationText(spec.now))
		fields[name].Deprecated = true
	}
	addRuleFields(fields)
	addProofFields(fields)
	addLifeFields(fields)
	tokenutil.AddTokenFields(fields)
	return fields
}

// data is the role as it is read back. Durations are whole seconds.
func (r *roleRecord) data() map[string]any {
	data := map[string]any{
		"role_type":               r.RoleType,
		"expiration_leeway":       int64(r.ExpirationLeeway.Seconds()),
		"not_before_leeway":       int64(r.NotBeforeLeeway.Seconds()),
		"clock_skew_leeway":       int64(r.ClockSkewLeeway.Seconds()),
		"bound_audiences":         r.BoundAudiences,
		"bound_subject":           r.BoundSubject,
		"bound_claims_type":       r.BoundClaimsType,
		"bound_claims":            r.BoundClaims,
		"claim_mappings":          r.ClaimMappings,
		"user_claim":              r.UserClaim,
		"user_claim_json_pointer": r.UserClaimJSONPointer,
		"groups_claim":            r.GroupsClaim,
		"allowed_redirect_uris":   r.AllowedRedirectURIs,
		"oidc_scopes":             r.OIDCScopes,
		"verbose_oidc_logging":    r.VerboseOIDCLogging,
		"max_age":                 int64(r.MaxAge.Seconds()),
	}
	r.PopulateTokenData(data)
	r.ruleData(data)
	r.proofData(data)
	r.lifeData(data)
	// The old names are shown to those who use them.
	if len(r.Policies) > 0 {
		data["policies"] = data["token_policies"]
	}
	if len(r.BoundCIDRs) > 0 {
		data["bound_cidrs"] = data["token_bound_cidrs"]
	}
	if r.NumUses > 0 {
		data["num_uses"] = r.NumUses
	}
	if r.TTL > 0 {
		data["ttl"] = int64(r.TTL.Seconds())
	}
	if r.MaxTTL > 0 {
		data["max_ttl"] = int64(r.MaxTTL.Seconds())
	}
	if r.Period > 0 {
		data["period"] = int64(r.Period.Seconds())
	}
	return data
}
