// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"
)

// phase is how far a request has come. net/http has no types for most of its
// errors; the phase in which one struck tells the operator where to look.
type phase int32

const (
	resolving phase = iota
	connecting
	handshaking
	awaiting
	reading
)

func (p phase) String() string {
	return [...]string{
		"looking up the name", "connecting", "in the TLS handshake", "waiting for the answer", "reading the answer",
	}[p]
}

// progress records the phase. net/http works in goroutines of its own.
type progress struct{ at atomic.Int32 }

func (p *progress) enter(at phase) { p.at.Store(int32(at)) }
func (p *progress) phase() phase   { return phase(p.at.Load()) }

func (p *progress) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		TLSHandshakeStart: func() { p.enter(handshaking) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err == nil {
				p.enter(awaiting)
			}
		},
		GotConn: func(httptrace.GotConnInfo) { p.enter(awaiting) },
	})
}

// explain turns an error of the network into words. None of the error's own
// text is used: it may quote what the other side sent.
func (p *progress) explain(ctx context.Context, t target, err error) *Failure {
	at := p.phase()
	var (
		network net.Error
		name    *net.DNSError
		op      *net.OpError
		number  syscall.Errno
	)
	switch {
	case errors.Is(err, errNever), errors.Is(err, errInner):
		inner := errNever
		if errors.Is(err, errInner) {
			inner = errInner
		}
		return t.failure(KindAddress, inner.Error())
	case errors.Is(ctx.Err(), context.Canceled):
		return &Failure{Kind: KindClosed, text: string(t) + ": the source was closed", err: context.Canceled}
	case ctx.Err() != nil || errors.As(err, &network) && network.Timeout():
		return t.failure(KindTimeout, "timed out "+at.String())
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return t.failure(KindConnect, "the proxy cannot be reached; check the setting proxy")
	case errors.Is(err, errProxyRefused):
		return t.failure(KindConnect, "the proxy refuses to connect to the host")
	case errors.As(err, &name):
		return t.failure(KindName, "the name cannot be resolved; check its spelling and the DNS of this machine")
	case at == handshaking:
		return t.failure(KindTLS, explainTLS(err))
	case at == reading:
		return t.failure(KindCutOff, "the answer was cut off")
	case errors.As(err, &number):
		return t.failure(KindConnect, "failed "+at.String()+": "+number.Error())
	}
	return t.failure(KindConnect, "failed "+at.String()+"; what answers is perhaps not an HTTP server")
}

func explainTLS(err error) string {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		op        *net.OpError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, errWeakCertificate):
		return errWeakCertificate.Error()
	case errors.As(err, &authority):
		return "the TLS certificate is signed by an unknown authority; set the CA certificate of the issuer"
	case errors.As(err, &host):
		return "the TLS certificate is not for this host"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the TLS certificate has expired or is not yet valid"
	case errors.As(err, &invalid):
		return "the TLS certificate may not be used for this"
	case errors.As(err, &record):
		return "what answers does not speak TLS; is the URL meant to be http://?"
	case errors.As(err, &op) && op.Op == "remote error":
		return "the other side refused the TLS handshake; TLS 1.2 or newer is needed"
	}
	return "the TLS handshake failed; TLS 1.2 or newer is needed"
}
