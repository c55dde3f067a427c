// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

func TestCounters(t *testing.T) {
	p := idp.Start(t)
	fetch(t, p.Client(), p.JWKSURL())
	p.SetFault(idp.JWKS, idp.Fault{Status: 500})
	fetch(t, p.Client(), p.JWKSURL())
	fetch(t, p.Client(), p.Issuer()+wellKnown)
	require.Equal(t, 2, p.Requests(idp.JWKS), "failed requests count")
	require.Equal(t, 1, p.Requests(idp.Discovery))

	require.NoError(t, p.AwaitRequests(t.Context(), idp.JWKS, 2))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := p.AwaitRequests(ctx, idp.JWKS, 3)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "2 of 3 requests reached jwks")

	p.ResetCounters()
	require.Zero(t, p.Requests(idp.JWKS))
	require.Zero(t, p.Requests(idp.Discovery))
	require.Panics(t, func() { p.Requests("nowhere") })
}

// Run with -race: everything at once, and no request is lost.
func TestConcurrentUse(t *testing.T) {
	const workers, rounds = 4, 20
	p := idp.Start(t)
	var group errgroup.Group
	for range workers {
		group.Go(func() error {
			for range rounds {
				key := p.Rotate("EdDSA")
				p.SetFault(idp.JWKS, idp.Fault{Status: 500, Times: 1})
				p.SetExtraKeys(`{"kty":"x"}`)
				resp, err := p.Client().Get(p.JWKSURL())
				if err != nil {
					return err
				}
				resp.Body.Close()
				p.Mint(p.Claims(nil))
				p.Remove(key.KID)
				p.ClearFaults()
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	require.Equal(t, workers*rounds, p.Requests(idp.JWKS))
	require.Len(t, publishedKIDs(t, p), 2, "the first key and the extra member")
}
