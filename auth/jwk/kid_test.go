// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

func TestKeyID(t *testing.T) {
	good := public("ES256")
	judgeAll(t, good, []refused{
		{"number", good.with("kid", 1), jwk.FaultKeyID},
		{"false", good.with("kid", false), jwk.FaultKeyID},
		{"object", good.with("kid", member{}), jwk.FaultKeyID},
		{"list", good.with("kid", []string{"k"}), jwk.FaultKeyID},
		{"257 bytes", good.with("kid", strings.Repeat("k", 257)), jwk.FaultKeyID},
	})
	require.Empty(t, judge(t, good.with("kid", strings.Repeat("k", jws.KeyIDBytes)).String()))
	require.Empty(t, judge(t, good.with("kid", nil).String()))
}

// TestOneKidForTwoKeys covers K6: which of them signed could not be told, so
// neither counts.
func TestOneKidForTwoKeys(t *testing.T) {
	one, two := public("ES256").with("kid", "same"), public("RS256").with("kid", "same")
	for _, members := range [][]member{{one, two}, {two, one}, {one, two, one}, {two, one, public("ES384").with("kid", "same")}} {
		set := parse(t, append(members, bystander())...)
		require.Equal(t, []string{"bystander"}, ids(set))
		require.Equal(t, []jwk.Skipped{{Index: -1, ID: "same", Fault: jwk.FaultDuplicate}}, set.Skipped())
		_, miss := set.Candidates(jws.Header{Algorithm: jws.ES256, KeyID: "same"})
		require.Equal(t, jwk.MissKeyID, miss)
	}
	require.Equal(t, []string{"same", "other"}, ids(parse(t, one, two.with("kid", "other"))))
	_, err := jwk.ParseSet(document(one.String(), two.String()))
	require.ErrorIs(t, err, jwk.FaultNoKeys, "nothing is left")
}

// TestOneKeyListedTwice is what some issuers do to allow two algorithms.
func TestOneKeyListedTwice(t *testing.T) {
	set := parse(t, public("RS256").with("alg", "RS256"), public("RS256").with("alg", "PS256"))
	require.Equal(t, []string{"RS256"}, ids(set))
	require.Empty(t, set.Skipped())
	require.Equal(t, jws.AlgorithmSet(jws.RS256, jws.PS256), set.Keys()[0].Algorithms)
	for _, alg := range []jws.Algorithm{jws.RS256, jws.PS256} {
		_, miss := set.Candidates(jws.Header{Algorithm: alg, KeyID: "RS256"})
		require.Equal(t, jwk.MissNone, miss)
	}
	_, miss := set.Candidates(jws.Header{Algorithm: jws.RS384, KeyID: "RS256"})
	require.Equal(t, jwk.MissAlgorithm, miss)
}

// TestAnUnusableTwinCostsNothing: a key left out for another reason does not
// make the kid ambiguous.
func TestAnUnusableTwinCostsNothing(t *testing.T) {
	set := parse(t, public("ES256"), public("RS256").with("kid", "ES256").with("use", "enc"))
	require.Equal(t, []string{"ES256"}, ids(set))
}

func TestKeysWithoutKid(t *testing.T) {
	one, two := public("ES256").with("kid", nil), public("ES384").with("kid", nil)
	require.Len(t, parse(t, one, two).Keys(), 2, "different keys")
	require.Len(t, parse(t, one, one).Keys(), 1, "the same key")
	require.Len(t, parse(t, one, public("ES256")).Keys(), 2, "one of them has a kid")
}
