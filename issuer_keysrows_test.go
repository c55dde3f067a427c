// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// issuerScenes are the situations of docs/keys.md, by row.
func issuerScenes() map[string]func(*issuerScene) {
	return map[string]func(*issuerScene){
		"first-use":          sceneFirstUse,
		"warm":               sceneWarm,
		"unknown-kid":        sceneUnknownKid,
		"bad-signature":      sceneBadSignature,
		"budget-spent":       sceneBudgetSpent,
		"key-rotated":        sceneKeyRotated,
		"key-replaced":       sceneKeyReplaced,
		"key-removed":        sceneKeyRemoved,
		"refresh":            sceneRefresh,
		"down-warm":          sceneDownWarm,
		"down-cold":          sceneDownCold,
		"down-after-restart": sceneDownAfterRestart,
		"hanging":            sceneHanging,
		"garbage":            sceneGarbage,
		"empty-set":          sceneEmptySet,
		"one-bad-key":        sceneOneBadKey,
		"redirect":           sceneRedirect,
		"pin-not-matched":    scenePinNotMatched,
		"max-stale":          sceneMaxStale,
		"recovered":          sceneRecovered,
	}
}

// stranger is a key that the issuer does not have.
func (s *issuerScene) stranger(kid string) *idp.Key {
	s.t.Helper()
	key, err := idp.GenerateKey("ES256", kid)
	require.NoError(s.t, err)
	return key
}

func (s *issuerScene) unknownKid() string {
	return s.p.MintWith(s.stranger("nobody"), nil, issuerClaims(s.p, nil))
}

func (s *issuerScene) forged() string {
	return s.p.MintWith(s.stranger(s.p.Current().KID), nil, issuerClaims(s.p, nil))
}

func sceneFirstUse(s *issuerScene) {
	issuerSeeded(s.t, s.m.storage, "ci", issuerOf(s.p))
	s.m.write("role/ci", issuerRole("ci"))
	s.login(issuerToken(s.p))
	s.look()
	require.Equal(s.t, 1, s.p.Requests(idp.JWKS))
}

func sceneWarm(s *issuerScene) {
	s.warm()
	for range 100 {
		s.login(issuerToken(s.p))
	}
	require.Zero(s.t, s.p.Requests(idp.JWKS))
	time.Sleep(5 * time.Minute)
	require.Equal(s.t, 1, s.p.Requests(idp.JWKS), "in the background")
	s.world.fault(s.p, idp.Fault{Header: map[string]string{"Cache-Control": "max-age=40"}})
	time.Sleep(5 * time.Minute)
	s.p.ResetCounters()
	time.Sleep(4 * time.Minute)
	require.InDelta(s.t, 6, s.p.Requests(idp.JWKS), 1)
	s.look()
}

func sceneUnknownKid(s *issuerScene) {
	s.warm()
	s.login(s.unknownKid())
	require.Equal(s.t, 1, s.p.Requests(idp.JWKS))
	s.look()
}

func sceneBadSignature(s *issuerScene) {
	s.warm()
	s.login(s.forged())
	require.Equal(s.t, 1, s.p.Requests(idp.JWKS))
	s.look()
}

// spend uses up the budget of bad tokens.
func (s *issuerScene) spend() {
	s.t.Helper()
	for range 3 {
		s.m.reason("ci", s.unknownKid())
	}
	require.Equal(s.t, 3, s.p.Requests(idp.JWKS))
}

func sceneBudgetSpent(s *issuerScene) {
	s.warm()
	s.spend()
	for range 200 {
		s.login(s.unknownKid())
	}
	require.Equal(s.t, 3, s.p.Requests(idp.JWKS))
	require.EqualValues(s.t, 200, s.look()["held_back"])
	s.m.login("ci", issuerToken(s.p))
	for range 4 {
		time.Sleep(30 * time.Second)
		for range 50 {
			s.login(s.unknownKid())
		}
	}
	require.Equal(s.t, 7, s.p.Requests(idp.JWKS), "one more in 30 s")
}

func sceneKeyRotated(s *issuerScene) {
	s.warm()
	s.p.Rotate("ES256")
	s.login(issuerToken(s.p))
	require.Equal(s.t, 1, s.p.Requests(idp.JWKS))
	s.look()

	s.p.ResetCounters()
	s.m.reason("ci", s.unknownKid())
	s.m.reason("ci", s.unknownKid())
	s.p.Rotate("ES256")
	s.login(issuerToken(s.p)) // the third and last fetch was spent by the rotation before
	time.Sleep(30 * time.Second)
	s.login(issuerToken(s.p))
}

func sceneKeyReplaced(s *issuerScene) {
	s.warm()
	old := s.p.Current()
	s.p.Remove(old.KID)
	next := s.stranger(old.KID)
	require.NoError(s.t, s.p.Publish(next))
	s.login(s.p.MintWith(next, nil, issuerClaims(s.p, nil)))
	require.Equal(s.t, 1, s.p.Requests(idp.JWKS))
	require.NotEqual(s.t, "allowed", string(s.m.reason("ci", issuerToken(s.p))), "the old key is dead")
	s.look()
}

// withdraw removes the current key from the provider and returns a token of it.
func (s *issuerScene) withdraw() string {
	old, kid := issuerToken(s.p), s.p.Current().KID
	s.p.Rotate("ES256")
	s.m.login("ci", issuerToken(s.p))
	s.p.Remove(kid)
	return old
}

func sceneKeyRemoved(s *issuerScene) {
	s.warm()
	old := s.withdraw()
	s.login(old)
	time.Sleep(5*time.Minute + 10*time.Second)
	s.login(old)
	s.m.login("ci", issuerToken(s.p))
	s.look()
}

func sceneRefresh(s *issuerScene) {
	s.warm()
	old, kid := issuerToken(s.p), s.p.Current().KID
	s.p.Rotate("ES256")
	s.m.login("ci", issuerToken(s.p))
	for range 10 {
		s.m.reason("ci", s.forged()) // until nobody but the operator may cause a fetch
	}
	require.Equal(s.t, 3, s.p.Requests(idp.JWKS))
	s.p.Remove(kid)
	s.login(old)
	require.NoError(s.t, s.m.refresh("ci"))
	require.Equal(s.t, 4, s.p.Requests(idp.JWKS))
	s.login(old)
	s.look()
}
