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

// TestDeclaredAlgorithm covers K2: alg must be one that the key can do.
func TestDeclaredAlgorithm(t *testing.T) {
	for _, good := range []member{public("RS256"), public("ES256"), public("ES384"), public("ES512"), public("EdDSA")} {
		var table []refused
		for _, alg := range []any{"ES521", "ES224", "ES256K", "HS256", "none", "RSA1_5", "RSA-OAEP", "A256GCM", "es256", "RS256 ", " ", "Ed25519", 1, false, []string{"ES256"}, member{}} {
			table = append(table, refused{"alg", good.with("alg", alg), jwk.FaultType})
		}
		for _, other := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
			if other != good["alg"] {
				table = append(table, refused{other, good.with("alg", other), jwk.FaultType})
			}
		}
		judgeAll(t, good, table)
	}
}

// TestAlgorithmsOfAKey: the declared one alone, or all of the family.
func TestAlgorithmsOfAKey(t *testing.T) {
	require.Equal(t, jws.AlgorithmSet(jws.PS384), parse(t, public("RS256").with("alg", "PS384")).Keys()[0].Algorithms)
	require.Equal(t, jws.Of(jws.RSA), parse(t, public("RS256").with("alg", nil)).Keys()[0].Algorithms)
	require.Equal(t, jws.AlgorithmSet(jws.ES512), parse(t, public("ES512").with("alg", nil)).Keys()[0].Algorithms)
}

// TestOnlyTheDiagonalVerifies covers T3: tokens of ten algorithms against ten
// keys that declare one each. The six RSA keys are the same but for alg, which
// is all that keeps an RS256 token from the PS512 key.
func TestOnlyTheDiagonalVerifies(t *testing.T) {
	signers := map[string]*idp.Key{}
	for _, alg := range idp.Algorithms() {
		signers[alg] = keys()["RS256"]
		if key := keys()[alg]; key != nil {
			signers[alg] = key
		}
	}
	require.Len(t, signers, 10)
	for _, made := range idp.Algorithms() {
		input := b64([]byte(`{"alg":"`+made+`","kid":"k"}`)) + "." + b64([]byte(`{"sub":"a"}`))
		signature, err := idp.SignRaw(made, signers[made].Private, []byte(input))
		require.NoError(t, err)
		token, err := jws.Parse(input+"."+b64(signature), jws.DefaultTokenBytes)
		require.NoError(t, err)
		for _, declared := range idp.Algorithms() {
			set := parse(t, member(signers[declared].JWK()).with("alg", declared).with("kid", "k"))
			candidates, miss := set.Candidates(token.Header())
			if made != declared {
				require.Equal(t, jwk.MissAlgorithm, miss, "%s token, %s key", made, declared)
				require.Empty(t, candidates)
				continue
			}
			require.Equal(t, jwk.MissNone, miss)
			require.Len(t, candidates, 1)
			require.True(t, token.VerifiedBy(candidates[0].Public), made)
		}
	}
}
