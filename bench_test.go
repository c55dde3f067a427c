// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

// benchAlgorithms are one algorithm of each kind of key.
func benchAlgorithms() []string { return []string{"ES256", "RS256", "EdDSA"} }

// unseen makes requests that log in with tokens the mount never finds in its
// cache: there is room for one token in it, and the next one is always another.
func unseen(t testing.TB, alg string) (*testMount, []*logical.Request) {
	t.Helper()
	m := newMount(t)
	m.issuer = offlineIssuerOf(t, m.clock, alg)
	m.reconfigure(map[string]any{"token_cache_size": 1})
	m.write("role/ci", jwtRole(map[string]any{"bound_claims": map[string]any{"repository": "octo-org/octo-repo", "environment": "production"}}))
	requests := make([]*logical.Request, 64)
	for i := range requests {
		requests[i] = withStorage(m, loginRequest("ci", m.issuer.token(pipelineClaims(i))))
		mustLogin(t, m, requests[i]) // warm but for the token
	}
	return m, requests
}

// pipelineClaims are about as many and as long as those of a CI system.
func pipelineClaims(run int) map[string]any {
	claims := map[string]any{"sub": "repo:octo-org/octo-repo:environment:production", "repository": "octo-org/octo-repo", "environment": "production", "run_id": fmt.Sprint(run)}
	for i := range 16 {
		claims[fmt.Sprintf("claim_number_%d", i)] = strings.Repeat("v", 10+2*i)
	}
	return claims
}

func mustLogin(t testing.TB, m *testMount, req *logical.Request) {
	resp, err := m.backend.HandleRequest(context.Background(), req)
	if err != nil || resp.Auth == nil {
		t.Fatalf("the login was refused: %v %v", resp, err)
	}
}

// bareVerification is the least that a login can cost: the hash and the
// signature check of the standard library, on signatures already decoded.
func bareVerification(t testing.TB, m *testMount, req *logical.Request) func() bool {
	t.Helper()
	token := req.Data["jwt"].(string)
	dot := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	require.NoError(t, err)
	input := []byte(token[:dot])
	switch public := m.issuer.key.Public.(type) {
	case *ecdsa.PublicKey:
		der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])})
		require.NoError(t, err)
		return func() bool { sum := sha256.Sum256(input); return ecdsa.VerifyASN1(public, sum[:], der) }
	case *rsa.PublicKey:
		return func() bool {
			sum := sha256.Sum256(input)
			return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature) == nil
		}
	default:
		return func() bool { return ed25519.Verify(public.(ed25519.PublicKey), input, signature) }
	}
}

// BenchmarkLogin is a warm login with a token never seen before. The metric
// x-bare is its time as a multiple of the bare verification, measured in turns
// of the same run so that both meet the same machine.
func BenchmarkLogin(b *testing.B) {
	for _, alg := range benchAlgorithms() {
		b.Run(alg, func(b *testing.B) {
			m, requests := unseen(b, alg)
			bare := bareVerification(b, m, requests[0])
			require.True(b, bare())
			_, each, twin := inTurns(b, len(requests), func(n int) { mustLogin(b, m, requests[n]) }, func(int) { bare() })
			if twin > 0 {
				b.ReportMetric(each/twin, "x-bare")
			}
		})
	}
}

// inTurns measures what is asked for, and its twin in turns of the same run, a
// round of each at a time, so that both meet the same machine. It returns how
// often it ran and the nanoseconds that each of the two takes, 0 for the twin if there
// was no whole round.
func inTurns(b *testing.B, round int, measured, twin func(n int)) (ran int, each, ofTwin float64) {
	b.Helper()
	var spent time.Duration
	b.ReportAllocs()
	for b.Loop() {
		measured(ran % round)
		if ran++; ran%round == 0 {
			b.StopTimer()
			begun := time.Now()
			for n := range round {
				twin(n)
			}
			spent += time.Since(begun)
			b.StartTimer()
		}
	}
	if whole := ran / round * round; whole > 0 {
		ofTwin = float64(spent) / float64(whole)
	}
	return ran, float64(b.Elapsed()) / float64(ran), ofTwin
}

// BenchmarkVerify is the bare verification alone.
func BenchmarkVerify(b *testing.B) {
	for _, alg := range benchAlgorithms() {
		b.Run(alg, func(b *testing.B) {
			m, requests := unseen(b, alg)
			bare := bareVerification(b, m, requests[0])
			b.ReportAllocs()
			for b.Loop() {
				bare()
			}
		})
	}
}

// BenchmarkLoginSeenBefore is a login with a token that the mount verified
// before: everything but the signature is checked again.
func BenchmarkLoginSeenBefore(b *testing.B) {
	m, requests := unseen(b, "ES256")
	m.reconfigure(nil)
	mustLogin(b, m, requests[0])
	b.ReportAllocs()
	for b.Loop() {
		mustLogin(b, m, requests[0])
	}
}

// BenchmarkLoginManyRoles goes round among the roles of mounts that have few
// and many.
func BenchmarkLoginManyRoles(b *testing.B) {
	for _, roles := range []int{10, 100_000} {
		b.Run(fmt.Sprintf("%dRoles", roles), func(b *testing.B) {
			m, requests := unseen(b, "ES256")
			record := m.storage.record(b, "role/ci")
			for i := range roles {
				m.storage.seed(b, fmt.Sprintf("role/r%d", i), record)
			}
			fresh := mountOn(b, m.storage)
			for i := range requests {
				requests[i].Data["role"] = fmt.Sprintf("r%d", i*7919%roles)
				mustLogin(b, fresh, requests[i])
			}
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				mustLogin(b, fresh, requests[n%len(requests)])
			}
		})
	}
}

// BenchmarkRefuseGarbage is what a stranger can make the method do.
func BenchmarkRefuseGarbage(b *testing.B) {
	m := newReadyMount(b)
	for name, token := range map[string]string{
		"dots": strings.Repeat(".", 16<<10), "letters": strings.Repeat("a", 16<<10), "three parts": "e30." + strings.Repeat("a", 16<<10-8) + ".AAA",
		"forged": forged(m.issuer.token(nil)),
	} {
		b.Run(name, func(b *testing.B) {
			req := withStorage(m, loginRequest("ci", token))
			b.ReportAllocs()
			for b.Loop() {
				if resp, err := m.backend.HandleRequest(context.Background(), req); err != nil || !resp.IsError() {
					b.Fatal("garbage was accepted")
				}
			}
		})
	}
}

// A login costs no more than 60 allocations, whatever the key.
func TestLoginAllocations(t *testing.T) {
	for _, alg := range benchAlgorithms() {
		m, requests := unseen(t, alg)
		n := 0
		allocations := testing.AllocsPerRun(200, func() { mustLogin(t, m, requests[n%len(requests)]); n++ })
		require.LessOrEqual(t, allocations, 60.0, alg)
	}
}
