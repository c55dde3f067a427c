// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// iss is compared byte for byte; without a bound issuer any goes, or none.
func TestIssuerIsChosenByExactName(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for text, want := range map[string]bool{
		`{"iss":"https://issuer.test"}`: true, `{"iss":"https://issuer.test/"}`: false, `{"iss":"HTTPS://issuer.test"}`: false,
		`{"iss":["https://issuer.test"]}`: false, `{"iss":null}`: false, `{"ISS":"https://issuer.test"}`: false, `{"sub":"https://issuer.test"}`: false,
	} {
		require.Equal(t, want, f.issuers.choose(parse(t, text)) != nil, text)
	}
	f.issuers.Default.ID = ""
	for _, text := range []string{`{"iss":"x"}`, `{"iss":7}`, `{"a":1}`} {
		require.Same(t, f.issuers.Default, f.issuers.choose(parse(t, text)), text)
	}
	require.Nil(t, (&Issuers{}).choose(parse(t, `{"iss":"x"}`)))
}

func TestIssuerTypesAndAlgorithms(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	typed := func(header string) Reason { return f.decide(f.raw(header, "{"+claims+"}")).Reason }
	for header, want := range map[string]Reason{
		`{"alg":"EdDSA","kid":"k0"}`:                         Allowed,
		`{"alg":"EdDSA","kid":"k0","typ":"jwt"}`:             Allowed,
		`{"alg":"EdDSA","kid":"k0","typ":"application/JWT"}`: Allowed,
		`{"alg":"EdDSA","kid":"k0","typ":"JOSE"}`:            Allowed,
		`{"alg":"EdDSA","kid":"k0","typ":"at+jwt"}`:          TokenType,
		`{"alg":"EdDSA","kid":"k0","typ":"JWT "}`:            TokenType,
		`{"alg":"eddsa","kid":"k0"}`:                         TokenAlgorithm,
		`{"alg":"none","kid":"k0"}`:                          TokenAlgorithm,
		`{"alg":"HS256","kid":"k0"}`:                         TokenAlgorithm,
		`{"kid":"k0"}`:                                       TokenAlgorithm,
		`{"alg":"ES256","kid":"k0"}`:                         KeyUnknown,
	} {
		require.Equal(t, want, typed(header), header)
	}
	f.issuers.Default.Algorithms = jws.AlgorithmSet(jws.ES256)
	require.Equal(t, TokenAlgorithm, typed(`{"alg":"EdDSA","kid":"k0"}`))
	f.issuers.Default.Algorithms = jws.AlgorithmSet(jws.ES256, jws.EdDSA)
	require.Equal(t, Allowed, typed(`{"alg":"EdDSA","kid":"k0"}`))
	delete(f.issuers.Default.Types, "")
	require.Equal(t, TokenType, typed(`{"alg":"EdDSA","kid":"k0"}`))
}

// renewingKeys has newer keys for who asks.
type renewingKeys struct {
	now, newer *jwk.Set
	asked      int
	used       *jwk.Set
}

func (k *renewingKeys) Keys(time.Time) *jwk.Set { return k.now }

func (k *renewingKeys) Renew(_ context.Context, used *jwk.Set) *jwk.Set {
	k.asked++
	k.used = used
	return k.newer
}

// When the keys at hand do not do, newer ones are asked for, once, and only if
// they could make a difference.
func TestIssuerRenewsItsKeys(t *testing.T) {
	t.Parallel()
	mine, other := keyOf(1), keyOf(2)
	theirs := setOf(t, other)
	for name, c := range map[string]struct {
		now, newer *jwk.Set
		kid        string
		want       Reason
		asked      int
	}{
		"known":                  {setOf(t, mine), nil, `"k0"`, Allowed, 0},
		"new kid":                {setOfID(t, "old", other), setOf(t, mine), `"k0"`, Allowed, 1},
		"same kid, new key":      {setOf(t, other), setOf(t, mine), `"k0"`, Allowed, 1},
		"cold":                   {nil, setOf(t, mine), `"k0"`, Allowed, 1},
		"cold and none":          {nil, nil, `"k0"`, KeysUnavailable, 1},
		"cold and another's":     {nil, setOf(t, other), `"k0"`, SignatureInvalid, 1},
		"gone meanwhile":         {setOf(t, other), nil, `"k0"`, KeysUnavailable, 1},
		"nothing newer, kid":     {theirs, theirs, `"k7"`, KeyUnknown, 1},
		"nothing newer, key":     {theirs, theirs, `"k0"`, SignatureInvalid, 1},
		"newer, and still not":   {setOf(t, other), setOf(t, keyOf(3)), `"k0"`, SignatureInvalid, 1},
		"which key is not clear": {setOf(t, mine, other), setOf(t, mine), `""`, TokenHeader, 0},
	} {
		f := newFixture(t)
		keys := &renewingKeys{now: c.now, newer: c.newer}
		f.issuers.Default.Keys = keys
		require.Equal(t, c.want, f.decideOnly(f.raw(`{"alg":"EdDSA","kid":`+c.kid+`}`, "{"+claims+"}"), "192.0.2.10", f.role()).Reason, name)
		require.Equal(t, c.asked, keys.asked, name)
		if c.asked > 0 {
			require.Same(t, c.now, keys.used, name)
		}
	}
}

// A token without kid needs a set in which one key alone fits; no newer set is
// asked for, since it is the token that is at fault.
func TestIssuerTokenWithoutKeyID(t *testing.T) {
	t.Parallel()
	for want, keys := range map[Reason][]ed25519.PrivateKey{Allowed: {keyOf(1)}, KeyUnknown: {keyOf(1), keyOf(2)}} {
		f := newFixture(t)
		source := &renewingKeys{now: setOf(t, keys...), newer: setOf(t, keyOf(1))}
		f.issuers.Default.Keys = source
		require.Equal(t, want, f.decide(f.raw(`{"alg":"EdDSA"}`, "{"+claims+"}")).Reason)
		require.Zero(t, source.asked)
	}
}

// waitingKeys keeps its caller waiting for as long as the caller's context lasts.
type waitingKeys struct{}

func (waitingKeys) Keys(time.Time) *jwk.Set { return nil }

func (waitingKeys) Renew(ctx context.Context, _ *jwk.Set) *jwk.Set { <-ctx.Done(); return nil }

// The wait for keys ends with the request.
func TestIssuerWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.issuers.Default.Keys = waitingKeys{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := Decide(ctx, Request{f.token(""), Circumstances{Now: f.now}}, f.issuers, f.role())
	require.Equal(t, KeysUnavailable, d.Reason)
}

// Keys that are written down never change.
func TestStaticKeys(t *testing.T) {
	t.Parallel()
	set := setOf(t, keyOf(1))
	static := StaticKeys{Set: set}
	require.Same(t, set, static.Keys(time.Time{}))
	require.Same(t, set, static.Renew(t.Context(), nil))
	require.Nil(t, StaticKeys{}.Keys(start()))
}
