// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package stat_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/stat"
)

func TestOf(t *testing.T) {
	for name, c := range map[string]struct {
		samples []float64
		want    stat.Summary
	}{
		"odd":  {[]float64{9, 1, 5, 3, 7}, stat.Summary{Median: 5, Low: 3, High: 7}},
		"even": {[]float64{4, 1, 3, 2}, stat.Summary{Median: 2.5, Low: 1.75, High: 3.25}},
		"one":  {[]float64{2}, stat.Summary{Median: 2, Low: 2, High: 2}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, stat.Of(c.samples)) })
	}
	require.True(t, math.IsNaN(stat.Of(nil).Median))
}

func TestOfKeepsTheOrderOfItsSamples(t *testing.T) {
	samples := []float64{3, 1, 2}
	stat.Of(samples)
	require.Equal(t, []float64{3, 1, 2}, samples)
}

// The medians alone are 4 and 4: the factor shows in the pairs only.
func TestRatiosPairRounds(t *testing.T) {
	require.Equal(t, stat.Summary{Median: 2, Low: 1.25, High: 3}, stat.Ratios([]float64{4, 2, 8}, []float64{2, 4, 2}))
}

func TestVerdict(t *testing.T) {
	atMost, atLeast := stat.Goal{Limit: 1.3}, stat.Goal{Limit: 1.6, AtLeast: true}
	require.Equal(t, "goal at most 1.3: reached", atMost.Verdict(1.3))
	require.Equal(t, "goal at most 1.3: MISSED", atMost.Verdict(1.31))
	require.Equal(t, "goal at least 1.6: reached", atLeast.Verdict(1.6))
	require.Equal(t, "goal at least 1.6: MISSED", atLeast.Verdict(1.59))
}
