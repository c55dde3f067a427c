// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"time"

	"github.com/hashicorp/vault/sdk/helper/tokenutil"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// terms returns what a role adds to the decisions on its logins, for an outcome
// as data. Logins themselves have no use for it.
func terms(role string, params *tokenutil.TokenParams) auth.Terms {
	t := auth.Terms{
		Role: role, Policies: params.TokenPolicies, AliasMetadata: params.AliasMetadata,
		Limits: auth.Limits{
			TTL:             seconds(params.TokenTTL),
			MaxTTL:          seconds(params.TokenMaxTTL),
			Period:          seconds(params.TokenPeriod),
			ExplicitMaxTTL:  seconds(params.TokenExplicitMaxTTL),
			NumUses:         params.TokenNumUses,
			TokenType:       params.TokenType.String(),
			NoDefaultPolicy: params.TokenNoDefaultPolicy,
			BoundCIDRs:      []string{},
		},
	}
	for _, c := range params.TokenBoundCIDRs {
		t.Limits.BoundCIDRs = append(t.Limits.BoundCIDRs, c.String())
	}
	return t
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
