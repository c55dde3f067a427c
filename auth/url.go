// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"net/netip"
	"strings"
)

const maxURLBytes = 2 << 10

// canonicalURL brings an http or https URL into the one form that all its
// equivalents share (RFC 3986, sections 6.2.2 and 6.2.3), as RFC 9449 section
// 4.3 asks for before htu is compared. It reports false for anything but a
// scheme, a host, perhaps a port, and a path: with a user name, a query, a
// fragment, a dot segment or a character that no URL has it is none.
func canonicalURL(text string) (string, bool) {
	scheme, rest, found := strings.Cut(text, "://")
	scheme = strings.ToLower(scheme)
	if !found || len(text) > maxURLBytes || scheme != "https" && scheme != "http" {
		return "", false
	}
	authority, path := rest, "/"
	if at := strings.IndexByte(rest, '/'); at >= 0 {
		authority, path = rest[:at], rest[at:]
	}
	host, ok := canonicalHost(authority, scheme)
	if !ok {
		return "", false
	}
	if path, ok = canonicalPath(path); !ok {
		return "", false
	}
	return scheme + "://" + host + path, true
}

// canonicalHost returns host and port in lower case, without the scheme's own
// port.
func canonicalHost(authority, scheme string) (string, bool) {
	host, port := strings.ToLower(authority), ""
	if at := strings.LastIndexByte(host, ':'); at >= 0 && !strings.HasSuffix(host, "]") {
		host, port = host[:at], host[at+1:]
	}
	if inner, isIPv6 := strings.CutPrefix(host, "["); isIPv6 {
		addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err != nil || !addr.Is6() || addr.Zone() != "" || !strings.HasSuffix(inner, "]") {
			return "", false
		}
		host = "[" + addr.String() + "]"
	} else if host == "" || strings.Trim(host, alphanumeric+"-._") != "" {
		return "", false
	}
	switch {
	case port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80":
		return host, true
	case len(port) > 5 || strings.Trim(port, "0123456789") != "" || port[0] == '0':
		return "", false
	}
	return host + ":" + port, true
}

const (
	alphanumeric = "abcdefghijklmnopqrstuvwxyz0123456789"
	unreserved   = alphanumeric + "ABCDEFGHIJKLMNOPQRSTUVWXYZ-._~" // RFC 3986, section 2.3
	pathBytes    = unreserved + "/!$&'()*+,;=:@"                   // section 3.3
)

// canonicalPath writes percent-encodings in upper case and takes away those
// that nothing needs.
func canonicalPath(path string) (string, bool) {
	var out strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c != '%' {
			if strings.IndexByte(pathBytes, c) < 0 {
				return "", false
			}
			out.WriteByte(c)
			continue
		}
		if i+2 >= len(path) {
			return "", false
		}
		high, low := hexDigit(path[i+1]), hexDigit(path[i+2])
		if high < 0 || low < 0 {
			return "", false
		}
		if octet := byte(high<<4 | low); strings.IndexByte(unreserved, octet) >= 0 {
			out.WriteByte(octet)
		} else {
			out.WriteString("%" + strings.ToUpper(path[i+1:i+3]))
		}
		i += 2
	}
	for segment := range strings.SplitSeq(out.String(), "/") {
		if segment == "." || segment == ".." {
			return "", false
		}
	}
	return out.String(), true
}

// hexDigit returns the value of a hexadecimal digit, -1 for another character.
func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
