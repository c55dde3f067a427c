// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"errors"
	"fmt"

	"github.com/hashicorp/vault/sdk/framework"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// addLifeFields adds the fields of a role that say how long and how often a
// token counts.
func addLifeFields(fields map[string]*framework.FieldSchema) {
	for name, f := range map[string]*framework.FieldSchema{
		"token_ttl_follows_jwt": {Type: framework.TypeBool, Description: "End the Vault token no later than the JWT, renewals included. Cannot be combined with token_period."},
		"max_token_age":         {Type: framework.TypeDurationSecond, Description: "Longest time since the token's iat, in seconds, in addition to what its issuer sets. 0 means no limit."},
		"renew":                 {Type: framework.TypeString, Description: "What a renewal demands. 'role' (default): that the claims of the login still satisfy the role. 'revalidate': also that the JWT has not expired and the issuer still has the key that signed it. 'never': tokens cannot be renewed."},
		"replay":                {Type: framework.TypeString, Description: "How often a JWT may log in. 'off' (default): until it expires. 'node': once, remembered in the memory of the node. 'storage': once, remembered in storage too, over restarts and on every node of the cluster."},
	} {
		fields[name] = f
	}
}

// applyLife puts the fields that say how long and how often a token counts into
// the role. The defaults are stored as nothing.
func (r *roleRecord) applyLife(d *framework.FieldData) {
	set(d, "token_ttl_follows_jwt", &r.TokenTTLFollowsJWT)
	setSeconds(d, "max_token_age", &r.MaxTokenAge)
	if text, sent := d.GetOk("renew"); sent {
		if r.Renew = auth.Renew(text.(string)); r.Renew == auth.RenewByRole {
			r.Renew = ""
		}
	}
	if text, sent := d.GetOk("replay"); sent {
		if r.Replay = auth.Replay(text.(string)); r.Replay == auth.ReplayOff {
			r.Replay = ""
		}
	}
}

// life is the part that logins and renewals go by.
func (r *roleRecord) life() auth.Life {
	return auth.Life{FollowsToken: r.TokenTTLFollowsJWT, MaxTokenAge: r.MaxTokenAge, Renew: r.Renew, Replay: r.Replay}
}

// checkLife refuses what contradicts itself. Values that are none of the known
// ones are refused when the role is compiled.
func (r *roleRecord) checkLife() error {
	switch {
	case r.TokenTTLFollowsJWT && r.TokenPeriod > 0:
		return errors.New("token_ttl_follows_jwt: it cannot be combined with token_period, since a periodic token has no end; use token_ttl")
	case r.life().OneTime() && r.ClockSkewLeeway > auth.MaxLeeway:
		return fmt.Errorf("replay: clock_skew_leeway must be at most %d seconds, since a token is remembered no longer than that after it expires", int(auth.MaxLeeway.Seconds()))
	}
	return nil
}

// lifeData adds those of the fields that are set to what is read back.
func (r *roleRecord) lifeData(data map[string]any) {
	if r.TokenTTLFollowsJWT {
		data["token_ttl_follows_jwt"] = true
	}
	if r.MaxTokenAge > 0 {
		data["max_token_age"] = int64(r.MaxTokenAge.Seconds())
	}
	if r.Renew != "" {
		data["renew"] = string(r.Renew)
	}
	if r.Replay != "" {
		data["replay"] = string(r.Replay)
	}
}
