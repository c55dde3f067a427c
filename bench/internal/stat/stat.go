// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package stat sums up samples by what noise hardly moves: the median, and the
// quartiles as its spread.
package stat

import (
	"fmt"
	"math"
	"slices"
)

// Summary is a median with the lower and the upper quartile.
type Summary struct{ Median, Low, High float64 }

// Of sums up samples, which it does not change. Without samples all is NaN.
func Of(samples []float64) Summary {
	sorted := slices.Sorted(slices.Values(samples))
	return Summary{quantile(sorted, 0.5), quantile(sorted, 0.25), quantile(sorted, 0.75)}
}

// quantile interpolates between the two nearest samples.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	whole, part := math.Modf(q * float64(len(sorted)-1))
	i := int(whole)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + part*(sorted[i+1]-sorted[i])
}

// Ratios divides pair by pair: samples of the same round share its noise. Both
// have the same length.
func Ratios(over, under []float64) Summary {
	ratios := make([]float64, len(over))
	for i := range over {
		ratios[i] = over[i] / under[i]
	}
	return Of(ratios)
}

// Format writes the median and the quartiles with a fixed number of decimals.
func (s Summary) Format(decimals int) string {
	return fmt.Sprintf("%.*f (%.*f to %.*f)", decimals, s.Median, decimals, s.Low, decimals, s.High)
}

// Goal is a limit for a number, from the design of this project.
type Goal struct {
	Limit   float64
	AtLeast bool // else at most
}

// Verdict says what the goal is and whether the value reaches it.
func (g Goal) Verdict(value float64) string {
	word, reached := "at most", value <= g.Limit
	if g.AtLeast {
		word, reached = "at least", value >= g.Limit
	}
	outcome := "MISSED"
	if reached {
		outcome = "reached"
	}
	return fmt.Sprintf("goal %s %g: %s", word, g.Limit, outcome)
}
