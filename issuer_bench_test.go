// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// BenchmarkIssuerLogin measures a login with tokens never seen before, on a
// mount with one issuer and with 64: the number of issuers must not be felt.
func BenchmarkIssuerLogin(b *testing.B) {
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprintf("%d", n), func(b *testing.B) { benchmarkIssuers(b, n) })
	}
}

func benchmarkIssuers(b *testing.B, n int) {
	const tokens = 4000
	m := issuerNewMount(b)
	p := idp.Start(b)
	var iss, name string
	for i := range n {
		iss, name = fmt.Sprintf("https://%d.example", i), fmt.Sprintf("i%d", i)
		m.write("issuer/"+name, map[string]any{"issuer": iss, "jwks_url": p.JWKSURL(), "ca_pem": p.CAPEM()})
	}
	m.write("role/ci", issuerRole(name))
	fresh := make([]string, tokens)
	for i := range fresh {
		fresh[i] = p.Mint(issuerClaims(p, map[string]any{"iss": iss}))
	}
	require.NotNil(b, m.login("ci", fresh[0]))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i++; i%tokens == 0 {
			// The cache of verified tokens would make the second round cheaper.
			b.StopTimer()
			for k := range fresh {
				fresh[k] = p.Mint(issuerClaims(p, map[string]any{"iss": iss}))
			}
			b.StartTimer()
		}
		resp, err := m.handle(b.Context(), issuerLogin("ci", fresh[i%tokens]))
		if err != nil || resp.Auth == nil {
			b.Fatal(resp, err)
		}
	}
}
