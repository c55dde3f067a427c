// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// answerOverWire writes the answer to the bare connection, so that header
// bytes can be paced and the connection be reset.
func (p *Provider) answerOverWire(w http.ResponseWriter, f Fault, truth []byte) {
	header := w.Header().Clone()
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the connection is already gone
	}
	defer conn.Close()
	// Close must not wait for a client that has stopped reading. The server no
	// longer knows this connection.
	stop := context.AfterFunc(p.closing, func() { conn.Close() })
	defer stop()
	if f.Reset && f.ResetAfter == 0 {
		reset(conn)
		return
	}
	start := &pacedWriter{ctx: p.closing, w: conn, pause: f.HeaderDrip}
	if _, err := start.Write(head(f.status(), header)); err != nil {
		return
	}
	var body io.Writer = &pacedWriter{ctx: p.closing, w: conn, pause: f.BodyDrip}
	if f.Reset {
		body = &cutWriter{w: body, left: f.ResetAfter}
	}
	if err := f.writeBody(body, truth); errors.Is(err, errCut) {
		reset(conn)
	}
}

// head renders status line and header fields (RFC 9112 sections 4 and 5). The
// body ends with its Content-Length or with the connection. One buffer makes
// one segment: a reset drops what the congestion window has not yet let out.
func head(status int, header http.Header) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	header.Set("Connection", "close")
	_ = header.Write(&b) // a buffer takes everything
	b.WriteString("\r\n")
	return b.Bytes()
}

// reset makes the kernel send RST instead of FIN. Under TLS it goes below the
// TLS connection, whose Close would announce an orderly end.
func reset(conn net.Conn) {
	if below, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = below.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// pacedWriter pauses before each byte, unless pause is zero.
type pacedWriter struct {
	ctx   context.Context
	w     io.Writer
	pause time.Duration
}

func (p *pacedWriter) Write(b []byte) (int, error) {
	if p.pause <= 0 {
		return p.w.Write(b)
	}
	timer := time.NewTimer(p.pause)
	defer timer.Stop()
	for i := range b {
		select {
		case <-timer.C:
			timer.Reset(p.pause)
		case <-p.ctx.Done():
			return i, p.ctx.Err()
		}
		if _, err := p.w.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

var errCut = errors.New("idp: cut")

// cutWriter fails with errCut after left bytes.
type cutWriter struct {
	w    io.Writer
	left int64
}

func (c *cutWriter) Write(b []byte) (int, error) {
	cut := int64(len(b)) >= c.left
	if cut {
		b = b[:c.left]
	}
	n, err := c.w.Write(b)
	c.left -= int64(n)
	if err == nil && cut {
		err = errCut
	}
	return n, err
}
