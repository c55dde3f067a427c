// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package live

import (
	"context"
	"slices"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/fixture"
)

const (
	// warmUp is how long each contender runs before the first round, and also
	// tells how many tokens a round needs.
	warmUp       = time.Second
	warmUpTokens = 4000
	// ramp comes before each measured slice and is not counted: garbage and
	// background work of the contender before are then mostly over.
	ramp = 200 * time.Millisecond
)

// kinds of tokens that Vault is asked for. Logins that ask for the one never
// show a token that was shown for the other.
var kinds = []string{fixture.Service, fixture.Batch}

// entry is a contender at one kind of token.
type entry struct {
	contender int // index
	kind      string
}

// tournament is all rounds of all contenders.
type tournament struct {
	Options
	load       *load
	issuer     *fixture.Issuer
	contenders []contender
	tidy       func(context.Context) error // runs after each round, not measured
	fastest    float64                     // logins a second, seen so far
}

// play returns the slices of each entry, one a round.
func (t *tournament) play(ctx context.Context) (map[entry][]slice, error) {
	var entries []entry
	for _, kind := range kinds {
		for i := range t.contenders {
			entries = append(entries, entry{i, kind})
		}
	}
	t.log("warming up")
	if _, err := t.round(ctx, entries, warmUp, warmUpTokens); err != nil {
		return nil, err
	}
	results := map[entry][]slice{}
	for n := range t.Rounds {
		t.log("round %d of %d", n+1, t.Rounds)
		tokens := int(1.3 * t.fastest * (ramp + t.Slice).Seconds())
		outcome, err := t.round(ctx, rotate(entries, n), t.Slice, tokens)
		if err != nil {
			return nil, err
		}
		for e, s := range outcome {
			results[e] = append(results[e], s)
		}
	}
	return results, nil
}

// round lets each entry run once. Tokens are minted before, so that the load is
// not disturbed, and are new to every contender.
func (t *tournament) round(ctx context.Context, entries []entry, length time.Duration, tokens int) (map[entry]slice, error) {
	fresh := map[string]*stock{}
	for _, kind := range kinds {
		fresh[kind] = &stock{tokens: t.issuer.Tokens(tokens)}
	}
	results := map[entry]slice{}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		tokens := fresh[e.kind].again()
		if _, err := t.load.run(t.contenders[e.contender], e.kind, tokens, ramp); err != nil {
			return nil, err
		}
		s, err := t.load.run(t.contenders[e.contender], e.kind, tokens, length)
		if err != nil {
			return nil, err
		}
		results[e] = s
		t.fastest = max(t.fastest, s.rate())
	}
	return results, t.tidy(ctx)
}

// rotate starts at another entry each round and turns every second round
// around, so that nobody always follows the same neighbour.
func rotate(entries []entry, round int) []entry {
	first := round % len(entries)
	turned := slices.Concat(entries[first:], entries[:first])
	if round%2 == 1 {
		slices.Reverse(turned)
	}
	return turned
}
