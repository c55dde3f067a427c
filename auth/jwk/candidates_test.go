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

// question is what a token asks of a set, and the answer.
type question struct {
	name string
	kid  string
	alg  jws.Algorithm
	want []string // kids of the candidates
	miss jwk.Miss
}

func ask(t *testing.T, set *jwk.Set, table []question) {
	t.Helper()
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			candidates, miss := set.Candidates(jws.Header{Algorithm: c.alg, KeyID: c.kid})
			require.Equal(t, c.miss, miss)
			var got []string
			for _, k := range candidates {
				got = append(got, k.ID)
				require.True(t, k.Algorithms.Has(c.alg))
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestCandidatesByKid(t *testing.T) {
	second, err := idp.GenerateKey("ES256", "second")
	require.NoError(t, err)
	set := parse(t, public("ES256"), second.JWK(), public("RS256").with("alg", nil), public("ES384").with("kid", nil))
	ask(t, set, []question{
		{"its kid", "ES256", jws.ES256, []string{"ES256"}, jwk.MissNone},
		{"the other kid", "second", jws.ES256, []string{"second"}, jwk.MissNone},
		{"unknown kid", "third", jws.ES256, nil, jwk.MissKeyID},
		{"kid in another case", "es256", jws.ES256, nil, jwk.MissKeyID},
		{"kid of another family", "ES256", jws.RS256, nil, jwk.MissAlgorithm},
		{"one of several algs", "RS256", jws.PS512, []string{"RS256"}, jwk.MissNone},
		{"no alg", "ES256", 0, nil, jwk.MissAlgorithm},
		{"a kid does not find a key without", "ES384", jws.ES384, nil, jwk.MissKeyID},
	})
}

// TestCandidatesWithoutKid covers T8: only a key that is alone in fitting.
func TestCandidatesWithoutKid(t *testing.T) {
	second, err := idp.GenerateKey("ES256", "second")
	require.NoError(t, err)
	set := parse(t, public("ES256"), second.JWK(), public("RS256").with("alg", "RS256"), public("EdDSA").with("kid", nil))
	ask(t, set, []question{
		{"two fit", "", jws.ES256, nil, jwk.MissAmbiguous},
		{"one fits", "", jws.RS256, []string{"RS256"}, jwk.MissNone},
		{"one without kid fits", "", jws.EdDSA, []string{""}, jwk.MissNone},
		{"none fits", "", jws.ES384, nil, jwk.MissAlgorithm},
		{"the same key, not declared", "", jws.RS384, nil, jwk.MissAlgorithm},
	})
	ask(t, parse(t, public("ES256")), []question{{"a set of one", "", jws.ES256, []string{"ES256"}, jwk.MissNone}})
}

// TestStaticKeysAreTried: keys of PEM blocks have no kid, so that of a token
// says nothing.
func TestStaticKeysAreTried(t *testing.T) {
	var list []*jwk.Key
	for _, alg := range []string{"ES256", "RS256"} {
		key, err := jwk.ParsePEM(keys()[alg].PEM())
		require.NoError(t, err)
		list = append(list, key)
	}
	stranger, err := idp.GenerateKey("ES256", "")
	require.NoError(t, err)
	other, err := jwk.ParsePEM(stranger.PEM())
	require.NoError(t, err)
	set := jwk.NewStaticSet(append(list, other, list[0]))
	require.Len(t, set.Keys(), 3, "a key given twice counts once")
	ask(t, set, []question{
		{"any kid", "whatever", jws.ES256, []string{"", ""}, jwk.MissNone},
		{"no kid", "", jws.ES256, []string{"", ""}, jwk.MissNone},
		{"all of the family", "x", jws.PS384, []string{""}, jwk.MissNone},
		{"none fits", "x", jws.EdDSA, nil, jwk.MissAlgorithm},
	})
	ask(t, jwk.NewStaticSet(nil), []question{{"no keys", "", jws.ES256, nil, jwk.MissAlgorithm}})
}
