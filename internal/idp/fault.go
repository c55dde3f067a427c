// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"compress/gzip"
	"context"
	"io"
	"time"
)

// Fault says how an endpoint misbehaves. Its fields combine: what is zero is
// as it should be. They act in the order of their declaration.
//
//	Fault{Status: 503, Body: []byte("down")}                          an outage
//	Fault{Status: 503, Times: 2}                                      an outage that heals
//	Fault{Hang: true}                                                 no answer
//	Fault{Reset: true}                                                no server
//	Fault{PadTo: 1 << 30, Gzip: true}                                 a gzip bomb
//	Fault{Members: map[string]any{"issuer": "https://evil.example"}}  another's issuer
//	Fault{Members: map[string]any{"jwks_uri": url}}                   another's keys
//	Fault{Header: map[string]string{"Cache-Control": "max-age=60"}}   a caching hint
type Fault struct {
	// Times is how many requests the fault befalls before it heals by itself;
	// zero means until it is replaced.
	Times int
	// Hang keeps the answer back until the fault is replaced, the client is
	// gone or the provider closes. A released request is then answered as the
	// other fields say.
	Hang bool

	// Status is the HTTP status; zero means 200, or 302 with RedirectTo.
	Status int
	// RedirectTo is sent as the Location header.
	RedirectTo string
	// Header is laid over the response headers (Content-Type:
	// application/json, and Location); an empty value removes one.
	Header map[string]string

	// Members is laid over the top level of the true document; a nil value
	// removes a member.
	Members map[string]any
	// Body, unless nil, is sent in place of the document.
	Body []byte
	// PadTo appends spaces, which JSON ignores, until the body has this many
	// bytes. Only a limit on size can refuse it: its length is not declared.
	PadTo int64
	// Gzip compresses the body, whether or not the client asked for it.
	Gzip bool

	// HeaderDrip and BodyDrip are pauses before each byte of the header and
	// the body.
	HeaderDrip, BodyDrip time.Duration
	// Reset aborts the TCP connection after ResetAfter bytes of the body, or
	// before the first byte of the answer when ResetAfter is zero. A reset may
	// overtake bytes still on their way, so a client sees at most that many.
	// Note that net/http clients retry once when a reused connection breaks
	// before the first byte.
	Reset      bool
	ResetAfter int64
}

// overWire tells whether the fault needs the bare connection.
func (f Fault) overWire() bool { return f.HeaderDrip > 0 || f.BodyDrip > 0 || f.Reset }

// wait holds a hanging request and tells whether to answer it.
func (f Fault) wait(client, provider context.Context, released <-chan struct{}) bool {
	if !f.Hang {
		return true
	}
	select {
	case <-released:
		return true
	case <-client.Done():
	case <-provider.Done():
	}
	return false
}

// writeBody writes what the body fields ask for, given the true document.
func (f Fault) writeBody(w io.Writer, truth []byte) error {
	if f.Gzip {
		z := gzip.NewWriter(w)
		if err := f.writePlain(z, truth); err != nil {
			return err
		}
		return z.Close()
	}
	return f.writePlain(w, truth)
}

func (f Fault) writePlain(w io.Writer, truth []byte) error {
	content := f.content(truth)
	if _, err := w.Write(content); err != nil {
		return err
	}
	_, err := io.CopyN(w, spaces{}, max(0, f.PadTo-int64(len(content))))
	return err
}

func (f Fault) content(truth []byte) []byte {
	if f.Body != nil {
		return f.Body
	}
	return truth
}

// spaces is an endless reader of spaces.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
