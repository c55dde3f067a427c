// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package inprocess

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/fixture"
)

// A short run shows that each contender does what its row says: a login that is
// refused, or a refusal that is granted, ends the run.
func TestRunPrintsEachRow(t *testing.T) {
	var out strings.Builder
	o := Options{Algorithms: []string{"ES256", "RS256", "EdDSA"}, Rounds: 2, Block: 3, Roles: 20, Peer: "the peer"}
	require.NoError(t, Run(t.Context(), &out, o))
	for _, row := range []string{
		"ES256, tokens never seen before", "RS256, tokens never seen before", "EdDSA, tokens never seen before",
		"signature alone", ours, "the peer", "A token seen before", "Refusing 16 KiB", "noise in three parts", "20 roles stored",
	} {
		require.Contains(t, out.String(), row)
	}
}

func TestRunRefusesAnAlgorithmWithoutComparison(t *testing.T) {
	o := Options{Algorithms: []string{"ES512"}, Rounds: 1, Block: 1, Roles: 10}
	require.ErrorContains(t, Run(t.Context(), &strings.Builder{}, o), "ES512")
}

// The shapes are as long as a token may be, so that no length check spares the
// work.
func TestShapesAreAsLongAsATokenMayBe(t *testing.T) {
	issuer, err := fixture.NewIssuer("ES256")
	require.NoError(t, err)
	defer issuer.Close()
	for _, s := range shapes(issuer) {
		require.LessOrEqual(t, len(s.token), jws.DefaultTokenBytes, s.name)
		require.Greater(t, len(s.token), jws.DefaultTokenBytes*9/10, s.name)
	}
}

func TestRaceWarmsUpBeforeItCounts(t *testing.T) {
	var got []string
	c := contender{"x", func(tokens []string) func(context.Context) error {
		return func(context.Context) error {
			got = append(got, tokens...)
			return nil
		}
	}}
	results, err := race(t.Context(), split([]string{"a", "b", "c", "d", "e", "f", "g"}, 2), []contender{c})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c", "d", "e", "f"}, got)
	require.Len(t, results[0].ns, 2)
}
