// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// keyText is a JWK that belongs to its kid: the same for the same kid.
func keyText(kid string) string {
	seed := sha256.Sum256([]byte(kid))
	public := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","kid":%q,"x":%q}`, kid, encode(public))
}

// setText is a JWK Set with those keys.
func setText(kids ...string) string {
	list := make([]string, len(kids))
	for i, kid := range kids {
		list[i] = keyText(kid)
	}
	return `{"keys":[` + strings.Join(list, ",") + `]}`
}

func kidsOf(set *jwk.Set) []string {
	if set == nil {
		return nil
	}
	var kids []string
	for _, k := range set.Keys() {
		kids = append(kids, k.ID)
	}
	return kids
}

// fakeIssuer is a fetcher whose answers a test scripts. It runs in the fake
// time of testing/synctest.
type fakeIssuer struct {
	mu     sync.Mutex
	body   string
	err    error
	delay  time.Duration
	maxAge time.Duration
	panics bool

	begun []time.Time // when each fetch began
	good  []time.Time // when those began that brought a good document
	air   int         // fetches in progress
	most  int         // the most that were at one time
}

func newFakeIssuer(kids ...string) *fakeIssuer { return &fakeIssuer{body: setText(kids...)} }

var errDown = target("JWK Set of idp.test").failure(KindStatus, "answered with status 503; only 200 is accepted")

// hang is longer than any fetch may take.
const hang = time.Hour

func (i *fakeIssuer) change(f func(*fakeIssuer)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f(i)
}

func (i *fakeIssuer) publish(kids ...string) {
	i.change(func(i *fakeIssuer) { i.body, i.err = setText(kids...), nil })
}
func (i *fakeIssuer) fail()                { i.change(func(i *fakeIssuer) { i.err = errDown }) }
func (i *fakeIssuer) slow(d time.Duration) { i.change(func(i *fakeIssuer) { i.delay = d }) }
func (i *fakeIssuer) inAir() int           { i.mu.Lock(); defer i.mu.Unlock(); return i.air }
func (i *fakeIssuer) mostInAir() int       { i.mu.Lock(); defer i.mu.Unlock(); return i.most }
func (i *fakeIssuer) fetches() int         { return len(i.times()) }
func (i *fakeIssuer) times() []time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.begun)
}
func (i *fakeIssuer) goodOnes() []time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.good)
}

// fetch answers with what was published when it began, as a server does that
// is slow to send.
func (i *fakeIssuer) fetch(ctx context.Context) (document, error) {
	i.mu.Lock()
	began := time.Now()
	i.begun = append(i.begun, began)
	i.air++
	i.most = max(i.most, i.air)
	doc, err, delay, panics := document{body: []byte(i.body), url: "https://idp.test/jwks", maxAge: i.maxAge}, i.err, i.delay, i.panics
	i.mu.Unlock()
	defer i.change(func(i *fakeIssuer) { i.air-- })

	if panics {
		var nothing *fakeIssuer
		_ = nothing.body
	}
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return document{}, target("JWK Set of idp.test").failure(KindTimeout, "timed out waiting for the answer")
		}
	}
	if err != nil {
		return document{}, err
	}
	if _, broken := jwk.ParseSet(doc.body); broken == nil {
		i.change(func(i *fakeIssuer) { i.good = append(i.good, began) })
	}
	return doc, nil
}

// source makes a source on the fake issuer, without jitter, that is closed at
// the end of the test.
func (i *fakeIssuer) source(t interface {
	require.TestingT
	Cleanup(func())
}, change ...func(*Config)) *Source {
	c := Config{JWKSURL: "https://idp.test/jwks"}
	for _, f := range change {
		f(&c)
	}
	c, err := c.withDefaults()
	require.NoError(t, err)
	s := newSource(c, "idp.test", i.fetch, func() float64 { return 0 })
	t.Cleanup(s.Close)
	return s
}

func (s *Source) kids() []string { return kidsOf(s.Keys(s.now())) }

// warm makes the source have keys.
func warm(t *testing.T, s *Source) *jwk.Set {
	t.Helper()
	require.NoError(t, s.Fetch(t.Context()))
	set := s.Keys(s.now())
	require.NotNil(t, set)
	return set
}
