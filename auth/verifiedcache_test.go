// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

func sumOf(token string) [32]byte { return sha256.Sum256([]byte(token)) }

// An entry is good for one token and one key set.
func TestVerifiedCache(t *testing.T) {
	t.Parallel()
	c := NewVerifiedCache(64)
	set, other := setOf(t, keyOf(1)), setOf(t, keyOf(1))
	require.Nil(t, c.find(sumOf("a"), set))
	c.add(sumOf("a"), set, set.Keys()[0])
	require.NotNil(t, c.find(sumOf("a"), set))
	require.Nil(t, c.find(sumOf("b"), set))
	require.Nil(t, c.find(sumOf("a"), other), "equal keys fetched anew are another set")
	require.Nil(t, c.find(sumOf("a"), nil))
}

func TestVerifiedCacheSize(t *testing.T) {
	t.Parallel()
	for _, none := range []int{0, -1} {
		require.Nil(t, NewVerifiedCache(none))
	}
	c := NewVerifiedCache(1) // every token has the same slot
	set := setOf(t, keyOf(1))
	c.add(sumOf("a"), set, set.Keys()[0])
	c.add(sumOf("b"), set, set.Keys()[0])
	require.NotNil(t, c.find(sumOf("b"), set))
	require.Nil(t, c.find(sumOf("a"), set), "newer entries overwrite")
}

// The counts belong to whoever counts, so that they outlive the cache.
func TestVerifiedCacheIsCounted(t *testing.T) {
	t.Parallel()
	var use CacheUse
	set := setOf(t, keyOf(1))
	for range 2 {
		c := NewVerifiedCache(8).CountedBy(&use)
		require.Nil(t, c.find(sumOf("a"), set))
		require.Equal(t, 8, c.Size())
		require.Zero(t, c.Entries())
		c.add(sumOf("a"), set, set.Keys()[0])
		require.Equal(t, 1, c.Entries())
		require.NotNil(t, c.find(sumOf("a"), set))
		require.NotNil(t, c.find(sumOf("a"), set))
	}
	require.EqualValues(t, 2, use.Misses.Load())
	require.EqualValues(t, 4, use.Hits.Load())

	none := NewVerifiedCache(0).CountedBy(&use)
	require.Nil(t, none)
	require.Zero(t, none.Size()+none.Entries())
}

func TestVerifiedCacheIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	c := NewVerifiedCache(4)
	sets := []*jwk.Set{setOf(t, keyOf(1)), setOf(t, keyOf(2))}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for n := range 1000 {
				// Which set a token is verified with depends on the token alone, so
				// that a torn entry would show.
				sum := sumOf(fmt.Sprint(n % 16))
				c.add(sum, sets[n%2], sets[n%2].Keys()[0])
				assert.Nil(t, c.find(sum, sets[(n+1)%2]), "a token was found under the wrong key set")
			}
		})
	}
	all.Wait()
}

// changingKeys is a source whose keys a test replaces.
type changingKeys struct{ set *jwk.Set }

func (k *changingKeys) Keys(time.Time) *jwk.Set                  { return k.set }
func (k *changingKeys) Renew(context.Context, *jwk.Set) *jwk.Set { return k.set }

// With the cache every other check still runs, and what was verified with a
// key dies with the key.
func TestCachedTokenIsStillJudged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	keys := &changingKeys{setOf(t, f.private)}
	f.issuers.Default.Keys = keys
	f.issuers.Default.Verified = NewVerifiedCache(64)
	token := f.token(`"env":"prod"`)
	require.True(t, f.decide(token).Allowed())
	require.NotNil(t, f.issuers.Default.Verified.find(sumOf(token), keys.set))
	healthy := *f
	for want, spoil := range map[Reason]func(){
		Expired:         func() { f.now = f.now.Add(time.Hour) },
		Subject:         func() { f.spec.BoundSubject = "bob" },
		Audience:        func() { f.spec.BoundAudiences = []string{"x"} },
		ClaimMismatch:   func() { f.spec.BoundClaims = map[string]any{"env": "dev"} },
		UserClaim:       func() { f.spec.UserClaim = "email" },
		PeerAddress:     func() { f.spec.BoundCIDRs = []string{"10.0.0.0/8"} },
		RoleNotForLogin: func() { f.spec.BrowserOnly = true },
		IssuerUnknown:   func() { f.issuers = issuersLike(f.issuers, func(i *Issuer) { i.ID = "https://other.test" }) },
		TokenAlgorithm: func() {
			f.issuers = issuersLike(f.issuers, func(i *Issuer) { i.Algorithms = jws.AlgorithmSet(jws.ES256) })
		},
		TokenTooLong:     func() { f.issuers = issuersLike(f.issuers, func(*Issuer) {}); f.issuers.TokenBytes = 8 },
		SignatureInvalid: func() { keys.set = setOf(t, keyOf(2)) },
		KeyUnknown:       func() { keys.set = setOfID(t, "other", f.private) },
		KeysUnavailable:  func() { keys.set = nil },
	} {
		set := keys.set
		spoil()
		require.Equal(t, want, f.decide(token).Reason)
		*f, keys.set = healthy, set
		require.True(t, f.decide(token).Allowed())
	}
}

// issuersLike copies the issuers with a change to the default one.
func issuersLike(s *Issuers, change func(*Issuer)) *Issuers {
	issuer := *s.Default
	change(&issuer)
	return &Issuers{TokenBytes: s.TokenBytes, Default: &issuer}
}

// Only a signature that verified is remembered.
func TestBadSignaturesAreNotCached(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.issuers.Default.Verified = NewVerifiedCache(64)
	good := f.token("")
	bad := good[:len(good)-4] + "AAAA"
	for range 2 {
		require.Equal(t, SignatureInvalid, f.decide(bad).Reason)
	}
	require.Nil(t, f.issuers.Default.Verified.slot(sumOf(bad)).Load())
	require.True(t, f.decide(good).Allowed())
}
