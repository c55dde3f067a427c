// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/metrics"
)

func (b *backend) pathStatus() *framework.Path {
	return &framework.Path{
		Pattern:      "status$",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "status"},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation: &framework.PathOperation{Callback: b.readStatus, Summary: "Read how the mount is."},
		},
		HelpSynopsis:    "How the mount is: versions, issuers, roles, caches and what was counted.",
		HelpDescription: strings.TrimSpace(mountStatusHelp),
	}
}

const mountStatusHelp = `
What is told holds for the node that answers, since the plugin started there.
"issuers" has the state of each issuer's keys; issuer/NAME/status has the rest.
"logins_refused_by_reason" has the reasons of docs/refusals.md. The same numbers
with roles and issuers are in "metrics".
`

// node reminds of what the numbers hold for.
const nodeNotice = "what is counted is of the node that answered, since \"started\""

func (b *backend) readStatus(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	s, err := b.current(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	state, now := b.state(), b.now()
	data := map[string]any{
		"version":            state.Version,
		"sdk_version":        state.SDK,
		"go_version":         state.Go,
		"node":               nodeNotice,
		"started":            stamp(state.Started),
		"uptime":             span(now.Sub(state.Started)),
		"uptime_seconds":     int64(now.Sub(state.Started).Seconds()),
		"issuers":            describeIssuers(state.Issuers),
		"roles":              state.Roles,
		"roles_loaded":       state.RolesLoaded,
		"token_cache_size":   state.CacheSize,
		"token_cache_used":   state.CacheEntries,
		"token_cache_hits":   state.CacheHits,
		"token_cache_misses": state.CacheMisses,
		"proofs_remembered":  state.Proofs,
		"panics":             state.Panics,
		"observations":       b.observes(s),
		"config":             s.mount.summary(),
	}
	addCounts(data, b.metrics.LoginsByReason())
	return &logical.Response{Data: data}, nil
}

// addCounts adds what became of the logins.
func addCounts(data map[string]any, logins map[string]uint64) {
	outcomes, refused := map[metrics.Outcome]uint64{}, map[string]uint64{}
	for reason, n := range logins {
		outcome := metrics.OutcomeOf(reason)
		outcomes[outcome] += n
		if outcome == metrics.Refused {
			refused[reason] = n
		}
	}
	data["logins_granted"] = outcomes[metrics.Granted]
	data["logins_refused"] = outcomes[metrics.Refused]
	data["logins_failed"] = outcomes[metrics.Failed]
	data["logins_refused_by_reason"] = refused
}

func describeIssuers(list []metrics.Issuer) map[string]any {
	out := map[string]any{}
	for _, i := range list {
		one := map[string]any{"state": i.State, "keys": i.Keys}
		if i.Fetched {
			one["key_age"] = span(i.KeyAge)
			one["key_age_seconds"] = int64(i.KeyAge.Seconds())
			one["stale_until"] = stamp(i.StaleAt)
		}
		out[i.Name] = one
	}
	return out
}

// summary is what an operator asks first about a configuration. It names no
// URL, which may lead inside a network, and no secret.
func (m *mount) summary() map[string]any {
	if !m.configured() {
		return map[string]any{"configured": false}
	}
	return map[string]any{
		"configured":      true,
		"keys_from":       m.record.keysFrom(),
		"bound_issuer":    m.record.BoundIssuer,
		"default_role":    m.record.DefaultRole,
		"login_errors":    m.record.loginErrors(),
		"max_token_bytes": m.tokenBytes,
		"proxy":           m.record.Proxy != "",
		"browser_logins":  m.record.browserFlow(),
	}
}

// keysFrom is the field that names the key source.
func (c *configRecord) keysFrom() string {
	switch {
	case len(c.JWTValidationPubKeys) > 0:
		return "jwt_validation_pubkeys"
	case c.OIDCDiscoveryURL != "":
		return "oidc_discovery_url"
	case c.JWKSURL != "":
		return "jwks_url"
	}
	return "jwks_pairs"
}

func (c *configRecord) loginErrors() string {
	if c.LoginErrors == "" {
		return errorsCoarse
	}
	return c.LoginErrors
}
