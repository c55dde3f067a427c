// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

func TestStatusAndBody(t *testing.T) {
	p := idp.Start(t)
	truth := p.JWKSDocument()
	for name, tc := range map[string]struct {
		fault  idp.Fault
		status int
		body   []byte
	}{
		"none":            {idp.Fault{}, 200, truth},
		"status alone":    {idp.Fault{Status: 500}, 500, truth},
		"status and body": {idp.Fault{Status: 503, Body: []byte("down")}, 503, []byte("down")},
		"any bytes":       {idp.Fault{Body: []byte("\x00{\xff")}, 200, []byte("\x00{\xff")},
		"empty":           {idp.Fault{Body: []byte{}}, 200, []byte{}},
	} {
		t.Run(name, func(t *testing.T) {
			p.SetFault(idp.JWKS, tc.fault)
			resp, body := fetch(t, p.Client(), p.JWKSURL())
			require.Equal(t, tc.status, resp.StatusCode)
			require.Equal(t, tc.body, body)
			require.EqualValues(t, len(tc.body), resp.ContentLength)
		})
	}
	resp, _ := fetch(t, p.Client(), p.Issuer()+wellKnown)
	require.Equal(t, http.StatusOK, resp.StatusCode, "the other endpoint is not touched")
}

func TestFaultHeals(t *testing.T) {
	p := idp.Start(t)
	status := func() int {
		resp, _ := fetch(t, p.Client(), p.JWKSURL())
		return resp.StatusCode
	}
	p.SetFault(idp.JWKS, idp.Fault{Status: 500, Times: 2})
	require.Equal(t, []int{500, 500, 200}, []int{status(), status(), status()})
	p.SetFault(idp.JWKS, idp.Fault{Status: 502})
	require.Equal(t, []int{502, 502, 502}, []int{status(), status(), status()})
	p.ClearFaults()
	require.Equal(t, http.StatusOK, status())
}

func TestHeaders(t *testing.T) {
	p := idp.Start(t)
	p.SetFault(idp.JWKS, idp.Fault{Header: map[string]string{"content-type": "text/html", "Cache-Control": "max-age=60"}})
	resp, _ := fetch(t, p.Client(), p.JWKSURL())
	require.Equal(t, "text/html", resp.Header.Get("Content-Type"))
	require.Equal(t, "max-age=60", resp.Header.Get("Cache-Control"))
	p.ClearFaults()
	resp, _ = fetch(t, p.Client(), p.JWKSURL())
	require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	require.Empty(t, resp.Header.Get("Cache-Control"))
}

func TestRedirect(t *testing.T) {
	p, other := idp.Start(t), idp.Start(t)
	p.SetFault(idp.JWKS, idp.Fault{RedirectTo: other.JWKSURL()})
	resp, _ := fetch(t, freshClient(t, p), p.JWKSURL())
	require.Equal(t, http.StatusFound, resp.StatusCode)
	require.Equal(t, other.JWKSURL(), resp.Header.Get("Location"))
	require.Zero(t, other.Requests(idp.JWKS))

	p.SetFault(idp.JWKS, idp.Fault{RedirectTo: p.Issuer() + wellKnown, Status: http.StatusPermanentRedirect})
	resp, _ = fetch(t, p.Client(), p.JWKSURL())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, 1, p.Requests(idp.Discovery), "a client that follows gets there")
}

func TestMembers(t *testing.T) {
	p := idp.Start(t)
	p.SetFault(idp.Discovery, idp.Fault{Members: map[string]any{
		"issuer": "https://evil.example", "jwks_uri": "https://evil.example/keys", "scopes_supported": nil, "more": 1,
	}})
	_, body := fetch(t, p.Client(), p.Issuer()+wellKnown)
	var doc map[string]any
	require.NoError(t, json.Unmarshal(body, &doc))
	require.Equal(t, "https://evil.example", doc["issuer"])
	require.Equal(t, "https://evil.example/keys", doc["jwks_uri"])
	require.NotContains(t, doc, "scopes_supported")
	require.EqualValues(t, 1, doc["more"])
	require.Equal(t, []any{"public"}, doc["subject_types_supported"], "the rest stays true")

	p.SetFault(idp.JWKS, idp.Fault{Members: map[string]any{"keys": nil}})
	_, body = fetch(t, p.Client(), p.JWKSURL())
	require.JSONEq(t, "{}", string(body))
}

// The padded document is still true, so that only its size can be refused.
func TestPadding(t *testing.T) {
	const size = 8 << 20
	p := idp.Start(t)
	p.SetFault(idp.JWKS, idp.Fault{PadTo: size})
	resp, body := fetch(t, p.Client(), p.JWKSURL())
	require.EqualValues(t, -1, resp.ContentLength, "the length is not declared")
	require.Len(t, body, size)
	require.JSONEq(t, string(p.JWKSDocument()), string(body))

	p.SetFault(idp.JWKS, idp.Fault{PadTo: 1})
	_, body = fetch(t, p.Client(), p.JWKSURL())
	require.Equal(t, p.JWKSDocument(), body, "a document is never cut")
}

func TestGzipBomb(t *testing.T) {
	const size = 8 << 20
	p := idp.Start(t)
	p.SetFault(idp.JWKS, idp.Fault{PadTo: size, Gzip: true})
	resp, body := fetch(t, p.Client(), p.JWKSURL())
	require.True(t, resp.Uncompressed)
	require.Len(t, body, size)
	require.JSONEq(t, string(p.JWKSDocument()), string(body))

	plain := freshClient(t, p)
	plain.Transport.(*http.Transport).DisableCompression = true
	resp, body = fetch(t, plain, p.JWKSURL())
	require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"), "sent although not asked for")
	require.Less(t, len(body), size/500)
}

func TestHang(t *testing.T) {
	p := idp.Start(t)
	p.SetFault(idp.JWKS, idp.Fault{Hang: true, Status: 418})
	type answer struct {
		status int
		err    error
	}
	answers := make(chan answer)
	go func() {
		resp, err := p.Client().Get(p.JWKSURL())
		if err != nil {
			answers <- answer{err: err}
			return
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		answers <- answer{resp.StatusCode, err}
	}()
	require.NoError(t, p.AwaitRequests(t.Context(), idp.JWKS, 1))
	select {
	case got := <-answers:
		t.Fatalf("answered %+v while it should hang", got)
	default:
	}
	p.ClearFaults()
	require.Equal(t, answer{status: 418}, <-answers, "released, and answered as the rest of the fault says")
}

func TestHangEndsWithTheClient(t *testing.T) {
	p := idp.Start(t)
	p.SetFault(idp.JWKS, idp.Fault{Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_ = p.AwaitRequests(ctx, idp.JWKS, 1)
		cancel()
	}()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.JWKSURL(), nil)
	require.NoError(t, err)
	_, err = p.Client().Do(request)
	require.ErrorIs(t, err, context.Canceled)
}
