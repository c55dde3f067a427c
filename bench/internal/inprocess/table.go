// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package inprocess

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/stat"
)

// table prints one line a contender.
type table struct{ *tabwriter.Writer }

func newTable(w io.Writer, title, ratio string) table {
	t := table{tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)}
	fmt.Fprintf(t, "\n%s\tus\tallocs\t%s\t\n", title, ratio)
	return t
}

func (t table) row(name string, r result, ratio, remark string) {
	fmt.Fprintf(t, "  %s\t%s\t%.0f\t%s\t%s\n", name, micros(r.ns).Format(1), stat.Of(r.allocs).Median, ratio, remark)
}

func (t table) flush() error { return t.Flush() }

func micros(ns []float64) stat.Summary {
	s := stat.Of(ns)
	return stat.Summary{Median: s.Median / 1e3, Low: s.Low / 1e3, High: s.High / 1e3}
}
