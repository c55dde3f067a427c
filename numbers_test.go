// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// A number that a field has no place for, or that was rounded on its way, is
// refused and never cut.
func TestNumbersAreTakenAsTheyWereSent(t *testing.T) {
	t.Parallel()
	const (
		whole  = "it must be a whole number"
		size   = "it must be from -9007199254740991 to 9007199254740991"
		toggle = "it must be true or false"
		text   = "send a number of 9007199254740992 or more, or of more than 15 digits, as a string: Vault rounds it on its way to the plugin"
	)
	type field struct {
		path, name string
		bad, good  []any
		want       string
	}
	for _, f := range []field{
		{"role/ci", "token_ttl", []any{0.5, 1.5, -0.5}, []any{2.0, "3s"}, whole},
		{"role/ci", "token_max_ttl", []any{0.9}, []any{600.0}, whole},
		{"role/ci", "token_explicit_max_ttl", []any{0.5}, []any{600.0, 0.0}, whole},
		{"role/ci", "token_period", []any{-0.5, 0.1}, []any{0.0}, whole},
		{"role/ci", "token_num_uses", []any{0.9}, []any{1.0}, whole},
		{"role/ci", "token_num_uses", []any{1e17, float64(math.MaxInt64), -1e300}, []any{9007199254740991.0, "9223372036854775807"}, size},
		{"role/ci", "ttl", []any{0.5}, []any{60.0}, whole},
		{"role/ci", "clock_skew_leeway", []any{0.5, -0.5}, []any{-1.0, 30.0}, whole},
		{"role/ci", "priority", []any{0.5}, []any{-3.0}, whole},
		{"role/ci", "user_claim_json_pointer", []any{2.0, 0.2}, []any{1.0, 0.0, false}, toggle},
		{"role/ci", "token_no_default_policy", []any{-3.0}, []any{0.0}, toggle},
		{"role/ci", "bound_subject", []any{1795549640123456789.0, 9007199254740992.0, 0.1234567890123456}, []any{123456789012345.0, 1.5, "1795549640123456789"}, text},
		{"role/ci", "bound_audiences", []any{[]any{"vault", 1e17}, 1e17}, []any{[]any{"vault", 5.0}}, text},
		{"role/ci", "token_policies", []any{[]any{1e17}}, []any{[]any{"deploy", 7.0}}, text},
		{"role/ci", "claim_mappings", []any{map[string]any{"a": 1e17}}, []any{map[string]any{"a": 5.0}}, text},
		{"role/ci/candidate", "token_ttl", []any{0.5}, []any{60.0}, whole},
		{"role/ci/candidate", "bound_subject", []any{1e17}, []any{"x"}, text},
		{"config", "bound_issuer", []any{1e17}, []any{"https://issuer.test"}, text},
		{"config", "max_token_bytes", []any{0.5}, []any{1000.0}, whole},
		{"config", "namespace_in_state", []any{2.0}, []any{1.0}, toggle},
		{"issuer/x", "max_token_age", []any{0.5}, []any{60.0}, whole},
		{"revocation/x", "jti", []any{1e17}, []any{"5"}, text},
		{"shadow", "queue_size", []any{1.5}, []any{8.0}, whole},
		{"shadow", "sample_rate", nil, []any{0.5, 0.123456789012345678}, ""},
	} {
		m := newReadyMount(t)
		base := map[string]map[string]any{
			"config":       {"jwt_validation_pubkeys": m.issuer.key.PEM(), "bound_issuer": m.issuer.id},
			"issuer/x":     {"issuer": "https://x.test", "jwt_validation_pubkeys": m.issuer.key.PEM()},
			"revocation/x": {"issuer": "default", "sub": "s"},
			"shadow":       {"mount": "x", "address": "http://127.0.0.1:1"},
		}[f.path]
		if base == nil {
			base = map[string]any{}
		}
		with := func(value any) map[string]any {
			return overlay(overlay(map[string]any{}, base), map[string]any{f.name: value})
		}
		for _, value := range f.bad {
			require.Equal(t, `field "`+f.name+`": `+f.want, m.refuseWrite(f.path, with(value)), "%s %v", f.path, value)
		}
		for _, value := range f.good {
			m.write(f.path, with(value))
		}
	}
}
