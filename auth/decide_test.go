// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

func TestDecideGrants(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.spec.GroupsClaim = "groups"
	f.spec.ClaimMappings = map[string]string{"team": "team"}
	token := f.token(`"groups":["ops","dev"],"team":"infra"`)
	d := f.decide(token)
	d.Verified = Verified{}
	require.Equal(t, Decision{
		Reason: Allowed,
		Issuer: "default",
		Identity: Identity{
			User:  "alice",
			Alias: "alice", Metadata: map[string]string{"role": "ci", "team": "infra"}, Groups: []string{"ops", "dev"},
		},
		Payload: strings.Split(token, ".")[1],
		Expires: time.Unix(1893456600, 0),
	}, d)
	for _, around := range [][2]string{{" ", " "}, {"\r\n", "\r\n"}, {"\t", ""}} {
		require.True(t, f.decide(around[0]+token+around[1]).Allowed())
	}
	require.Equal(t, TokenForm, f.decide("\v"+token).Reason)
}

// faultyLogin is a login with everything wrong at once.
type faultyLogin struct {
	*fixture
	header, payload string
	forged          bool
	peer            string
	noRole          bool
}

func (l *faultyLogin) decide() Decision {
	token := l.raw(l.header, l.payload)
	if l.forged {
		token = token[:len(token)-4] + "AAAA"
	}
	role := l.role()
	if l.noRole {
		role = nil
	}
	return l.decideFrom(token, l.peer, role)
}

// TestDecideOrder breaks every check at once and mends them one by one: each
// time the next one in the documented order is told. A check that moved would
// tell strangers what only verified callers may learn, or cost work first.
func TestDecideOrder(t *testing.T) {
	t.Parallel()
	l := &faultyLogin{fixture: newFixture(t), forged: true, peer: "10.0.0.1"}
	l.spec = RoleSpec{
		Name: "ci", BrowserOnly: true, UserClaim: "email", GroupsClaim: "groups", ClaimMappings: map[string]string{"team": "team"},
		BoundCIDRs: []string{"192.0.2.0/24"}, BoundSubject: "bob", BoundAudiences: []string{"other"},
		BoundClaims: map[string]any{"a": "1", "b": "1"},
	}
	l.header = `{"alg":"EdDSA","kid":"k9","typ":"at+jwt"}`
	l.payload = `{"iss":"https://evil.test","iss":"x"}`
	l.issuers.TokenBytes = 8
	l.issuers.Default.Algorithms = jws.AlgorithmSet(jws.ES256)
	body := func(members string) func() { return func() { l.payload = "{" + members + "}" } }
	iss := `"iss":"https://issuer.test"`
	for _, step := range []struct {
		want Reason
		mend func()
	}{
		{PeerAddress, func() { l.peer = "192.0.2.1" }},
		{TokenTooLong, func() { l.issuers.TokenBytes = 4096 }},
		{TokenPayload, body(`"iss":"https://evil.test"`)},
		{IssuerUnknown, body(iss)},
		{TokenAlgorithm, func() { l.issuers.Default.Algorithms = jws.AllAlgorithms() }},
		{TokenType, func() { l.header = `{"alg":"EdDSA","kid":"k9"}` }},
		{KeyUnknown, func() { l.header = `{"alg":"EdDSA","kid":"k0"}` }},
		{SignatureInvalid, func() { l.forged, l.noRole = false, true }},
		{RoleUnknown, func() { l.noRole = false }},
		{RoleNotForLogin, func() { l.spec.BrowserOnly = false }},
		{ClaimForm, body(iss + `,"sub":"alice","EMAIL":7`)},
		{ClaimName, body(iss + `,"sub":"alice","exp":1`)},
		{Expired, body(iss + `,"sub":"alice","exp":1893456600,"aud":"vault"`)},
		{Audience, func() { l.spec.BoundAudiences = []string{"vault"} }},
		{Subject, func() { l.spec.BoundSubject = "alice" }},
		{ClaimMissing, body(claims + `,"a":"1","b":"2"`)},
		{ClaimMismatch, body(claims + `,"a":"1","b":"1"`)},
		{UserClaim, body(claims + `,"a":"1","b":"1","email":"e","team":7`)},
		{MetadataClaim, body(claims + `,"a":"1","b":"1","email":"e","team":"t"`)},
		{GroupsClaim, body(claims + `,"a":"1","b":"1","email":"e","team":"t","groups":[]`)},
	} {
		d := l.decide()
		require.Equal(t, step.want, d.Reason)
		require.Equal(t, Decision{Reason: d.Reason, About: d.About, Issuer: d.Issuer}, d, "a refusal carries nobody's identity or claims")
		step.mend()
	}
	require.Equal(t, Allowed, l.decide().Reason)
}

// Strangers cannot make the method work: what costs nothing is looked at
// first, and a wrong peer is not even parsed.
func TestDecideChecksTheAddressFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.spec.BoundCIDRs = []string{"10.0.0.0/8"}
	for _, token := range []string{"", "hello", f.token(""), strings.Repeat("x", 1<<20)} {
		require.Equal(t, PeerAddress, f.decide(token).Reason)
	}
	f.spec.BoundCIDRs = nil
	require.True(t, f.decide(f.token("")).Allowed())
}

// Refusing garbage costs the same whatever its length.
func TestDecideRefusesGarbageWithoutCopyingIt(t *testing.T) {
	f := newFixture(t)
	role := f.role()
	for _, size := range []int{16<<10 + 1, 16 << 20} {
		garbage := strings.Repeat(".", size)
		allocated := testing.AllocsPerRun(10, func() { f.decideOnly(garbage, "", role) })
		require.LessOrEqual(t, allocated, 2.0)
	}
}

// A mount without configuration accepts nobody.
func TestDecideWithoutIssuer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.issuers = &Issuers{TokenBytes: jws.DefaultTokenBytes}
	require.Equal(t, IssuerUnknown, f.decide(f.token("")).Reason)
}
