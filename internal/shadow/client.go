// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package shadow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// Kinds of errors: why a login that was mirrored has no answer to compare.
const (
	errConnect  = "connect"  // no connection, or none that TLS trusts
	errTimeout  = "timeout"  // no answer within the timeout
	errRedirect = "redirect" // answered with a redirect, which is not followed
	errStatus   = "status"   // answered with another status than 200
	errAnswer   = "answer"   // the answer is not that of a check
	errInternal = "internal" // a fault of this side
)

func errorKinds() []string {
	return []string{errConnect, errTimeout, errRedirect, errStatus, errAnswer, errInternal}
}

const maxAnswer = 256 << 10

// client asks the staged mount. It goes through the transport alone, since an
// http.Client would take a token to wherever a redirect points.
type client struct {
	url       *url.URL
	namespace string
	timeout   time.Duration
	transport *http.Transport
}

func newClient(c Config) (*client, error) {
	target, err := c.target()
	if err != nil {
		return nil, err
	}
	tls, err := keys.ClientTLS(c.CAPEM)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: c.Timeout, Control: neverLocal}
	if target.Scheme == "http" {
		dialer.Control = loopbackOnly
	}
	return &client{url: target, namespace: c.Namespace, timeout: c.Timeout, transport: &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        tls,
		TLSHandshakeTimeout:    c.Timeout,
		MaxIdleConnsPerHost:    workers,
		MaxConnsPerHost:        workers,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: 16 << 10,
		DisableCompression:     true,
	}}, nil
}

// neverLocal keeps a token from metadata services and the like, whatever a
// resolver says.
func neverLocal(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return keys.CheckAddress(a.Addr())
}

var errNotLoopback = errors.New("the address is not on the loopback interface")

// loopbackOnly holds a connection without TLS to this machine, whatever a
// resolver says.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !a.Addr().IsLoopback() {
		return errNotLoopback
	}
	return nil
}

func (c *client) close() { c.transport.CloseIdleConnections() }

// question is the body of a check.
type question struct {
	Role        string `json:"role,omitempty"`
	Token       string `json:"jwt"`
	DPoP        string `json:"dpop,omitempty"`
	Peer        string `json:"remote_addr"`
	Certificate []byte `json:"client_certificate,omitempty"` // base64 in JSON
}

// ask returns what the staged mount makes of a login, or the kind of error.
func (c *client) ask(ctx context.Context, l Login) (auth.Outcome, string) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	body, err := json.Marshal(question{Role: l.Role, Token: l.Token, DPoP: l.DPoP, Peer: l.Peer, Certificate: l.Certificate})
	if err != nil {
		return auth.Outcome{}, errInternal
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, c.url.String(), bytes.NewReader(body))
	if err != nil {
		return auth.Outcome{}, errInternal
	}
	request.Header = http.Header{"Content-Type": {"application/json"}, "X-Vault-Request": {"true"}}
	if c.namespace != "" {
		request.Header.Set("X-Vault-Namespace", c.namespace)
	}
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return auth.Outcome{}, failure(ctx, errConnect)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return auth.Outcome{}, failure(ctx, errConnect)
	case response.StatusCode >= 300 && response.StatusCode < 400:
		return auth.Outcome{}, errRedirect
	case response.StatusCode != http.StatusOK:
		return auth.Outcome{}, errStatus
	}
	return parseAnswer(text)
}

func failure(ctx context.Context, otherwise string) string {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errTimeout
	}
	return otherwise
}

func parseAnswer(text []byte) (auth.Outcome, string) {
	var answer struct {
		Data *auth.Outcome `json:"data"`
	}
	if len(text) > maxAnswer || json.Unmarshal(text, &answer) != nil || answer.Data == nil || answer.Data.Reason == "" ||
		answer.Data.Allowed != (answer.Data.Reason == auth.Allowed) || answer.Data.Allowed != (answer.Data.Grant != nil) {
		return auth.Outcome{}, errAnswer
	}
	return *answer.Data, ""
}
