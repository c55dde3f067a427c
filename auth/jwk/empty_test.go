// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// null is JSON's null; nil would remove the member.
type null struct{}

func (null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// allNull is the key as serialisers write it that emit every member they know.
func allNull(m member) member {
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "use", "alg", "kid", "key_ops", "x5u", "x5c", "x5t", "x5t#S256", "oct"} {
		if _, has := m[name]; !has {
			m = m.with(name, null{})
		}
	}
	return m
}

// TestEmptyMembersCountAsAbsent: what says nothing is as good as not there, and
// the key is the same as without it.
func TestEmptyMembersCountAsAbsent(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		bare := public(alg).bare()
		want := parse(t, bare).Keys()
		for _, name := range []string{"use", "alg", "kid", "key_ops", "x5u", "x5c", "x5t", "x5t#S256"} {
			for _, empty := range []any{null{}, "", []any{}} {
				require.Equal(t, want, parse(t, bare.with(name, empty)).Keys(), "%s %s %v", alg, name, empty)
			}
		}
		for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
			require.Equal(t, want, parse(t, bare.with(name, null{})).Keys(), "%s %s", alg, name)
		}
		require.Equal(t, want, parse(t, bare.with("oth", []any{})).Keys())
		require.Equal(t, want, parse(t, allNull(bare)).Keys())
	}
}

// TestRequiredMembersAreNeverEmpty: without them there is no key.
func TestRequiredMembersAreNeverEmpty(t *testing.T) {
	for alg, names := range map[string][]string{"RS256": {"kty", "n", "e"}, "ES256": {"kty", "crv", "x", "y"}, "EdDSA": {"kty", "crv", "x"}} {
		good := public(alg)
		require.Empty(t, judge(t, good.String()))
		for _, name := range names {
			for _, empty := range []any{null{}, "", []any{}} {
				require.NotEmpty(t, judge(t, good.with(name, empty).String()), "%s %s %v", alg, name, empty)
			}
		}
	}
}

// TestAnEmptyKidIsNoKid: such keys are found as keys without kid are, and are
// never taken for two with the same.
func TestAnEmptyKidIsNoKid(t *testing.T) {
	one, two := public("ES256").with("kid", ""), public("ES384").with("kid", null{})
	set := parse(t, one, two)
	require.Equal(t, []string{"", ""}, ids(set))
	require.Equal(t, parse(t, one.with("kid", nil), two.with("kid", nil)).Keys(), set.Keys())
	for _, alg := range []jws.Algorithm{jws.ES256, jws.ES384} {
		found, miss := set.Candidates(jws.Header{Algorithm: alg})
		require.Equal(t, jwk.MissNone, miss)
		require.Len(t, found, 1)
	}
	absent := parse(t, one.with("kid", nil), two.with("kid", nil))
	found, miss := set.Candidates(jws.Header{Algorithm: jws.ES256, KeyID: "k"})
	wantFound, wantMiss := absent.Candidates(jws.Header{Algorithm: jws.ES256, KeyID: "k"})
	require.Equal(t, wantMiss, miss)
	require.Len(t, found, len(wantFound))

	second, err := idp.GenerateKey("ES256", "second")
	require.NoError(t, err)
	_, miss = parse(t, one, member(second.JWK()).with("kid", "")).Candidates(jws.Header{Algorithm: jws.ES256})
	require.NotEqual(t, jwk.MissNone, miss, "two keys fit")
}

// TestABundleNeedsUseAndKid: an empty one is none there either.
func TestABundleNeedsUseAndKid(t *testing.T) {
	good := public("ES256").with("use", "jwt-svid")
	parseBundle := func(m member) error {
		_, _, err := jwk.ParseBundle(document(m.String()))
		return err
	}
	require.NoError(t, parseBundle(good))
	require.NoError(t, parseBundle(allNull(good)))
	for _, empty := range []any{null{}, "", []any{}} {
		require.Error(t, parseBundle(good.with("use", empty)))
		require.ErrorIs(t, parseBundle(good.with("kid", empty)), jwk.FaultKeyID)
	}
}
