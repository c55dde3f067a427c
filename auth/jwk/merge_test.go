// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

func TestMergeKeepsTheEarlierKid(t *testing.T) {
	one := parse(t, public("ES256").with("kid", "a"), public("RS256").with("kid", "b"))
	two := parse(t, public("ES384").with("kid", "a"), public("EdDSA").with("kid", "c"))
	merged := jwk.Merge(nil, one, nil, two)
	require.Equal(t, []string{"a", "b", "c"}, ids(merged))
	require.Equal(t, keys()["ES256"].Private.Public(), merged.Keys()[0].Public)
	require.Equal(t, keys()["ES384"].Private.Public(), jwk.Merge(two, one).Keys()[0].Public)
	ask(t, merged, []question{
		{"of the first", "b", jws.RS256, []string{"b"}, jwk.MissNone},
		{"of the second", "c", jws.EdDSA, []string{"c"}, jwk.MissNone},
		{"the shadowed key", "a", jws.ES384, nil, jwk.MissAlgorithm},
		{"unknown", "d", jws.ES256, nil, jwk.MissKeyID},
	})
}

// TestMergedSetsNeedAKid: without one nothing tells which source a token is of,
// even if a single key would fit.
func TestMergedSetsNeedAKid(t *testing.T) {
	merged := jwk.Merge(parse(t, public("ES256")))
	ask(t, merged, []question{
		{"kid", "ES256", jws.ES256, []string{"ES256"}, jwk.MissNone},
		{"no kid", "", jws.ES256, nil, jwk.MissAmbiguous},
		{"no kid, nothing fits", "", jws.RS256, nil, jwk.MissAmbiguous},
	})
}

func TestMergeLeavesKeysWithoutKidOut(t *testing.T) {
	merged := jwk.Merge(parse(t, public("ES256"), public("RS256").with("kid", nil)))
	require.Equal(t, []string{"ES256"}, ids(merged))
	require.Empty(t, jwk.Merge().Keys())
	require.Empty(t, jwk.Merge(nil, nil).Keys())
}

// TestMergeChangesNoSource: sets are shared between goroutines.
func TestMergeChangesNoSource(t *testing.T) {
	source := parse(t, public("RS256").with("kid", "a").with("alg", "RS256"))
	before := *source.Keys()[0]
	jwk.Merge(source, parse(t, public("RS256").with("kid", "a").with("alg", "PS256")))
	require.Equal(t, before, *source.Keys()[0])
}
