// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// TestTokenLength covers T20 at the boundary: the longest token that fits, and
// one octet more.
func TestTokenLength(t *testing.T) {
	token := signed(t, "ES256")
	u, err := jws.Parse(token, len(token))
	require.NoError(t, err)
	require.NotZero(t, u.Header().Algorithm)
	_, err = jws.Parse(token, len(token)-1)
	require.ErrorIs(t, err, jws.FaultTooLong)
	_, err = jws.Parse(token, 0)
	require.ErrorIs(t, err, jws.FaultTooLong, "a forgotten limit refuses")
}

// TestOversizeCostsNothing covers T20: what is too long is refused before
// anything of it is looked at, whatever it holds.
func TestOversizeCostsNothing(t *testing.T) {
	header, signature := b64(goodHeader), b64("signature")
	for name, token := range map[string]string{
		"16 KiB + 1":            header + "." + strings.Repeat("A", jws.DefaultTokenBytes+1-len(header)-len(signature)-2) + "." + signature,
		"1 MiB":                 header + "." + strings.Repeat("A", 1<<20) + "." + signature,
		"32 MiB":                header + "." + strings.Repeat("A", 32<<20) + "." + signature,
		"10 MiB of dots":        strings.Repeat(".", 10<<20),
		"header 6,000,000 deep": b64(strings.Repeat(`{"a":`, 6_000_000)) + "." + b64(goodPayload) + "." + signature,
	} {
		t.Run(name, func(t *testing.T) {
			require.Zero(t, testing.AllocsPerRun(10, func() {
				if _, err := jws.Parse(token, jws.DefaultTokenBytes); err != jws.FaultTooLong {
					t.Fatal(err)
				}
			}))
		})
	}
}

// TestDotsAndDepthWithinTheLimit: also what is not too long is refused early.
func TestDotsAndDepthWithinTheLimit(t *testing.T) {
	deepHeader := strings.Repeat(`{"a":`, 300)
	deepPayload := strings.Repeat(`[`, 11_000)
	for name, c := range map[string]struct {
		token string
		want  jws.Fault
		most  float64 // allocations
	}{
		"dots":         {strings.Repeat(".", jws.DefaultTokenBytes), jws.FaultCompact, 0},
		"no dot":       {strings.Repeat("A", jws.DefaultTokenBytes), jws.FaultCompact, 0},
		"long header":  {strings.Repeat("A", jws.DefaultTokenBytes-4) + ".A.A", jws.FaultHeader, 0},
		"deep header":  {compact(deepHeader, goodPayload, []byte("x")), jws.FaultHeader, 3},
		"deep payload": {compact(goodHeader, deepPayload, []byte("x")), jws.FaultPayload, 8},
	} {
		t.Run(name, func(t *testing.T) {
			require.LessOrEqual(t, len(c.token), jws.DefaultTokenBytes)
			require.Equal(t, c.want, judge(t, c.token))
			require.LessOrEqual(t, testing.AllocsPerRun(10, func() {
				if u, err := jws.Parse(c.token, jws.DefaultTokenBytes); err == nil {
					_, _ = u.Payload()
				}
			}), c.most)
		})
	}
}

// TestMemoryIsBoundedByTheLength: the worst that 16 KiB of good form can cost
// is a constant factor.
func TestMemoryIsBoundedByTheLength(t *testing.T) {
	dense := `{"a":[` + strings.TrimSuffix(strings.Repeat("[1,1,1,1,1,1,1,1],", 600), ",") + "]}"
	token := compact(goodHeader, dense, []byte("x"))
	require.Equal(t, accepted, judge(t, token))
	spent := allocated(func() {
		if u, err := jws.Parse(token, jws.DefaultTokenBytes); err == nil {
			_, _ = u.Payload()
		}
	})
	require.Less(t, spent, uint64(64*len(token)))
}

// allocated returns the octets that f allocates, and a little of what runs
// beside it.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
