// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"errors"
	"net/netip"
)

// class says what kind of network an address belongs to.
type class int32

const (
	unknownClass class = iota
	publicClass
	privateClass // loopback, private and reserved networks
	neverClass   // addresses that no issuer has
)

var (
	errNever = errors.New("the address is link-local, unspecified, multicast or a cloud metadata service, which is never contacted")
	errInner = errors.New("the discovery document came from a public address and names a JWK Set at a private or loopback one, which is refused")
)

// neverPrefixes are refused beyond what netip can tell.
var neverPrefixes = prefixes(
	"0.0.0.0/8", "255.255.255.255/32",
	"100.100.100.200/32", // Alibaba Cloud metadata
	"168.63.129.16/32",   // Azure WireServer
	"192.0.0.192/32",     // Oracle Cloud metadata
	"fd00:ec2::254/128",  // AWS metadata
	"fd20:ce::254/128",   // Google Cloud metadata
	"fd00:42::42/128",    // Scaleway metadata
)

// privatePrefixes are not public beyond what netip can tell (RFC 6890).
var privatePrefixes = prefixes(
	"100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"64:ff9b:1::/48", "100::/64", "2001:db8::/32", "3fff::/20", "fec0::/10",
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, p := range list {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}

// classify judges an address by the one that packets would really reach.
func classify(addr netip.Addr) class {
	addr = embedded(addr.WithZone("").Unmap())
	switch {
	case !addr.IsValid() || addr.IsUnspecified() || addr.IsLinkLocalUnicast() || addr.IsMulticast() || within(addr, neverPrefixes):
		return neverClass
	case addr.IsLoopback() || addr.IsPrivate() || within(addr, privatePrefixes):
		return privateClass
	}
	return publicClass
}

// CheckAddress refuses addresses that no server has which is meant: link-local,
// unspecified and multicast ones, and the metadata services of clouds.
func CheckAddress(addr netip.Addr) error {
	if classify(addr) == neverClass {
		return errNever
	}
	return nil
}

func within(addr netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// embedded returns the IPv4 address that an IPv6 address stands for: NAT64
// (RFC 6052, section 2.1), 6to4 (RFC 3056, section 2) and the old
// IPv4-compatible form (RFC 4291, section 2.5.5.1).
func embedded(addr netip.Addr) netip.Addr {
	if !addr.Is6() || addr == netip.IPv6Unspecified() || addr == netip.IPv6Loopback() {
		return addr
	}
	b := addr.As16()
	switch [2]byte(b[:2]) {
	case [2]byte{0x20, 0x02}:
		return netip.AddrFrom4([4]byte(b[2:6]))
	case [2]byte{0, 0x64}:
		if [12]byte(b[:12]) == [12]byte{0, 0x64, 0xff, 0x9b} {
			return netip.AddrFrom4([4]byte(b[12:]))
		}
	case [2]byte{0, 0}:
		if [12]byte(b[:12]) == [12]byte{} {
			return netip.AddrFrom4([4]byte(b[12:]))
		}
	}
	return addr
}
