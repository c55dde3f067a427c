// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// pinOf is the thumbprint of the key that keyText writes for that kid.
func pinOf(t *testing.T, kid string) string {
	t.Helper()
	set, err := jwk.ParseSet([]byte(setText(kid)))
	require.NoError(t, err)
	return set.Keys()[0].Thumbprint
}

func pinned(pins ...string) func(*Config) { return func(c *Config) { c.Pins = pins } }

func TestOnlyPinnedKeysAreUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a", "b", "c")
		s := i.source(t, pinned(pinOf(t, "c"), pinOf(t, "a")))
		warm(t, s)
		require.Equal(t, []string{"a", "c"}, s.kids())
		require.Equal(t, []jwk.Skipped{{Index: -1, ID: "b", Fault: jwk.FaultPin}}, s.Status().Skipped)

		i.publish("b", "c", "d")
		warm(t, s)
		require.Equal(t, []string{"c"}, s.kids(), "an attacker at the issuer adds keys in vain")
	})
}

// TestNoPinnedKeyIsAFailure: a document without a pinned key counts as no
// answer. The keys at hand stay until they are too old.
func TestNoPinnedKeyIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		s := i.source(t, pinned(pinOf(t, "a")))
		warm(t, s)
		i.publish("evil")
		err := s.Fetch(t.Context())
		require.ErrorIs(t, err, jwk.FaultPin)
		requireKind(t, err, KindDocument, "no key has a thumbprint that is pinned")
		require.Equal(t, []string{"a"}, s.kids())
		time.Sleep(defaultStale)
		require.Nil(t, s.kids())

		i.publish("evil", "a")
		time.Sleep(retryLast)
		require.Equal(t, []string{"a"}, s.kids(), "the key comes back, and with it the logins")
	})
}

// TestPinsBindStoredKeys: a pin that was set after keys were stored holds for
// them too.
func TestPinsBindStoredKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := saved(t, "a", "b")
		i := newFakeIssuer()
		i.fail()
		require.Equal(t, []string{"b"}, kidsOf(i.source(t, m.use, pinned(pinOf(t, "b"))).Renew(t.Context(), nil)))
		require.Nil(t, i.source(t, m.use, pinned(pinOf(t, "c"))).Renew(t.Context(), nil))
	})
}
