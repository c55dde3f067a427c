// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// TestPrivateAndSecretKeys covers K5: an issuer that publishes its private key
// has lost it, so the public half is no longer worth believing.
func TestPrivateAndSecretKeys(t *testing.T) {
	good := public("RS256")
	private := keys()["RS256"].Private.(*rsa.PrivateKey)
	judgeAll(t, good, []refused{
		{"d", good.with("d", b64Int(private.D)), jwk.FaultPrivate},
		{"d empty", good.with("d", ""), jwk.FaultPrivate},
		{"d false", good.with("d", false), jwk.FaultPrivate},
		{"d empty list", good.with("d", []any{}), jwk.FaultPrivate},
		{"k empty", good.with("k", ""), jwk.FaultPrivate},
		{"p", good.with("p", b64Int(private.Primes[0])), jwk.FaultPrivate},
		{"q", good.with("q", b64Int(private.Primes[1])), jwk.FaultPrivate},
		{"dp", good.with("dp", "AQ"), jwk.FaultPrivate},
		{"dq", good.with("dq", "AQ"), jwk.FaultPrivate},
		{"qi", good.with("qi", "AQ"), jwk.FaultPrivate},
		{"oth", good.with("oth", []any{member{"r": "AQ"}}), jwk.FaultPrivate},
		{"oth empty object", good.with("oth", member{}), jwk.FaultPrivate},
		{"oth empty", good.with("oth", ""), jwk.FaultPrivate},
		{"one of many", allNull(good).with("qi", "AQ"), jwk.FaultPrivate},
		{"k", good.with("k", "AQ"), jwk.FaultPrivate},
		{"oct", member{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "kid": "h"}, jwk.FaultPrivate},
		{"oct without k", member{"kty": "oct"}, jwk.FaultPrivate},
		{"oct with k null", member{"kty": "oct", "k": null{}}, jwk.FaultPrivate},
		{"oct for encryption", member{"kty": "oct", "k": "c2VjcmV0", "use": "enc"}, jwk.FaultPrivate},
	})
	edwards := keys()["EdDSA"].Private.(ed25519.PrivateKey)
	require.Equal(t, jwk.FaultPrivate, judge(t, public("EdDSA").with("d", b64(edwards.Seed())).String()))
	require.Equal(t, jwk.FaultPrivate, judge(t, public("ES256").with("d", "AQ").String()))
}

// TestNothingPrivateIsKept looks through all that a set gives out.
func TestNothingPrivateIsKept(t *testing.T) {
	seed := b64(keys()["EdDSA"].Private.(ed25519.PrivateKey).Seed())
	set := parse(t, bystander(), public("EdDSA").with("d", seed))
	require.NotContains(t, fmt.Sprintf("%+v %+v", set.Keys(), set.Skipped()), seed)
	require.Equal(t, []string{"bystander"}, ids(set))
}
