// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package command

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/rollout"
)

func pluginReport() command {
	var mount string
	var watch bool
	var every time.Duration
	return command{
		synopsis: "Show how the staged version decides",
		help: `
Shows how many logins were compared and in what the staged version differs. Ends
with exit code 2 when there are differences.

  $ vault-claims plugin report -mount=ci -watch`,
		flags: func(f *flags) {
			f.mount(&mount)
			f.yes(&watch, "watch", "Print again and again until interrupted.")
			f.duration(&every, "every", 2*time.Second, "How often, with -watch.")
		},
		run: func(ctx context.Context, s *session, _ []string) (view, error) {
			r, err := s.rollout(mount, false)
			if err != nil {
				return view{}, err
			}
			report, err := r.Report(ctx)
			for watch && err == nil {
				if err := s.print(reportView(report)); err != nil {
					return view{}, err
				}
				select {
				case <-ctx.Done():
					return view{}, nil
				case <-time.After(every):
				}
				report, err = r.Report(ctx)
			}
			if err != nil {
				if ctx.Err() != nil {
					return view{}, nil
				}
				return view{}, err
			}
			return reportView(report), verdict(report)
		},
	}
}

func verdict(report *rollout.Report) error {
	if why := report.Against(rollout.Waived{}); len(why) > 0 {
		return &finding{"the versions differ"}
	}
	return nil
}

func reportView(report *rollout.Report) view {
	return view{data: report, text: func(w io.Writer) {
		rows := [][2]string{{"seen", fmt.Sprint(report.Seen)}, {"agreed", fmt.Sprint(report.Agreed)}}
		for _, kind := range slices.Sorted(maps.Keys(report.Differences)) {
			rows = append(rows, [2]string{kind, fmt.Sprint(report.Differences[kind])})
		}
		rows = append(rows, [][2]string{
			{"grants_more", fmt.Sprint(report.GrantsMore)}, {"mirrored", fmt.Sprint(report.Mirrored)},
			{"dropped", fmt.Sprint(report.Dropped)}, {"errors", fmt.Sprint(report.Errors)}, {"faults", fmt.Sprint(report.Faults)},
		}...)
		for _, name := range slices.Sorted(maps.Keys(report.Other)) {
			rows = append(rows, [2]string{name, show(report.Other[name])})
		}
		pairs(w, rows)
		for i, sample := range report.Samples {
			fmt.Fprintf(w, "sample %d: %s\n", i+1, show(sample))
		}
		fmt.Fprintln(w)
	}}
}
