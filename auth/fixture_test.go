// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// parse reads claims as a token's payload is read.
func parse(t require.TestingT, text string) strictjson.Value {
	doc, err := strictjson.Parse(text, strictjson.Limits{Bytes: 1 << 20, Depth: 16, Members: 1000, Elements: 1000, String: 1 << 20})
	require.NoError(t, err, text)
	return doc.Root()
}

// start is when the tests happen: the beginning of 2030.
func start() time.Time { return time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) }

// fixture is an issuer with one key, and a role that its ordinary claims satisfy.
type fixture struct {
	t         testing.TB
	private   ed25519.PrivateKey
	issuers   *Issuers
	spec      RoleSpec
	now       time.Time
	explained Explanation // of the last login
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	private := keyOf(1)
	return &fixture{
		t:       t,
		private: private,
		now:     start(),
		spec:    RoleSpec{Name: "ci", UserClaim: "sub", BoundAudiences: []string{"vault"}},
		issuers: &Issuers{TokenBytes: jws.DefaultTokenBytes, Default: &Issuer{
			Name: "default", ID: "https://issuer.test", Algorithms: jws.AllAlgorithms(), Types: DefaultTypes(),
			Keys: StaticKeys{Set: setOf(t, private)},
		}},
	}
}

// keyOf makes the key that has this seed.
func keyOf(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-1), seed))
}

// setOf publishes the keys as an issuer does; the first has the kid "k0".
func setOf(t testing.TB, keys ...ed25519.PrivateKey) *jwk.Set {
	t.Helper()
	return setOfID(t, "k", keys...)
}

func setOfID(t testing.TB, prefix string, keys ...ed25519.PrivateKey) *jwk.Set {
	t.Helper()
	members := ""
	for i, k := range keys {
		x := base64.RawURLEncoding.EncodeToString(k.Public().(ed25519.PublicKey))
		members += fmt.Sprintf(`,{"kty":"OKP","crv":"Ed25519","kid":"%s%d","x":"%s"}`, prefix, i, x)
	}
	set, err := jwk.ParseSet([]byte(`{"keys":[` + members[1:] + `]}`))
	require.NoError(t, err)
	return set
}

// claims are the members of an ordinary claim set, valid for ten minutes.
const claims = `"iss":"https://issuer.test","sub":"alice","aud":"vault","exp":1893456600`

// raw signs the bytes as they are.
func (f *fixture) raw(header, payload string) string {
	enc := base64.RawURLEncoding
	input := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(payload))
	return input + "." + enc.EncodeToString(ed25519.Sign(f.private, []byte(input)))
}

// token signs the ordinary claims, followed by more members.
func (f *fixture) token(more string) string {
	if more != "" {
		more = "," + more
	}
	return f.raw(`{"alg":"EdDSA","kid":"k0"}`, "{"+claims+more+"}")
}

func (f *fixture) role() *Role {
	f.t.Helper()
	r, err := CompileRole(f.spec)
	require.NoError(f.t, err)
	return r
}

// decide runs a login with the role as f.spec has it.
func (f *fixture) decide(token string) Decision {
	f.t.Helper()
	return f.decideFrom(token, "192.0.2.10", f.role())
}

// decideFrom also explains the login, which must agree.
func (f *fixture) decideFrom(token, peer string, role *Role) Decision {
	f.t.Helper()
	in := Request{token, Circumstances{Peer: peer, Now: f.now}}
	d := f.decideOnly(token, peer, role)
	f.explained = Inspect(context.Background(), in, f.issuers).Explain(role)
	requireExplains(f.t, d, f.explained)
	f.requireAccount(in, role)
	return d
}

// requireAccount checks that what is told of a denial after the event is what
// the explanation of it says.
func (f *fixture) requireAccount(in Request, role *Role) {
	f.t.Helper()
	d, v := DecideVerified(context.Background(), in, f.issuers, role)
	told := role.Account(v, in.Circumstances, d)
	if d.Reason.BeforeSignature() {
		require.Empty(f.t, told, "an account of a token that nobody vouches for")
		return
	}
	all := f.explained.Checks
	require.Equal(f.t, all[len(all)-len(told):], told)
	require.Equal(f.t, d.Allowed(), Explanation{Checks: told}.FirstFailed() == nil)
}

func (f *fixture) decideOnly(token, peer string, role *Role) Decision {
	return Decide(context.Background(), Request{token, Circumstances{Peer: peer, Now: f.now}}, f.issuers, role)
}

// ofDefault are the facts of a login with these claims from the default issuer.
func ofDefault(claims strictjson.Value) *facts {
	return &facts{issuers: &Issuers{}, issuer: &Issuer{Name: DefaultIssuer}, claims: claims, now: start()}
}

func matchDefault(role *Role, claims strictjson.Value) Decision { return role.match(ofDefault(claims)) }
