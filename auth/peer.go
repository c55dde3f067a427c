// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ParsePrefix reads an address or a CIDR block. An IPv4 address mapped into
// IPv6 is taken for what it is.
func ParsePrefix(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, notPrefix(text)
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, notPrefix(text)
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// notPrefix is the error about text. Vault takes what is no address for the path of
// a socket, and writes that in quotation marks.
func notPrefix(text string) error {
	if path, err := strconv.Unquote(text); err == nil {
		text = path
	}
	return fmt.Errorf("token_bound_cidrs: %q is not an IP address or CIDR block", text)
}

// admits tells whether a login may come from peer, the address that Vault saw.
// A role that binds addresses admits nobody whose address is not known.
func (r *Role) admits(peer string) bool {
	if !r.bindsPeers {
		return true
	}
	a, err := netip.ParseAddr(peer)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	for _, p := range r.peers {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
