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

func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer()
		i.body = `{"keys":[` + keyText("a") + `,{"kty":"EC","crv":"secp256k1"}]}`
		s := i.source(t)
		require.Equal(t, Status{}, s.Status())

		first := time.Now()
		set := warm(t, s)
		require.Equal(t, Status{
			Keys:        []Key{{ID: "a", Thumbprint: set.Keys()[0].Thumbprint, Algorithms: []string{"EdDSA"}}},
			Skipped:     []jwk.Skipped{{Index: 1, Fault: jwk.FaultType}},
			URL:         "https://idp.test/jwks",
			LastAttempt: first, LastSuccess: first, NextRefresh: first.Add(defaultRefresh), AsOf: first, StaleAt: first.Round(0).Add(defaultStale),
			Fetches: 1, Successes: 1,
		}, s.Status())

		i.fail()
		time.Sleep(time.Minute)
		require.Error(t, s.Fetch(t.Context()))
		st := s.Status()
		require.Equal(t, "JWK Set of idp.test: answered with status 503; only 200 is accepted", st.LastError)
		require.Equal(t, KindStatus, st.LastKind)
		require.Equal(t, first.Add(time.Minute), st.LastAttempt)
		require.Equal(t, first, st.LastSuccess)
		require.Equal(t, first.Add(time.Minute+time.Second), st.NextRefresh)
		require.Equal(t, 1, st.Failures)
		require.Len(t, st.Keys, 1)
		require.False(t, st.Stale)

		time.Sleep(2 * defaultStale)
		require.True(t, s.Status().Stale)
		i.publish("a")
		require.NoError(t, s.Fetch(t.Context()))
		st = s.Status()
		require.Empty(t, st.LastError)
		require.Empty(t, st.LastKind)
		require.Zero(t, st.Failures)
		require.False(t, st.Stale)
	})
}
