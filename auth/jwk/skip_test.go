// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// strangers are members of future, foreign or broken issuers.
func strangers() map[string]string {
	good := public("ES256")
	return map[string]string{
		"AKP":               `{"kty":"AKP","alg":"ML-DSA-44","pub":"AQ","kid":"pq"}`,
		"X25519":            `{"kty":"OKP","crv":"X25519","x":"AQ","kid":"x"}`,
		"Ed448":             `{"kty":"OKP","crv":"Ed448","x":"AQ","alg":"EdDSA"}`,
		"secp256k1":         `{"kty":"EC","crv":"secp256k1","x":"AQ","y":"AQ"}`,
		"unknown kty":       `{"kty":"XYZ"}`,
		"no kty":            `{"kid":"k"}`,
		"empty object":      `{}`,
		"null":              `null`,
		"string":            `"key"`,
		"number":            `1`,
		"bool":              `true`,
		"list":              `[]`,
		"list of keys":      `[` + good.String() + `]`,
		"point off curve":   good.with("y", good["x"]).String(),
		"duplicate member":  `{"kty":"EC","kty":"EC"}`,
		"folding member":    `{"kid":"a","KID":"b"}`,
		"half a surrogate":  `{"kid":"\ud800"}`,
		"bad UTF-8":         "{\"kid\":\"\xff\"}",
		"nested deep":       `{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}`,
		"number too great":  `{"a":1e999}`,
		"set in a set":      `{"keys":[]}`,
		"encryption key":    good.with("use", "enc").String(),
		"secret key":        `{"kty":"oct","k":"AQ"}`,
		"duplicate of keys": `{"keys":1,"keys":2}`,
	}
}

// TestStrangersCostOnlyThemselves covers K7: whatever stands beside the good
// keys, in front of them, behind them or between.
func TestStrangersCostOnlyThemselves(t *testing.T) {
	good, other := public("ES256").String(), public("RS256").String()
	for name, text := range strangers() {
		t.Run(name, func(t *testing.T) {
			for at := range 3 {
				members := append([]string{}, []string{good, other}[:min(at, 2)]...)
				members = append(members, text)
				members = append(members, []string{good, other}[min(at, 2):]...)
				set, err := jwk.ParseSet(document(members...))
				require.NoError(t, err)
				require.Equal(t, []string{"ES256", "RS256"}, ids(set))
				require.Len(t, set.Skipped(), 1)
				require.Equal(t, at, set.Skipped()[0].Index)
			}
		})
	}
}

func TestAllStrangersTogether(t *testing.T) {
	var members []string
	for _, text := range strangers() {
		members = append(members, text)
	}
	_, err := jwk.ParseSet(document(members...))
	require.ErrorIs(t, err, jwk.FaultNoKeys)
	set, err := jwk.ParseSet(document(append(members, public("ES256").String())...))
	require.NoError(t, err)
	require.Equal(t, []string{"ES256"}, ids(set))
	require.Len(t, set.Skipped(), len(strangers()))
}

// TestUnknownMembersOfAKeyAreIgnored: RFC 7517 section 4 says so.
func TestUnknownMembersOfAKeyAreIgnored(t *testing.T) {
	require.Empty(t, judge(t, public("ES256").with("x5c", []string{"MIIB"}).with("exp", 1).with("issuer", map[string]any{"a": nil}).String()))
}
