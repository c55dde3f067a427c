// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// Of two limits on a token's age the shorter counts.
func TestMaxTokenAgeOfIssuerAndRole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		issuer, role, age time.Duration
		want              Reason
	}{
		{0, 0, 1000 * time.Hour, Allowed},
		{0, time.Hour, time.Hour, Allowed},
		{0, time.Hour, time.Hour + time.Second, TokenTooOld},
		{time.Hour, 0, time.Hour + time.Second, TokenTooOld},
		{time.Minute, time.Hour, time.Minute, Allowed},
		{time.Minute, time.Hour, time.Minute + time.Second, TokenTooOld},
		{time.Hour, time.Minute, time.Minute, Allowed},
		{time.Hour, time.Minute, time.Minute + time.Second, TokenTooOld},
	} {
		f := newFixture(t)
		f.spec.ClockSkew = -1
		f.issuers.Default.MaxTokenAge, f.spec.MaxTokenAge = c.issuer, c.role
		f.now = time.Unix(issuedAt, 0).Add(c.age)
		token := f.raw(`{"alg":"EdDSA"}`, `{"iss":"https://issuer.test","sub":"alice","aud":"vault","exp":1993456600,"iat":1893455000}`)
		require.Equal(t, c.want, f.decide(token).Reason, "%+v", c)
	}
	f := newFixture(t)
	f.spec.MaxTokenAge = time.Hour
	require.Equal(t, Decision{Reason: ClaimForm, About: "iat", Issuer: "default"}, f.decide(f.token("")))
}

func TestRenewNever(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	in := Renewal{Payload: kept(`{` + claims + `}`)}
	require.Equal(t, Allowed, Recheck(t.Context(), in, f.issuers, f.role()).Reason)
	f.spec.Renew = RenewNever
	require.Equal(t, RenewalNever, Recheck(t.Context(), in, f.issuers, f.role()).Reason)
	require.Equal(t, RenewalNever, RecheckWithoutClaims(Renewal{}, f.issuers, f.role()).Reason)
	require.Equal(t, RoleGone, RecheckWithoutClaims(Renewal{}, f.issuers, nil).Reason)
}

// revalidation is a login, and what is kept of it for a role that revalidates.
func revalidation(t *testing.T) (*fixture, *changingKeys, Renewal) {
	t.Helper()
	f := newFixture(t)
	f.spec.Renew = RenewRevalidated
	keys := &changingKeys{setOf(t, f.private)}
	f.issuers.Default.Keys = keys
	d := f.decide(f.token(`"iat":1893455000,"env":"prod"`))
	require.Equal(t, Allowed, d.Reason)
	header := d.Verified.Header()
	return f, keys, Renewal{Payload: d.Payload, Header: &header, Key: d.Verified.Key(), Now: f.now}
}

// A role that revalidates renews as long as the token could log in again.
func TestRevalidate(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[Reason]func(f *fixture, keys *changingKeys, in *Renewal){
		Allowed:         func(*fixture, *changingKeys, *Renewal) {},
		Expired:         func(_ *fixture, _ *changingKeys, in *Renewal) { in.Now = in.Now.Add(time.Hour) },
		TokenTooOld:     func(f *fixture, _ *changingKeys, _ *Renewal) { f.spec.MaxTokenAge = time.Minute },
		KeyUnknown:      func(_ *fixture, keys *changingKeys, _ *Renewal) { keys.set = setOf(t, keyOf(2)) },
		KeysUnavailable: func(_ *fixture, keys *changingKeys, _ *Renewal) { keys.set = nil },
		TokenAlgorithm: func(f *fixture, _ *changingKeys, _ *Renewal) {
			f.issuers = issuersLike(f.issuers, func(i *Issuer) { i.Algorithms = jws.AlgorithmSet(jws.ES256) })
		},
		TokenType: func(f *fixture, _ *changingKeys, _ *Renewal) {
			f.issuers = issuersLike(f.issuers, func(i *Issuer) { i.Types = map[string]bool{"jwt": true} })
		},
		Revoked: func(f *fixture, _ *changingKeys, _ *Renewal) {
			f.issuers.Revoked = NewRevocations([]Revocation{{Issuer: "default", Subject: "alice"}})
		},
		ClaimMismatch: func(f *fixture, _ *changingKeys, _ *Renewal) { f.spec.BoundClaims = map[string]any{"env": "dev"} },
		ClaimsNotKept: func(_ *fixture, _ *changingKeys, in *Renewal) { in.Key = "" },
	} {
		f, keys, in := revalidation(t)
		spoil(f, keys, &in)
		require.Equal(t, want, Recheck(t.Context(), in, f.issuers, f.role()).Reason)

		f.spec.Renew = RenewByRole
		switch want {
		case Revoked, ClaimMismatch:
			require.Equal(t, want, Recheck(t.Context(), in, f.issuers, f.role()).Reason)
		default: // of no interest to a role that does not revalidate
			require.Equal(t, Allowed, Recheck(t.Context(), in, f.issuers, f.role()).Reason, "%s", want)
		}
	}
}

