// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// oneTimeKey is the key of a token that logs in.
func (f *fixture) oneTimeKey(token string) [32]byte {
	f.t.Helper()
	d := f.decide(token)
	require.Equal(f.t, Allowed, d.Reason)
	return d.Verified.OneTimeKey()
}

// A token with jti is known by issuer and jti alone, whatever else it says.
func TestOneTimeKeyIsIssuerAndJTI(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.issuers.Default.ID = "" // takes any iss
	token := func(iss, sub, jti string) string {
		return f.raw(`{"alg":"EdDSA"}`, `{"iss":"`+iss+`","sub":"`+sub+`","aud":"vault","exp":1893456600,"jti":"`+jti+`"}`)
	}
	key := f.oneTimeKey(token("https://a.test", "alice", "1"))
	require.Equal(t, key, f.oneTimeKey(token("https://a.test", "alice", "1")))
	require.Equal(t, key, f.oneTimeKey(token("https://a.test", "bob", "1")), "the issuer used a jti twice")
	require.NotEqual(t, key, f.oneTimeKey(token("https://a.test", "alice", "2")))
	require.NotEqual(t, key, f.oneTimeKey(token("https://b.test", "alice", "1")))
	require.NotEqual(t, f.oneTimeKey(token("https://a.test", "alice", "bc")), f.oneTimeKey(token("https://a.testb", "alice", "c")), "the parts run into each other")
}

// A token without jti is known by what was signed, not by the signature.
func TestOneTimeKeyWithoutJTI(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.token("")
	key := f.oneTimeKey(token)
	require.Equal(t, key, f.oneTimeKey(" "+token+"\n"))
	require.NotEqual(t, key, f.oneTimeKey(f.token(`"n":1`)))
	require.NotEqual(t, key, f.oneTimeKey(f.raw(`{"alg":"EdDSA","typ":"JWT","kid":"k0"}`, "{"+claims+"}")))

}

// A token whose jti cannot name it is refused before it could be spent.
func TestOneTimeTokensHaveAGoodJTI(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, jti := range []string{`""`, `7`, `null`, `["a"]`, `{}`, `true`, `"` + strings.Repeat("x", MaxIdentifierBytes+1) + `"`} {
		require.Equal(t, ClaimForm, f.decide(f.token(`"jti":`+jti)).Reason, jti)
	}
	require.Equal(t, Allowed, f.decide(f.token(`"jti":"x"`)).Reason)
}

// Where tokens are used once no leeway is longer than they are remembered.
func TestOneTimeRolesHaveABoundedLeeway(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.spec.ClockSkew = 2 * MaxLeeway
	require.Equal(t, 2*MaxLeeway, f.role().skew)
	f.spec.Replay = ReplayNode
	require.Equal(t, MaxLeeway, f.role().skew)
	exp := expiry(parse(t, "{"+claims+"}"))
	f.now = OneTimeUntil(exp)
	require.Equal(t, Expired, f.decide(f.token("")).Reason, "the token is forgotten and still good")
}

func TestReplayedKeepsOtherRefusals(t *testing.T) {
	t.Parallel()
	require.Equal(t, Decision{Reason: TokenReplayed, Issuer: "default"}, Decision{Reason: Allowed, Issuer: "default", Payload: "x"}.Replayed(false))
	require.Equal(t, Decision{Reason: ReplayFull, Issuer: "default"}, Decision{Reason: Allowed, Issuer: "default"}.Replayed(true))
	require.Equal(t, Expired, refuse(Expired).Replayed(false).Reason)
}
