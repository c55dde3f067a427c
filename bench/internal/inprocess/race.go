// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package inprocess

import (
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/cputime"
)

// contender is one way to spend a token.
type contender struct {
	name string
	// prepare makes ready for these tokens, untimed. What it returns is timed,
	// and spends each of them once.
	prepare func(tokens []string) func(context.Context) error
}

// result holds one sample a round, each the mean of a token.
type result struct{ ns, allocs []float64 }

// race runs the contenders in turn on the same tokens, round after round, so
// that each round's disturbances hit all of them. blocks[0] is the warm-up; each
// other block makes a round. All contenders work in this one goroutine.
//
// A sample is CPU time, not wall time: it counts what the garbage collector
// does on other cores, and does not count what other processes do.
func race(ctx context.Context, blocks [][]string, contenders []contender) ([]result, error) {
	results := make([]result, len(contenders))
	for round, tokens := range blocks {
		for turn := range contenders {
			i := (turn + round) % len(contenders)
			c := contenders[i]
			s, err := sample(ctx, c, tokens)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 {
				results[i].ns = append(results[i].ns, s.ns)
				results[i].allocs = append(results[i].allocs, s.allocs)
			}
		}
	}
	return results, nil
}

// measured is the mean cost of a token.
type measured struct{ ns, allocs float64 }

func sample(ctx context.Context, c contender, tokens []string) (m measured, err error) {
	work := c.prepare(tokens)
	runtime.GC() // nobody pays for the garbage of the one before
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := cputime.Self()
	// The label tells the contenders apart in a profile.
	pprof.Do(ctx, pprof.Labels("contender", c.name), func(ctx context.Context) { err = work(ctx) })
	elapsed := cputime.Self() - start
	runtime.ReadMemStats(&after)
	n := float64(len(tokens))
	return measured{float64(elapsed.Nanoseconds()) / n, float64(after.Mallocs-before.Mallocs) / n}, err
}

// split parts tokens into blocks of the given size.
func split(tokens []string, size int) [][]string {
	var blocks [][]string
	for len(tokens) >= size {
		blocks = append(blocks, tokens[:size])
		tokens = tokens[size:]
	}
	return blocks
}
