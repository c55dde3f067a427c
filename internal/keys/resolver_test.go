// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a name server in memory. A name may have other addresses each time
// that it is looked up.
type nameServer struct {
	mu    sync.Mutex
	hosts map[string][]string // addresses, comma separated, one entry for each look-up; the last stays
	asked []string
}

func (n *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go n.serve(server)
		return client, nil
	}}
}

// serve answers one query in the framing of DNS over TCP (RFC 1035, section
// 4.2.2), which the resolver of Go uses on a connection without packets.
func (n *nameServer) serve(conn net.Conn) {
	defer conn.Close()
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return
	}
	query := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, query); err != nil {
		return
	}
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return
	}
	n.answer(&m)
	reply, err := m.Pack()
	if err != nil {
		return
	}
	_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
}

func (n *nameServer) answer(m *dnsmessage.Message) {
	m.Response, m.Authoritative = true, true
	q := m.Questions[0]
	list, known := n.look(q)
	if !known {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, text := range list {
		addr := netip.MustParseAddr(text)
		head := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET}
		switch {
		case addr.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: addr.As4()}})
		case addr.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
		}
	}
}

// look moves on to the next entry with each question for an IPv4 address.
func (n *nameServer) look(q dnsmessage.Question) ([]string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	host := strings.TrimSuffix(q.Name.String(), ".")
	if !slices.Contains(n.asked, host) {
		n.asked = append(n.asked, host)
	}
	turns := n.hosts[host]
	if len(turns) == 0 {
		return nil, false
	}
	list := strings.Split(turns[0], ",")
	if q.Type == dnsmessage.TypeA && len(turns) > 1 {
		n.hosts[host] = turns[1:]
	}
	return list, true
}
