// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

const manyRoles = 100_000

// newCrowd stores that many roles, each for another repository, and all alike
// in the rest, which over changes. TEMPLATE stands for the name of a role. The
// mount that is returned has read none of them.
func newCrowd(b *testing.B, roles int, over map[string]any) *testMount {
	b.Helper()
	first := newMount(b)
	first.issuer = newOfflineIssuer(b, first.clock)
	first.reconfigure(map[string]any{"role_selection": "match", "token_cache_size": 1})
	first.write("role/t", autoRole("TEMPLATE", overlay(map[string]any{
		"bound_claims":   map[string]any{"repository": "octo-org/TEMPLATE", "environment": "production"},
		"claim_mappings": map[string]any{"repository": "repository", "run_id": "run_id"}, "token_policies": "octo-TEMPLATE", "token_ttl": "10m",
	}, over)))
	record := first.storage.record(b, "role/t")
	for i := range roles {
		name := fmt.Sprintf("repo-%d", i)
		first.storage.seed(b, "role/"+name, strings.ReplaceAll(record, "TEMPLATE", name))
	}
	m := mountOn(b, first.storage)
	m.issuer = first.issuer
	return m
}

// crowdLogin is a login of the nth repository.
func (m *testMount) crowdLogin(role string, n int) *logical.Request {
	claims := pipelineClaims(n)
	claims["repository"] = fmt.Sprintf("octo-org/repo-%d", n)
	return withStorage(m, loginRequest(role, m.issuer.token(claims)))
}

// BenchmarkSelection is a login whose role is chosen among 100,000, with a token
// not seen before. The metric x-named is its time as a multiple of that of a login
// which names its role, measured in turns so that both meet the same machine.
func BenchmarkSelection(b *testing.B) {
	m := newCrowd(b, manyRoles, nil)
	chosen, named := make([]*logical.Request, 64), make([]*logical.Request, 64)
	for i := range chosen {
		n := i * 7919 % manyRoles
		chosen[i], named[i] = m.crowdLogin("", n), m.crowdLogin(fmt.Sprintf("repo-%d", n), n)
		mustLogin(b, m, chosen[i])
		mustLogin(b, m, named[i])
	}
	_, each, twin := inTurns(b, len(chosen), func(n int) { mustLogin(b, m, chosen[n]) }, func(n int) { mustLogin(b, m, named[n]) })
	if twin > 0 {
		b.ReportMetric(each/twin, "x-named")
	}
}

// BenchmarkRolesInUse tells what 100,000 roles take that are all compiled and
// filed: the memory that is live, and the time from the first login on. With CEL
// all have the same condition, or each one of its own.
func BenchmarkRolesInUse(b *testing.B) {
	for name, over := range map[string]map[string]any{
		"Plain":            nil,
		"CEL":              {"condition": `claims.repository.startsWith("octo-org/") && claims.environment == "production"`},
		"CEL-each-its-own": {"condition": `claims.repository == "octo-org/TEMPLATE" && claims.environment == "production"`},
	} {
		b.Run(name, func(b *testing.B) {
			m := newCrowd(b, manyRoles, over)
			before := liveMiB()
			req := m.crowdLogin("", 5)
			for b.Loop() {
				m.backend.snapshot.Store(nil)
				mustLogin(b, m, req)
			}
			after := liveMiB()
			require.Zero(b, m.backend.snapshot.Load().selector.unread)
			b.ReportMetric(after-before, "MiB")
		})
	}
}

func liveMiB() float64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc) / (1 << 20)
}

// BenchmarkRoleList lists 100,000 roles.
func BenchmarkRoleList(b *testing.B) {
	m := newCrowd(b, manyRoles, nil)
	b.ReportAllocs()
	for b.Loop() {
		require.Len(b, m.list(), manyRoles+1)
	}
}

// BenchmarkRoleWriteAmongMany is what a write costs besides the work on the role itself.
func BenchmarkRoleWriteAmongMany(b *testing.B) {
	m := newCrowd(b, manyRoles, nil)
	mustLogin(b, m, m.crowdLogin("", 5))
	body := autoRole("x", nil)
	b.ReportAllocs()
	for b.Loop() {
		resp, err := m.backend.HandleRequest(context.Background(), withStorage(m, &logical.Request{Operation: logical.UpdateOperation, Path: "role/repo-77", Data: body}))
		if err != nil || resp.IsError() {
			b.Fatal(resp, err)
		}
	}
}
