// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	jwksPath          = "/keys"
	readHeaderTimeout = 10 * time.Second
)

func (p *Provider) serve(listener net.Listener) {
	p.closing, p.cancel = context.WithCancel(context.Background())
	var protocols http.Protocols
	protocols.SetHTTP1(true) // HTTP/2 connections cannot be taken over for the wire faults
	p.server = &http.Server{
		Handler:           p.routes(),
		Protocols:         &protocols,
		ReadHeaderTimeout: readHeaderTimeout,
		ConnState:         p.track,
		ErrorLog:          log.New(io.Discard, "", 0), // clients that distrust the CA are part of the tests
	}
	if p.tls.ca != nil {
		listener = tls.NewListener(listener, &tls.Config{
			Certificates: []tls.Certificate{p.tls.server},
			MinVersion:   tls.VersionTLS12,
		})
	}
	go func() {
		defer close(p.served)
		_ = p.server.Serve(listener) // always ErrServerClosed, after Close
	}()
}

// track counts open connections for Close. Handlers are counted on their own,
// because a connection that was taken over leaves the server's care.
func (p *Provider) track(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		p.active.Add(1)
		if p.closing.Err() != nil {
			conn.Close() // accepted while the server was closing the others
		}
	case http.StateClosed, http.StateHijacked:
		p.active.Done()
	}
}

// routes matches paths exactly; http.ServeMux would clean them first.
func (p *Provider) routes() http.Handler {
	routes := map[string]http.HandlerFunc{
		p.discoveryPath(): p.handle(Discovery, p.discoveryDocument),
		jwksPath:          p.handle(JWKS, p.jwksDocument),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, ok := routes[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", http.MethodGet)
			http.Error(w, "use GET", http.StatusMethodNotAllowed)
			return
		}
		handler(w, r)
	})
}

func (p *Provider) handle(name Endpoint, truth func() document) http.HandlerFunc {
	state := p.endpoint(name)
	return func(w http.ResponseWriter, r *http.Request) {
		p.active.Add(1)
		defer p.active.Done()
		fault, released := state.arrive()
		if !fault.wait(r.Context(), p.closing, released) {
			panic(http.ErrAbortHandler) // ends the connection without an answer
		}
		body := truth().overlay(fault.Members).bytes()
		fault.setHeader(w.Header(), len(fault.content(body)))
		if fault.overWire() {
			p.answerOverWire(w, fault, body)
			return
		}
		w.WriteHeader(fault.status())
		_ = fault.writeBody(w, body) // the client may leave at any time
	}
}

func (f Fault) status() int {
	switch {
	case f.Status != 0:
		return f.Status
	case f.RedirectTo != "":
		return http.StatusFound
	}
	return http.StatusOK
}

func (f Fault) setHeader(h http.Header, length int) {
	h.Set("Content-Type", "application/json")
	if f.RedirectTo != "" {
		h.Set("Location", f.RedirectTo)
	}
	if f.Gzip {
		h.Set("Content-Encoding", "gzip")
	}
	if f.PadTo == 0 && !f.Gzip {
		h.Set("Content-Length", strconv.Itoa(length))
	}
	for name, value := range f.Header {
		if value == "" {
			h.Del(name)
			continue
		}
		h.Set(name, value)
	}
}
