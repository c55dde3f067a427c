// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"slices"
	"testing"
	"time"
)

// mutation is a change to the claims of a good token, and the differences that
// it may show.
type mutation struct {
	name   string
	change object
	may    []string
}

func mutations() []mutation {
	past, future := time.Now().Add(-time.Hour).Unix(), time.Now().Add(time.Hour).Unix()
	of := func(name, claim string, value any, may ...string) mutation {
		return mutation{name, object{claim: value}, may}
	}
	return []mutation{
		of("no iss", "iss", nil), of("other iss", "iss", "https://evil.example"),
		of("no sub", "sub", nil), of("other sub", "sub", "mallory"), of("sub is a number", "sub", 5),
		of("no aud", "aud", nil), of("other aud", "aud", "other"), of("list aud", "aud", []string{"x", "vault"}), of("empty aud", "aud", []string{}),
		of("no exp", "exp", nil, "exp-required"), of("expired", "exp", past),
		of("no nbf", "nbf", nil, "only-exp"), of("nbf ahead", "nbf", future), of("no iat", "iat", nil, "only-exp"), of("iat ahead", "iat", future),
		of("no jti", "jti", nil), of("no email", "email", nil), of("email is a number", "email", 5),
		of("no team", "team", nil), of("other team", "team", "x"), of("team list", "team", []string{"x", "core"}),
		of("no level", "level", nil), of("other level", "level", 4), of("level text", "level", "3"),
		of("no admin", "admin", nil), of("admin text", "admin", "true"), of("admin false", "admin", false),
		of("no groups", "groups", nil), of("no group", "groups", []string{}), of("one group", "groups", "dev"), of("odd groups", "groups", []any{"dev", 1}),
		of("no nested", "nested", nil), of("other nested", "nested", object{"a": object{"b": "other"}}),
		of("more", "more", "x"), of("azp", "azp", "x"), of("events", "events", object{}, "events-claim"),
	}
}

// compareClaimPairs makes every two changes at once.
func compareClaimPairs(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	b.roles(t, p, loginRoles())
	all := mutations()
	for i, first := range all {
		for _, second := range all[i+1:] {
			change := object{}
			for _, m := range []mutation{first, second} {
				for name, value := range m.change {
					change[name] = value
				}
			}
			may := slices.Concat(first.may, second.may, []string{"order-of-checks"})
			b.run(t, p, script{first.name + " and " + second.name, []step{login("rich", b.issuer.token(change)).allowing(may...)}})
		}
	}
}

// compareTimes moves exp, nbf and iat around the moment of login, for roles
// with all kinds of leeways.
func compareTimes(t *testing.T, b *bench) {
	p := b.newPair(t, "", b.issuer.static())
	leeways := func(changes object) object { return with(plainRole(), changes) }
	roles := map[string]object{
		"none": plainRole(), "skew10": leeways(object{"clock_skew_leeway": 10}), "skew300": leeways(object{"clock_skew_leeway": 300}), "skewoff": leeways(object{"clock_skew_leeway": -1}),
		"exp300": leeways(object{"expiration_leeway": 300}), "expoff": leeways(object{"expiration_leeway": -1}),
		"nbf300": leeways(object{"not_before_leeway": 300}), "nbfoff": leeways(object{"not_before_leeway": -1}),
		"alloff": leeways(object{"clock_skew_leeway": -1, "expiration_leeway": -1, "not_before_leeway": -1}),
	}
	b.roles(t, p, roles)
	for _, role := range sortedNames(roles) {
		at := func(times object) { b.loginAt(t, p, role, times) }
		at(nil)
		// Seconds from now; none is within 4 s of a limit that any role has.
		for _, o := range []int{-100000, -500, -355, -305, -295, -155, -145, -65, -55, -15, -5, 5, 15, 55, 65, 145, 155, 205, 215, 295, 305, 100000} {
			at(object{"exp": o})
			at(object{"nbf": o})
			at(object{"iat": o})
			at(object{"exp": o, "nbf": -10})
			at(object{"exp": o, "iat": -10})
			at(object{"exp": 600, "nbf": o})
			at(object{"exp": 600, "iat": o})
			at(object{"nbf": o, "iat": -10})
			at(object{"exp": o, "nbf": -1000, "iat": -1000})
			at(object{"exp": 600, "nbf": o, "iat": o})
		}
	}
}

// loginAt logs in with a token that has these times alone, given in seconds
// from now.
func (b *bench) loginAt(t *testing.T, p pair, role string, times object) {
	t.Helper()
	claims := object{"exp": nil, "nbf": nil, "iat": nil}
	now := time.Now().Unix()
	for name, seconds := range times {
		claims[name] = now + int64(seconds.(int))
	}
	var may []string
	if times["exp"] == nil {
		may = append(may, "exp-required")
	} else if len(times) == 1 {
		may = append(may, "only-exp")
	}
	b.run(t, p, script{role + ": " + shown(times), []step{login(role, b.issuer.token(claims)).allowing(may...)}})
}
