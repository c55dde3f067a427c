// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOutcomeOfAnAllowedLogin(t *testing.T) {
	t.Parallel()
	d := Decision{
		Reason: Allowed, Issuer: "github", Policies: []string{"computed", "fixed"}, Payload: "secret",
		Identity: Identity{User: "alice", Alias: "github/alice", Groups: []string{"dev"}, Metadata: map[string]string{"role": "ci"}},
	}
	terms := Terms{
		Role: "ci", Policies: []string{"fixed"}, AliasMetadata: map[string]string{"note": "x"},
		Limits: Limits{TTL: 60, MaxTTL: 120, Period: 30, ExplicitMaxTTL: 240, NumUses: 3, TokenType: "service", NoDefaultPolicy: true, BoundCIDRs: []string{"192.0.2.1"}},
	}
	text, err := json.Marshal(d.Outcome(terms))
	require.NoError(t, err)
	require.JSONEq(t, `{"allowed": true, "reason": "allowed", "role": "ci", "issuer": "github", "grant": {
		"user": "alice", "alias": "github/alice", "groups": ["dev"], "metadata": {"role": "ci"}, "alias_metadata": {"note": "x"},
		"policies": ["fixed", "computed"], "ttl": 60, "max_ttl": 120, "period": 30, "explicit_max_ttl": 240, "num_uses": 3,
		"token_type": "service", "no_default_policy": true, "bound_cidrs": ["192.0.2.1"]}}`, string(text))
	require.Equal(t, []string{"fixed"}, terms.Policies)
	require.Equal(t, d.Outcome(terms), d.Outcome(terms).Public())
}

func TestOutcomeOfADeniedLogin(t *testing.T) {
	t.Parallel()
	for reason := range produced() {
		d := Decision{Reason: reason, About: "team", Issuer: "github", Policies: []string{"p"}}
		if d.Allowed() {
			continue
		}
		o := d.Outcome(Terms{Role: "ci", Policies: []string{"fixed"}})
		require.Equal(t, Outcome{Reason: reason, About: "team", Role: "ci", Issuer: "github"}, o)
		if reason.BeforeSignature() {
			require.Equal(t, Outcome{Reason: Unverified}, o.Public(), "strangers learn nothing")
		} else {
			require.Equal(t, o, o.Public())
		}
	}
}
