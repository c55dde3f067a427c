// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp_test

import (
	"context"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// A drip delivers the true answer, only late: no byte may come before its turn.
func TestDripDelivers(t *testing.T) {
	p := idp.Start(t)
	truth := p.JWKSDocument()
	for name, fault := range map[string]idp.Fault{
		"header": {HeaderDrip: time.Millisecond, Status: 203},
		"body":   {BodyDrip: time.Millisecond, Status: 203},
	} {
		t.Run(name, func(t *testing.T) {
			p.SetFault(idp.JWKS, fault)
			start := time.Now()
			resp, body := fetch(t, p.Client(), p.JWKSURL())
			require.Equal(t, 203, resp.StatusCode)
			require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
			require.Equal(t, truth, body)
			require.EqualValues(t, len(truth), resp.ContentLength)
			require.Greater(t, time.Since(start), 90*time.Millisecond, "some 100 bytes, a millisecond each")
		})
	}
}

// With an hour between bytes, HeaderDrip withholds the header and BodyDrip the
// body alone.
func TestDripWithholds(t *testing.T) {
	p := idp.Start(t)
	get := func(t *testing.T) (*http.Response, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		t.Cleanup(cancel)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.JWKSURL(), nil)
		require.NoError(t, err)
		return freshClient(t, p).Do(request)
	}
	p.SetFault(idp.JWKS, idp.Fault{HeaderDrip: time.Hour})
	_, err := get(t)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	p.SetFault(idp.JWKS, idp.Fault{BodyDrip: time.Hour})
	resp, err := get(t)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Empty(t, body)
}

func TestReset(t *testing.T) {
	for name, opts := range map[string][]idp.Option{"TLS": nil, "plain": {idp.WithPlainHTTP()}} {
		t.Run(name, func(t *testing.T) {
			p := idp.Start(t, opts...)
			client := freshClient(t, p)
			p.SetFault(idp.JWKS, idp.Fault{Reset: true})
			_, err := client.Get(p.JWKSURL())
			require.ErrorIs(t, err, syscall.ECONNRESET)

			p.SetFault(idp.JWKS, idp.Fault{Reset: true, ResetAfter: 10, Status: 203})
			resp, err := client.Get(p.JWKSURL())
			require.NoError(t, err, "the header arrives")
			defer resp.Body.Close()
			require.Equal(t, 203, resp.StatusCode)
			require.EqualValues(t, len(p.JWKSDocument()), resp.ContentLength)
			body, err := io.ReadAll(resp.Body)
			require.ErrorIs(t, err, syscall.ECONNRESET)
			require.Equal(t, p.JWKSDocument()[:10], body)
		})
	}
}

// Wire faults combine with body faults: a gzip stream that breaks off.
func TestResetInsideGzip(t *testing.T) {
	p := idp.Start(t)
	client := freshClient(t, p)
	client.Transport.(*http.Transport).DisableCompression = true
	p.SetFault(idp.JWKS, idp.Fault{PadTo: 1 << 20, Gzip: true, Reset: true, ResetAfter: 100})
	resp, err := client.Get(p.JWKSURL())
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.Len(t, body, 100)
}
