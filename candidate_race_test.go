// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"sync"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Logins, reports, resets, new candidates and promotions at once: only what
// was promoted ever decides.
func TestCandidatesUnderConcurrency(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	alice := m.issuer.token(nil)
	m.write("role/ci/candidate", map[string]any{"token_policies": "tried"})
	var all sync.WaitGroup
	ask := func(op logical.Operation, path string, data map[string]any) {
		_, err := m.backend.HandleRequest(t.Context(), withStorage(m, &logical.Request{Operation: op, Path: path, Data: data}))
		assert.NoError(t, err)
	}
	for i := range 40 {
		all.Go(func() {
			switch i % 4 {
			case 0:
				ask(logical.UpdateOperation, "role/ci/candidate", map[string]any{"token_policies": "tried"})
			case 1:
				ask(logical.ReadOperation, "role/ci/candidate/report", nil)
			case 2:
				ask(logical.DeleteOperation, "role/ci/candidate/report", nil)
			case 3:
				m.backend.InvalidateKey(t.Context(), "role/ci")
			}
		})
	}
	for range 100 {
		all.Go(func() {
			resp, err := m.backend.HandleRequest(t.Context(), withStorage(m, loginRequest("ci", alice)))
			if assert.NoError(t, err) && assert.NotNil(t, resp.Auth) {
				assert.Equal(t, []string{"deploy"}, resp.Auth.Policies)
			}
		})
	}
	all.Wait()
	require.Zero(t, m.backend.panics.Load())
	m.send(logical.DeleteOperation, "role/ci/candidate/report", nil)
	m.login("ci", alice)
	require.EqualValues(t, 1, m.report("ci").Policies)
}

// BenchmarkLoginWithCandidate logs in, with a token never seen before, to a role
// with a candidate and, in turns of the same run so that both meet the same
// machine, to the same role without one. The metric x-without is the cost of the
// first as a multiple of the second, and extra-ns/op the difference.
func BenchmarkLoginWithCandidate(b *testing.B) {
	for name, change := range map[string]map[string]any{
		"Agrees":  {"bound_claims": map[string]any{"environment": "production"}},
		"Differs": {"bound_claims": map[string]any{"environment": "elsewhere"}},
		"CEL":     {"condition": `claims.environment == "production" && claims.sub.startsWith("repo:octo-org/")`},
	} {
		b.Run(name, func(b *testing.B) {
			m, requests := unseen(b, "ES256")
			plain := m.read("role/ci")
			m.write("role/plain", plain)
			m.write("role/ci/candidate", change)
			without := make([]*logical.Request, len(requests))
			for i, req := range requests {
				without[i] = withStorage(m, loginRequest("plain", req.Data["jwt"].(string)))
			}
			mustLogin(b, m, without[0])
			n, each, twin := inTurns(b, len(requests), func(n int) { mustLogin(b, m, requests[n]) }, func(n int) { mustLogin(b, m, without[n]) })
			report := readReport(b, m.read("role/ci/candidate/report"))
			require.EqualValues(b, n, report.Seen)
			require.Equal(b, name != "Differs", report.Agreed == report.Seen)
			if twin > 0 {
				b.ReportMetric(each/twin, "x-without")
				b.ReportMetric(each-twin, "extra-ns/op")
			}
		})
	}
}
