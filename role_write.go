// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/helper/tokenutil"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// maxPriority bounds priority on both sides of 0.
const maxPriority = 1_000_000

// newRoleRecord is a role of which nothing was said yet.
func newRoleRecord() *roleRecord {
	return &roleRecord{RoleType: roleTypeOIDC, BoundClaimsType: boundString}
}

// apply puts the fields that were sent into the role and keeps the others.
// Vault's own method resets role_type, bound_claims_type and alias_metadata
// when they are left out, which turns patterns into plain strings and cuts roles
// off; docs/differences.md lists it.
func (r *roleRecord) apply(req *logical.Request, d *framework.FieldData) error {
	kept := r.AliasMetadata
	if err := r.ParseTokenFields(req, d); err != nil {
		return err
	}
	if _, sent := d.GetOk("alias_metadata"); !sent && kept != nil {
		r.AliasMetadata = kept
	}
	if err := r.applyOldNames(d); err != nil {
		return err
	}
	if kind, sent := d.GetOk("role_type"); sent && kind.(string) != "" {
		r.RoleType = kind.(string)
	}
	if kind, sent := d.GetOk("bound_claims_type"); sent {
		r.BoundClaimsType = kind.(string)
	}
	if err := r.applyLeeways(d); err != nil {
		return err
	}
	if err := r.applyRules(d); err != nil {
		return err
	}
	r.applyProof(d)
	r.applyLife(d)
	if names, sent := d.GetOk("bound_issuers"); sent {
		r.BoundIssuers = lowerAll(names.([]string))
	}
	set(d, "bound_audiences", &r.BoundAudiences)
	set(d, "bound_subject", &r.BoundSubject)
	set(d, "bound_claims", &r.BoundClaims)
	set(d, "claim_mappings", &r.ClaimMappings)
	set(d, "user_claim", &r.UserClaim)
	set(d, "user_claim_json_pointer", &r.UserClaimJSONPointer)
	set(d, "groups_claim", &r.GroupsClaim)
	set(d, "oidc_scopes", &r.OIDCScopes)
	set(d, "allowed_redirect_uris", &r.AllowedRedirectURIs)
	set(d, "verbose_oidc_logging", &r.VerboseOIDCLogging)
	if seconds, sent := d.GetOk("max_age"); sent {
		r.MaxAge = time.Duration(seconds.(int)) * time.Second
	}
	return nil
}

// lowerAll turns names of issuers into lower case, as their paths do.
func lowerAll(names []string) []string {
	lower := make([]string, len(names))
	for i, name := range names {
		lower[i] = strings.ToLower(name)
	}
	return lower
}

func set[T any](d *framework.FieldData, name string, into *T) {
	if value, sent := d.GetOk(name); sent {
		*into = value.(T)
	}
}

// applyOldNames lets the deprecated names of token fields act as they always did.
func (r *roleRecord) applyOldNames(d *framework.FieldData) error {
	return errors.Join(
		tokenutil.UpgradeValue(d, "policies", "token_policies", &r.Policies, &r.TokenPolicies),
		tokenutil.UpgradeValue(d, "bound_cidrs", "token_bound_cidrs", &r.BoundCIDRs, &r.TokenBoundCIDRs),
		tokenutil.UpgradeValue(d, "num_uses", "token_num_uses", &r.NumUses, &r.TokenNumUses),
		tokenutil.UpgradeValue(d, "ttl", "token_ttl", &r.TTL, &r.TokenTTL),
		tokenutil.UpgradeValue(d, "max_ttl", "token_max_ttl", &r.MaxTTL, &r.TokenMaxTTL),
		tokenutil.UpgradeValue(d, "period", "token_period", &r.Period, &r.TokenPeriod),
	)
}

// applyLeeways bounds the leeways that are sent. A longer one that an older
// role already has is kept until it is written.
func (r *roleRecord) applyLeeways(d *framework.FieldData) error {
	for _, field := range []struct {
		name string
		into *time.Duration
	}{
		{"expiration_leeway", &r.ExpirationLeeway},
		{"not_before_leeway", &r.NotBeforeLeeway},
		{"clock_skew_leeway", &r.ClockSkewLeeway},
	} {
		seconds, sent := d.GetOk(field.name)
		if !sent {
			continue
		}
		leeway := time.Duration(seconds.(int)) * time.Second
		if leeway > auth.MaxLeeway {
			return fmt.Errorf("'%s' cannot be more than %d seconds: a leeway is for clocks that differ, and a longer one keeps expired tokens alive", field.name, int(auth.MaxLeeway.Seconds()))
		}
		*field.into = leeway
	}
	return nil
}