// Nothing kept is no reason to trust.
func TestRevalidateNeedsWhatWasKept(t *testing.T) {
	t.Parallel()
	f, keys, in := revalidation(t)
	for name, spoil := range map[string]func(*Renewal){
		"header":       func(in *Renewal) { in.Header = nil },
		"key":          func(in *Renewal) { in.Key = "" },
		"empty header": func(in *Renewal) { in.Header = &expr.Header{} },
		"claims":       func(in *Renewal) { in.Payload = "" },
	} {
		poor := in
		spoil(&poor)
		require.False(t, Recheck(t.Context(), poor, f.issuers, f.role()).Allowed(), name)
	}
	require.Equal(t, ClaimsNotKept, RecheckWithoutClaims(in, f.issuers, f.role()).Reason)
	require.Equal(t, Allowed, Recheck(t.Context(), in, f.issuers, f.role()).Reason)
	keys.set = setOf(t, keyOf(2), f.private) // k0 is another key, the old one is k1
	require.Equal(t, KeyUnknown, Recheck(t.Context(), in, f.issuers, f.role()).Reason, "the kid now names another key")
}

// A role whose tokens end with the JWT cannot renew one whose end is not known.
func TestFollowingNeedsAnEnd(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	without := Renewal{Payload: kept(`{"iss":"https://issuer.test","sub":"alice","aud":"vault"}`)}
	require.Equal(t, Allowed, Recheck(t.Context(), without, f.issuers, f.role()).Reason)
	f.spec.FollowsToken = true
	require.Equal(t, ClaimsNotKept, Recheck(t.Context(), without, f.issuers, f.role()).Reason)
	require.Equal(t, ClaimsNotKept, RecheckWithoutClaims(Renewal{}, f.issuers, f.role()).Reason)
	d := Recheck(t.Context(), Renewal{Payload: kept(`{` + claims + `}`)}, f.issuers, f.role())
	require.Equal(t, Allowed, d.Reason)
	require.Equal(t, time.Unix(1893456600, 0), d.Expires)
}

// A token of several roles is under the strictest limit of each kind.
func TestLivesJoin(t *testing.T) {
	t.Parallel()
	lax := Life{}
	strict := Life{FollowsToken: true, MaxTokenAge: time.Minute, Renew: RenewNever, Replay: ReplayStorage}
	middle := Life{MaxTokenAge: time.Hour, Renew: RenewRevalidated, Replay: ReplayNode}
	named := Life{Renew: RenewByRole, Replay: ReplayOff}
	for _, c := range []struct{ a, b, want Life }{
		{lax, lax, lax}, {lax, strict, strict}, {middle, strict, strict}, {lax, middle, middle}, {named, middle, middle},
		{Life{FollowsToken: true}, middle, Life{FollowsToken: true, MaxTokenAge: time.Hour, Renew: RenewRevalidated, Replay: ReplayNode}},
	} {
		require.Equal(t, c.want, c.a.And(c.b))
		require.Equal(t, c.want, c.b.And(c.a))
	}
	require.False(t, lax.OneTime())
	require.False(t, named.OneTime())
	require.True(t, middle.OneTime())
}

// A value of another version is not taken for a laxer one.
func TestUnknownLivesAreStrict(t *testing.T) {
	t.Parallel()
	spec := newFixture(t).spec
	for _, good := range []Life{{}, {Renew: "role", Replay: "off"}, {Renew: "revalidate", Replay: "node"}, {Renew: "never", Replay: "storage"}} {
		spec.Life = good
		r, err := CompileRole(spec)
		require.NoError(t, err)
		require.Equal(t, good, r.Life())
	}
	spec.Life = Life{Renew: "Role", Replay: "on", MaxTokenAge: -1}
	r, err := CompileRole(spec)
	for _, field := range []string{"renew", "replay", "max_token_age"} {
		require.ErrorContains(t, err, field)
	}
	require.Equal(t, Life{Renew: RenewNever, Replay: ReplayStorage, MaxTokenAge: time.Nanosecond}, r.Life())
}
