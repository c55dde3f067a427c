// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package live

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/stat"
)

// Goals of the design.
var (
	overOfficial = stat.Goal{Limit: 1.6, AtLeast: true}
	overEmpty    = stat.Goal{Limit: 0.95, AtLeast: true}
)

// report writes a table for each kind of token. Errors would have ended the
// run: all logins counted here were answered with a token.
func (o Options) report(w io.Writer, contenders []contender, results map[entry][]slice) error {
	fmt.Fprintf(w, "Through a real Vault: %s, %d clients, %d rounds of %v each, no login failed.\n", o.Algorithm, o.Clients, o.Rounds, o.Slice)
	fmt.Fprintln(w, "Medians of the rounds (lower to upper quartile); us: CPU time a login; ratios are taken round by round.")
	for _, kind := range kinds {
		if err := o.table(w, kind, contenders, results); err != nil {
			return err
		}
	}
	return nil
}

func (o Options) table(w io.Writer, kind string, contenders []contender, results map[entry][]slice) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(t, "\n%s tokens\tlogins/s\tplugin us\tVault us\tall us\tlogins/s x empty\tx jwt-external\t\n", kind)
	for i, c := range contenders {
		rounds := results[entry{i, kind}]
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", c.name, stat.Of(samples(rounds, slice.rate)).Format(0),
			perLogin(rounds, func(s slice) time.Duration { return s.plugin }),
			perLogin(rounds, func(s slice) time.Duration { return s.vault }),
			perLogin(rounds, slice.cpu),
			against(rounds, contenders, results, entry{find(contenders, empty), kind}),
			against(rounds, contenders, results, entry{find(contenders, official), kind}))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return goals(w, kind, contenders, results)
}

// against formats how many times the logins a second of another these are.
func against(rounds []slice, contenders []contender, results map[entry][]slice, other entry) string {
	if other.contender < 0 {
		return "-"
	}
	return stat.Ratios(samples(rounds, slice.rate), samples(results[other], slice.rate)).Format(2)
}

// goals compares this project's plugin with the two that the design names: by
// logins a second and, because all share the cores and that speed suffers from
// whatever else the machine does, by CPU time as well.
func goals(w io.Writer, kind string, contenders []contender, results map[entry][]slice) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	own := find(contenders, ours)
	for _, g := range []struct {
		mount string
		goal  stat.Goal
	}{{official, overOfficial}, {empty, overEmpty}} {
		other := find(contenders, g.mount)
		if own < 0 || other < 0 {
			continue
		}
		mine, theirs := results[entry{own, kind}], results[entry{other, kind}]
		speed := stat.Ratios(samples(mine, slice.rate), samples(theirs, slice.rate))
		cost := stat.Ratios(samples(mine, slice.perCPUSecond), samples(theirs, slice.perCPUSecond))
		fmt.Fprintf(t, "  %s x %s\tlogins/s %s\tlogins per CPU second %s\t%s\n", ours, g.mount, speed.Format(2), cost.Format(2), g.goal.Verdict(speed.Median))
	}
	return t.Flush()
}

// find returns the index of a contender, -1 if it does not take part.
func find(contenders []contender, mount string) int {
	return slices.IndexFunc(contenders, func(c contender) bool { return c.mount == mount })
}

func samples(rounds []slice, of func(slice) float64) []float64 {
	values := make([]float64, len(rounds))
	for i, s := range rounds {
		values[i] = of(s)
	}
	return values
}

// perLogin formats a CPU time in microseconds a login, "-" where there is none.
func perLogin(rounds []slice, of func(slice) time.Duration) string {
	s := stat.Of(samples(rounds, func(s slice) float64 { return float64(of(s).Microseconds()) / float64(s.logins) }))
	if s.Median == 0 {
		return "-"
	}
	return s.Format(0)
}
