// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// attack is a token made to deceive, and what must stop it. The rows: T1 algorithm none, T2 a MAC with a
// public key, T3 another algorithm, T4 and T5 the sender's own key, T6 the
// sender's certificate, T7 and T8 kid, T9 crit, T10 duplicates, T11 other
// serialisations, T12 base64, T13 parts, T14 to T17 signatures, T18 typ, T19
// polyglots, T20 size, T21 JSON of the header.
type attack struct {
	row, name string
	token     string
	want      verdict
}

// attacks are those of all rows.
func (s *stage) attacks(t testing.TB) []attack {
	t.Helper()
	var all []attack
	for _, row := range []func() []attack{
		s.none, s.macs, s.otherAlgorithms, s.embeddedKeys, s.certificates, s.keyIDs, s.extensions, s.duplicates, s.types, s.headerJSON,
		s.serialisations, s.encodings, s.parts, s.polyglots, s.sizes,
		s.ecdsaEdges, s.edwardsEdges, s.saltLengths, s.paddings,
	} {
		made := row()
		require.NotEmpty(t, made)
		all = append(all, made...)
	}
	return all
}

func TestAttacksAreRefused(t *testing.T) {
	s := newStage(t)
	for _, alg := range idp.Algorithms() {
		require.Equal(t, accepted, enter(s.set, s.token(alg)), "the true %s token", alg)
	}
	rows := map[string]int{}
	for _, a := range s.attacks(t) {
		require.NotEqual(t, accepted, a.want)
		require.Equal(t, a.want, enter(s.set, a.token), "%s %s", a.row, a.name)
		rows[a.row]++
	}
	for row := 1; row <= 21; row++ {
		require.NotZero(t, rows[fmt.Sprintf("T%d", row)], "no attack of row T%d", row)
	}
	require.Zero(t, s.provider.Requests(idp.JWKS), "somebody followed jku or x5u")
}
