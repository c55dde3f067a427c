// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package metrics

import (
	"maps"
	"math"
	"slices"
	"time"
)

// State is what is read from a mount when somebody asks, and not counted as it
// happens.
type State struct {
	Version, SDK, Go string
	Started          time.Time
	Panics           int64

	Roles, RolesLoaded      int
	CacheSize, CacheEntries int
	CacheHits, CacheMisses  uint64
	Proofs                  int

	Candidates []Candidate // sorted by role, at most MaxRoles
	Shadow     *Shadow     // nil if logins are not mirrored

	IssuerStates []string // every state that an issuer can be in
	Issuers      []Issuer // sorted by name
}

// Candidate is what the candidate of a role has shown so far.
type Candidate struct {
	Role        string
	Seen        int64
	Differences map[string]int64 // by kind
}

// Shadow is what the mirror of logins has shown so far.
type Shadow struct {
	Seen, Mirrored, Dropped int64
	Differences, Errors     map[string]int64 // by kind
}

// Issuer is the state of one issuer's keys.
type Issuer struct {
	Name, State string
	Keys        int
	Fetched     bool          // there are keys that came over the network; else the next two mean nothing
	KeyAge      time.Duration // of the oldest
	StaleAt     time.Time     // the first to be

	Fetches  map[string]uint64 // by result
	HeldBack uint64
}

// reading emits the values of one metric, each with the values of its labels.
type reading func(s State, emit func(value float64, labels ...string))

func one(value func(State) float64) reading {
	return func(s State, emit func(float64, ...string)) { emit(value(s)) }
}

// each reads a value of each issuer that has one.
func each(value func(Issuer) (float64, bool)) reading {
	return func(s State, emit func(float64, ...string)) {
		for _, i := range s.Issuers {
			if v, ok := value(i); ok {
				emit(v, i.Name)
			}
		}
	}
}

func states(s State, emit func(float64, ...string)) {
	for _, i := range s.Issuers {
		for _, state := range s.IssuerStates {
			value := 0.0
			if state == i.State {
				value = 1
			}
			emit(value, i.Name, state)
		}
	}
}

func fetches(s State, emit func(float64, ...string)) {
	for _, i := range s.Issuers {
		for _, result := range slices.Sorted(maps.Keys(i.Fetches)) {
			emit(float64(i.Fetches[result]), i.Name, result)
		}
	}
}

func candidatesSeen(s State, emit func(float64, ...string)) {
	for _, c := range s.Candidates {
		emit(float64(c.Seen), c.Role)
	}
}

func candidateDifferences(s State, emit func(float64, ...string)) {
	for _, c := range s.Candidates {
		for _, kind := range slices.Sorted(maps.Keys(c.Differences)) {
			emit(float64(c.Differences[kind]), c.Role, kind)
		}
	}
}

// ofShadow reads a count of the mirror, byKind several.
func ofShadow(value func(Shadow) int64) reading {
	return func(s State, emit func(float64, ...string)) {
		if s.Shadow != nil {
			emit(float64(value(*s.Shadow)))
		}
	}
}

func byKind(values func(Shadow) map[string]int64) reading {
	return func(s State, emit func(float64, ...string)) {
		if s.Shadow == nil {
			return
		}
		counts := values(*s.Shadow)
		for _, kind := range slices.Sorted(maps.Keys(counts)) {
			emit(float64(counts[kind]), kind)
		}
	}
}

func build(s State, emit func(float64, ...string)) { emit(1, s.Version, s.SDK, s.Go) }

// seconds is a time as Prometheus writes it.
func seconds(t time.Time) float64 {
	return math.Round(float64(t.UnixMilli())) / 1000
}
