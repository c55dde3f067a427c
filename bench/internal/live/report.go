// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package live

import (
	"fmt"
	"io"
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
	fmt.Fprintf(t, "\n%s tokens\tlogins/s\tplugin us\tVault us\tall us\t\n", kind)
	for i, c := range contenders {
		rounds := results[entry{i, kind}]
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t\n", c.name, summary(rounds, slice.rate).Format(0),
			perLogin(rounds, func(s slice) time.Duration { return s.plugin }),
			perLogin(rounds, func(s slice) time.Duration { return s.vault }),
			perLogin(rounds, slice.cpu))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return ratios(w, kind, contenders, results)
}

// ratios compares this project's plugin, which comes first, with each other: by
// logins a second and, because all share the cores and that speed suffers from
// whatever else the machine does, by CPU time as well.
func ratios(w io.Writer, kind string, contenders []contender, results map[entry][]slice) error {
	if len(contenders) < 2 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(t, "  %s against\tlogins/s\tlogins per CPU second\t\n", contenders[0].name)
	first := results[entry{0, kind}]
	for i, c := range contenders[1:] {
		other := results[entry{i + 1, kind}]
		speed := stat.Ratios(samples(first, slice.rate), samples(other, slice.rate))
		cost := stat.Ratios(samples(first, slice.perCPUSecond), samples(other, slice.perCPUSecond))
		verdict := ""
		switch {
		case contenders[0].mount == ours && c.mount == official:
			verdict = overOfficial.Verdict(speed.Median)
		case contenders[0].mount == ours && c.mount == empty:
			verdict = overEmpty.Verdict(speed.Median)
		}
		fmt.Fprintf(t, "    %s\t%s\t%s\t%s\n", c.name, speed.Format(2), cost.Format(2), verdict)
	}
	return t.Flush()
}

func summary(rounds []slice, of func(slice) float64) stat.Summary {
	return stat.Of(samples(rounds, of))
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
	s := summary(rounds, func(s slice) float64 { return float64(of(s).Microseconds()) / float64(s.logins) })
	if s.Median == 0 {
		return "-"
	}
	return s.Format(0)
}
