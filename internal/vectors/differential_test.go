// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// TestOursRefusesWhateverPeersRefuse: among true tokens, their valid twins, all
// attacks and thousands of random changes, ours accepts nothing that one of the
// others refuses.
func TestOursRefusesWhateverPeersRefuse(t *testing.T) {
	s := newStage(t)
	peers := s.peers(t)
	tokens := s.twins()
	for _, alg := range idp.Algorithms() {
		tokens = append(tokens, s.token(alg))
	}
	wellFormed := len(tokens)
	for _, a := range s.attacks(t) {
		tokens = append(tokens, a.token)
	}
	random := rand.New(rand.NewPCG(7, 11))
	for _, token := range tokens[:wellFormed] {
		for range 2000 {
			tokens = append(tokens, changed(random, token))
		}
	}
	admitted := 0
	for _, token := range tokens {
		if enter(s.set, token) != accepted {
			continue
		}
		admitted++
		for _, p := range peers {
			require.True(t, p.accepts(token), "%s refuses what we accept: %.200q", p.name, token)
		}
	}
	require.Equal(t, wellFormed, admitted, "no change of a token is accepted")
}

// changed is the token with one octet changed, added or lost.
func changed(random *rand.Rand, token string) string {
	at := random.IntN(len(token))
	octet := byte(random.IntN(256))
	switch random.IntN(3) {
	case 0:
		if octet == token[at] {
			octet ^= 1
		}
		return token[:at] + string([]byte{octet}) + token[at+1:]
	case 1:
		return token[:at] + string([]byte{octet}) + token[at:]
	default:
		return token[:at] + token[at+1:]
	}
}

// TestPeersAreLooser keeps the rows of attacks of which a peer accepts at least
// one: the looseness that this project removes, and the proof that the attacks
// are alive. None of these tokens was forged: each is signed with the true key,
// and wrong in another way. A change after an update of a peer is news, not a
// fault.
func TestPeersAreLooser(t *testing.T) {
	s := newStage(t)
	everywhere := []string{"T3", "T4", "T5", "T9", "T10", "T12", "T13", "T16", "T18", "T20", "T21"}
	want := map[string][]string{
		"cap static": append([]string{"T7"}, everywhere...),
		"cap remote": append([]string{"T7", "T11"}, everywhere...),
		"go-jose":    append([]string{"T7", "T11"}, everywhere...),
		"golang-jwt": everywhere,
	}
	for _, p := range s.peers(t) {
		for _, alg := range idp.Algorithms() {
			require.True(t, p.accepts(s.token(alg)), "%s and the true %s token", p.name, alg)
		}
		var rows []string
		for _, a := range s.attacks(t) {
			if p.accepts(a.token) && !slices.Contains(rows, a.row) {
				rows = append(rows, a.row)
			}
		}
		require.ElementsMatch(t, want[p.name], rows, p.name)
	}
}