// validate checks the role as a whole and compiles it.
func (r *roleRecord) validate(name string, maxLease time.Duration) (*auth.Role, error) {
	switch {
	case r.RoleType != roleTypeJWT && r.RoleType != roleTypeOIDC:
		return nil, fmt.Errorf("invalid 'role_type': %s", r.RoleType)
	case r.TokenPeriod > maxLease:
		return nil, fmt.Errorf("'period' of '%q' is greater than the backend's maximum lease TTL of '%q'", r.TokenPeriod.String(), maxLease.String())
	case r.BoundClaimsType != boundString && r.BoundClaimsType != boundGlob:
		return nil, fmt.Errorf("invalid 'bound_claims_type': %s", r.BoundClaimsType)
	}
	if err := checkMappings(r.ClaimMappings); err != nil {
		return nil, err
	}
	switch {
	case r.UserClaim == "" && r.UserExpression == "":
		return nil, errors.New("a user claim must be defined on the role")
	case r.RoleType == roleTypeOIDC && len(r.AllowedRedirectURIs) == 0:
		//lint:ignore ST1005 clients match the text
		return nil, errors.New("'allowed_redirect_uris' must be set if 'role_type' is 'oidc' or unspecified.")
	case r.RoleType == roleTypeJWT && !r.isBound():
		return nil, errors.New("must have at least one bound constraint when creating/updating a role")
	case r.TokenMaxTTL > 0 && r.TokenTTL > r.TokenMaxTTL:
		return nil, errors.New("ttl should not be greater than max ttl")
	case r.AutoSelect && r.RoleType != roleTypeJWT:
		return nil, errors.New("'auto_select' needs 'role_type' to be 'jwt': nobody can log in to another role with a token")
	case r.Priority < -maxPriority || r.Priority > maxPriority:
		return nil, fmt.Errorf("'priority' must be from %d to %d", -maxPriority, maxPriority)
	case r.MaxAge < 0:
		return nil, errors.New("'max_age' cannot be negative")
	}
	if err := errors.Join(r.checkToken(), r.checkLife()); err != nil {
		return nil, err
	}
	if err := r.checkProof(); err != nil {
		return nil, err
	}
	return compileNew(name, r)
}

// checkToken repeats checks of ParseTokenFields, which has not seen what came
// under a deprecated name. The texts are those of the SDK.
func (r *roleRecord) checkToken() error {
	batch := r.TokenType == logical.TokenTypeBatch
	switch {
	case r.TokenNumUses < 0:
		return errors.New("'token_num_uses' cannot be negative")
	case batch && r.TokenPeriod != 0:
		return errors.New("'token_type' cannot be 'batch' or 'default_batch' when set to generate periodic tokens")
	case batch && r.TokenNumUses != 0:
		return errors.New("'token_type' cannot be 'batch' or 'default_batch' when set to generate tokens with limited use count")
	}
	return nil
}

func (r *roleRecord) isBound() bool {
	return len(r.BoundAudiences) > 0 || len(r.TokenBoundCIDRs) > 0 || r.BoundSubject != "" || len(r.BoundClaims) > 0 || r.Condition != ""
}

// checkMappings refuses two claims for one metadata key, and the key that always
// holds the role's name.
func checkMappings(mappings map[string]string) error {
	taken := map[string]bool{}
	for _, key := range mappings {
		if key == "role" {
			return fmt.Errorf("metadata key %q is reserved and may not be a mapping destination", key)
		}
		if taken[key] {
			return fmt.Errorf("multiple keys are mapped to metadata key %q", key)
		}
		taken[key] = true
	}
	return nil
}

// roleWarnings tells of what is accepted and perhaps not meant. Nil for nothing.
func roleWarnings(r *roleRecord, maxLease time.Duration) *logical.Response {
	resp := &logical.Response{}
	if r.TokenMaxTTL > maxLease {
		resp.AddWarning("token max ttl is greater than the system or backend mount's maximum TTL value; issued tokens' max TTL value will be truncated")
	}
	if r.VerboseOIDCLogging {
		resp.AddWarning("verbose_oidc_logging has been enabled for this role. This is not recommended in production since sensitive information may be present in OIDC responses.")
	}
	if len(resp.Warnings) == 0 {
		return nil
	}
	return resp
}
