// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"
)

// guard makes the connections of one fetch. It judges addresses after the name
// was resolved, so that no name, and no change of a name between a check and
// its use, gets around it.
type guard struct {
	life     context.Context // the fetch: no connection outlives it
	resolver *net.Resolver   // nil: the system's
	timeout  time.Duration
	classify func(netip.Addr) class
	progress *progress

	publicOnly atomic.Bool
	reached    atomic.Int32 // class of the last address that was connected to
}

// dial is for http.Transport, which keeps the cancellation of a request from
// the dialling for it; the life of the fetch ends it all the same.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(g.life, cancel)()

	g.progress.enter(resolving)
	d := net.Dialer{Timeout: g.timeout, Resolver: g.resolver, ControlContext: g.control, KeepAlive: -1}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if remote, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		g.reached.Store(int32(g.classify(remote.AddrPort().Addr())))
	}
	context.AfterFunc(g.life, func() { _ = conn.Close() })
	return conn, nil
}

// control sees each address just before it is connected to.
func (g *guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	g.progress.enter(connecting)
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return errNever
	}
	switch c := g.classify(to.Addr()); {
	case c == neverClass:
		return errNever
	case c != publicClass && g.publicOnly.Load():
		return errInner
	}
	return nil
}

// stayPublic makes a fetch that reached a public address keep to public ones.
func (g *guard) stayPublic() {
	g.publicOnly.Store(class(g.reached.Load()) == publicClass)
}
