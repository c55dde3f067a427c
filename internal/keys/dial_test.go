// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClassify(t *testing.T) { // K12
	classes := map[class]string{
		neverClass: `0.0.0.0 0.1.2.3 :: ::ffff:0.0.0.0 169.254.0.1 169.254.169.254 ::ffff:169.254.169.254 fe80::1 fe80::1%eth0 febf::1
			100.100.100.200 168.63.129.16 192.0.0.192 fd00:ec2::254 fd20:ce::254 fd00:42::42 224.0.0.1 239.1.1.1 ff02::1 255.255.255.255
			64:ff9b::169.254.169.254 2002:a9fe:a9fe::1 ::169.254.169.254 ::ffff:100.100.100.200 64:ff9b::0.0.0.0`,
		privateClass: `127.0.0.1 127.1.2.3 ::1 ::ffff:127.0.0.1 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 ::ffff:192.168.1.1
			fc00::1 fdff::1 100.64.0.1 100.127.255.255 198.18.0.1 192.0.2.1 203.0.113.9 240.0.0.1 64:ff9b::127.0.0.1 64:ff9b:1::1
			2002:7f00:1::1 ::127.0.0.1 2001:db8::1 fec0::1`,
		publicClass: `1.1.1.1 8.8.8.8 172.32.0.1 100.128.0.1 169.253.1.1 192.0.1.1 2606:4700::1111 2a00:1450::1 64:ff9b::8.8.8.8
			2002:808:808::1 ::ffff:8.8.8.8`,
	}
	for want, list := range classes {
		for text := range strings.FieldsSeq(list) {
			addr := netip.MustParseAddr(text)
			require.Equal(t, want, classify(addr), text)
			if want == neverClass {
				require.ErrorIs(t, CheckAddress(addr), errNever, text)
			} else {
				require.NoError(t, CheckAddress(addr), text)
			}
		}
	}
	require.Equal(t, neverClass, classify(netip.Addr{}))
}

// named is how a test reaches a local server under a name.
func named(s *server, host string) string {
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	return fmt.Sprintf("http://%s:%s", host, port)
}

func resolve(n *nameServer) func(*web) { return func(w *web) { w.resolver = n.resolver() } }

func TestNamesDoNotHideAddresses(t *testing.T) { // K12
	s := servePlain(t, body(setText("a")))
	for _, addr := range []string{
		"169.254.169.254", "0.0.0.0", "::ffff:169.254.169.254", "fd00:ec2::254", "100.100.100.200", "fe80::1",
	} {
		n := &nameServer{hosts: map[string][]string{"metadata.test": {addr}}}
		_, err := once(t, Config{JWKSURL: named(s, "metadata.test")}, resolve(n))
		requireKind(t, err, KindAddress, "never contacted")
	}
	n := &nameServer{hosts: map[string][]string{"idp.test": {"127.0.0.1"}}}
	_, err := once(t, Config{JWKSURL: named(s, "idp.test")}, resolve(n))
	require.NoError(t, err)
	require.EqualValues(t, 1, s.requests.Load())

	_, err = once(t, Config{JWKSURL: named(s, "nowhere.test")}, resolve(n))
	requireKind(t, err, KindName, "cannot be resolved")
	// 0 and decimal forms are for the resolver to read; what it reads is judged.
	for _, host := range []string{"0", "0x7f.1", "2852039166"} {
		_, err = once(t, Config{JWKSURL: named(s, host)}, resolve(n))
		require.Error(t, err)
	}
	require.EqualValues(t, 1, s.requests.Load())
}

func TestRebinding(t *testing.T) { // K13
	s := servePlain(t, body(setText("a")))
	n := &nameServer{hosts: map[string][]string{"idp.test": {"127.0.0.1", "169.254.169.254"}}}
	_, err := once(t, Config{JWKSURL: named(s, "idp.test")}, resolve(n))
	require.NoError(t, err)
	_, err = once(t, Config{JWKSURL: named(s, "idp.test")}, resolve(n))
	requireKind(t, err, KindAddress, "never contacted")
	require.EqualValues(t, 1, s.requests.Load())
}

// pretend makes some loopback addresses count as public.
func pretend(public ...string) func(*web) {
	return func(w *web) {
		w.classify = func(addr netip.Addr) class {
			for _, p := range public {
				if addr == netip.MustParseAddr(p) {
					return publicClass
				}
			}
			return classify(addr)
		}
	}
}

func TestDiscoveryLeadsToNoInnerNetwork(t *testing.T) {
	public := pretend("127.0.0.2", "127.0.0.3")
	outer := servePlain(t, body(setText("a")), listenOn(t, "127.0.0.3"))
	inner := servePlain(t, body(setText("a")), listenOn(t, "127.0.0.1"))
	discovery := func(host, keys string) *server {
		s := &server{}
		s = servePlain(t, discoveryOf(&s, func(string) string { return keys }), listenOn(t, host))
		return s
	}
	cases := []struct {
		from, to string
		allowed  bool
	}{
		{"127.0.0.2", outer.URL, true},
		{"127.0.0.1", outer.URL, true},
		{"127.0.0.1", inner.URL, true},
		{"127.0.0.2", inner.URL, false},
		{"127.0.0.2", named(inner, "inner.test"), false},
		{"127.0.0.2", named(outer, "outer.test"), true},
		{"127.0.0.2", named(inner, "[::ffff:127.0.0.1]"), false},
	}
	for _, c := range cases {
		t.Run(c.from+" to "+c.to, func(t *testing.T) {
			n := &nameServer{hosts: map[string][]string{"inner.test": {"127.0.0.1"}, "outer.test": {"127.0.0.3"}}}
			before := inner.requests.Load() + outer.requests.Load()
			_, err := once(t, Config{DiscoveryURL: discovery(c.from, c.to).URL}, public, resolve(n))
			if c.allowed {
				require.NoError(t, err)
				require.Equal(t, before+1, inner.requests.Load()+outer.requests.Load())
				return
			}
			requireKind(t, err, KindAddress, "private or loopback")
			require.Equal(t, before, inner.requests.Load()+outer.requests.Load())
		})
	}
}

func TestProxyIsExplicit(t *testing.T) { // K22
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, "http://proxy.test:3128")
	}
	s := servePlain(t, body(setText("a")))
	hosts := map[string][]string{"idp.test": {"127.0.0.1"}, "proxy.test": {"169.254.1.1"}}

	n := &nameServer{hosts: hosts}
	_, err := once(t, Config{JWKSURL: named(s, "idp.test")}, resolve(n))
	require.NoError(t, err)
	require.Equal(t, []string{"idp.test"}, n.asked)

	n = &nameServer{hosts: hosts}
	_, err = once(t, Config{JWKSURL: named(s, "idp.test"), Proxy: ProxyEnvironment}, resolve(n))
	require.Error(t, err)
	require.Equal(t, []string{"proxy.test"}, n.asked)
	require.EqualValues(t, 1, s.requests.Load())
}
