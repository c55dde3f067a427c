// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func kept(claims string) string { return base64.RawURLEncoding.EncodeToString([]byte(claims)) }

// What a login kept renews it, whatever the time.
func TestRecheckOfALogin(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	granted := f.decide(f.token(""))
	d := Recheck(t.Context(), Renewal{Payload: granted.Payload, Alias: "alice"}, f.issuers, f.role())
	require.Equal(t, Decision{Reason: Allowed, Issuer: "default", Identity: granted.Identity, Expires: granted.Expires}, d)
	require.Equal(t, time.Unix(1893456600, 0), d.Expires)
}

func TestRecheckReasons(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.spec.BoundClaims = map[string]any{"env": "prod"}
	f.spec.BoundSubject = "alice"
	f.spec.BoundCIDRs = []string{"192.0.2.0/24"}
	const good = `{` + claims + `,"env":"prod"}`
	renewal := func(claims string) Renewal { return Renewal{Payload: kept(claims), Alias: "alice", Peer: "192.0.2.1"} }
	for name, c := range map[string]struct {
		in   Renewal
		want Reason
	}{
		"good":            {renewal(good), Allowed},
		"address unknown": {Renewal{Payload: kept(good)}, Allowed},
		"address":         {Renewal{Payload: kept(good), Peer: "10.0.0.1"}, PeerAddress},
		"alias unknown":   {Renewal{Payload: kept(good), Peer: "192.0.2.1"}, Allowed},
		"alias":           {Renewal{Payload: kept(good), Alias: "Alice"}, IdentityChanged},
		"nothing kept":    {Renewal{}, ClaimsNotKept},
		"no base64":       {Renewal{Payload: "!"}, ClaimsNotKept},
		"no object":       {renewal(`[]`), ClaimsNotKept},
		"issuer":          {renewal(`{"iss":"https://evil.test","sub":"alice","aud":"vault","env":"prod"}`), IssuerUnknown},
		"folded name":     {renewal(`{` + claims + `,"env":"prod","JTI":"x"}`), ClaimName},
		"audience":        {renewal(`{"iss":"https://issuer.test","sub":"alice","aud":"x","env":"prod"}`), Audience},
		"subject":         {renewal(`{"iss":"https://issuer.test","sub":"bob","aud":"vault","env":"prod"}`), Subject},
		"claim":           {renewal(`{` + claims + `,"env":"dev"}`), ClaimMismatch},
		"claim missing":   {renewal(`{` + claims + `}`), ClaimMissing},
		"no dates at all": {renewal(`{"iss":"https://issuer.test","sub":"alice","aud":"vault","env":"prod"}`), Allowed},
	} {
		require.Equal(t, c.want, Recheck(t.Context(), c.in, f.issuers, f.role()).Reason, name)
	}
}

// Role and issuer must still be there, with claims kept or without.
func TestRecheckNeedsRoleAndIssuer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	in := Renewal{Payload: kept(`{` + claims + `}`)}
	withClaims := func(in Renewal, issuers *Issuers, role *Role) Decision {
		return Recheck(t.Context(), in, issuers, role)
	}
	for _, recheck := range []func(Renewal, *Issuers, *Role) Decision{withClaims, RecheckWithoutClaims} {
		require.Equal(t, RoleGone, recheck(in, f.issuers, nil).Reason)
		require.Equal(t, ConfigGone, recheck(in, &Issuers{}, f.role()).Reason)
		require.Equal(t, Allowed, recheck(in, f.issuers, f.role()).Reason)
	}
	f.spec.BoundCIDRs = []string{"10.0.0.0/8"}
	require.Equal(t, PeerAddress, RecheckWithoutClaims(Renewal{Peer: "192.0.2.1"}, f.issuers, f.role()).Reason)
	require.Equal(t, Allowed, RecheckWithoutClaims(Renewal{Peer: "10.0.0.1"}, f.issuers, f.role()).Reason)
}
