// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// timeouts bounds the steps of a request; tests shorten them.
type timeouts struct{ connect, handshake, header time.Duration }

// web fetches documents. It keeps nothing between fetches: no connection, no
// cookie, no credentials.
type web struct {
	tls      *tls.Config
	proxy    func(*http.Request) (*url.URL, error) // nil: none
	bearer   bearer
	resolver *net.Resolver // nil: the system's
	classify func(netip.Addr) class
	timeouts timeouts
}

func newWeb(c Config) (*web, error) {
	t, err := tlsConfig(c.CAPEM)
	if err != nil {
		return nil, err
	}
	w := &web{tls: t, classify: classify, timeouts: timeouts{connectTimeout, handshakeTimeout, headerTimeout}}
	if w.proxy, err = proxyFunc(c.Proxy); err != nil {
		return nil, err
	}
	w.bearer, err = newBearer(c)
	return w, err
}

// visit is one fetch of one or two documents.
type visit struct {
	guard     *guard
	progress  *progress
	bearer    bearer
	transport *http.Transport
}

// visit begins a fetch that ends with ctx.
func (w *web) visit(ctx context.Context) *visit {
	p := &progress{}
	g := &guard{life: ctx, resolver: w.resolver, timeout: w.timeouts.connect, classify: w.classify, progress: p}
	both := new(http.Protocols)
	both.SetHTTP1(true)
	both.SetHTTP2(true)
	return &visit{guard: g, progress: p, bearer: w.bearer, transport: &http.Transport{
		Proxy:                  w.proxy,
		OnProxyConnectResponse: proxyAnswer,
		DialContext:            g.dial,
		TLSClientConfig:        w.tls.Clone(),
		TLSHandshakeTimeout:    w.timeouts.handshake,
		ResponseHeaderTimeout:  w.timeouts.header,
		MaxResponseHeaderBytes: maxHeaderBytes,
		Protocols:              both,
		DisableCompression:     true,
		DisableKeepAlives:      true,
	}}
}

// get reads one document of at most limit bytes. The request goes through the
// transport alone, since an http.Client would follow redirects.
func (v *visit) get(ctx context.Context, t target, u *url.URL, limit int64) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(v.progress.trace(ctx), http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, nil, t.failure(KindInternal, "the request could not be made")
	}
	request.Header = http.Header{
		"Accept":          {"application/json, application/jwk-set+json"},
		"Accept-Encoding": {"identity"},
		"User-Agent":      {"vault-plugin-auth-claims"},
	}
	if failure := v.bearer.authorize(request, t); failure != nil {
		return nil, nil, failure
	}
	return v.exchange(ctx, t, request, limit)
}

// exchange sends a request and reads an answer of at most limit bytes.
func (v *visit) exchange(ctx context.Context, t target, request *http.Request, limit int64) ([]byte, http.Header, error) {
	v.progress.enter(resolving)
	response, err := v.transport.RoundTrip(request)
	if err != nil {
		return nil, nil, v.progress.explain(ctx, t, err)
	}
	defer response.Body.Close()
	// net/http hands out an answer that arrives while it gives up waiting. What
	// such an answer lacks is no fault to report: its time was up.
	if err := ctx.Err(); err != nil {
		return nil, nil, v.progress.explain(ctx, t, err)
	}
	if failure := checkHead(t, response, limit); failure != nil {
		return nil, nil, failure
	}
	v.progress.enter(reading)
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, nil, v.progress.explain(ctx, t, err)
	}
	if int64(len(body)) > limit {
		return nil, nil, tooLong(t, limit)
	}
	return body, response.Header, nil
}

// checkHead refuses an answer before any of its body is read.
func checkHead(t target, r *http.Response, limit int64) error {
	switch {
	case r.StatusCode >= 300 && r.StatusCode < 400:
		return t.failure(KindRedirect, fmt.Sprintf("answered with a redirect (status %d), which is not followed; set the final URL", r.StatusCode))
	case r.StatusCode != http.StatusOK:
		return t.failure(KindStatus, fmt.Sprintf("answered with status %d; only 200 is accepted", r.StatusCode))
	}
	for _, coding := range r.Header.Values("Content-Encoding") {
		// RFC 9110, section 5.6.1: an empty element of a list says nothing.
		if coding != "" && !strings.EqualFold(coding, "identity") {
			return t.failure(KindEncoding, "answered with a compressed body, though it was asked not to")
		}
	}
	if r.ContentLength > limit {
		return tooLong(t, limit)
	}
	return nil
}

func tooLong(t target, limit int64) error {
	return t.failure(KindTooLong, fmt.Sprintf("the answer is longer than %d KiB", limit>>10))
}
