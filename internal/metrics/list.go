// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package metrics

import "slices"

// Prefix begins the name of every metric.
const Prefix = "vault_auth_claims_"

// Names that the code counts by. The others are read from [State].
const (
	Logins       = Prefix + "logins_total"
	LoginSeconds = Prefix + "login_duration_seconds"
	Renewals     = Prefix + "renewals_total"
	Notices      = Prefix + "notices_total"
)

// Type is what Prometheus calls the type of a metric.
type Type string

// The types in use.
const (
	Counter   Type = "counter"
	Gauge     Type = "gauge"
	Histogram Type = "histogram"
)

// Metric describes one metric.
type Metric struct {
	Name   string
	Type   Type
	Labels []string
	Help   string

	read reading // nil for what is counted as it happens
}

// List returns every metric there is.
func List() []Metric {
	return slices.Concat(countedMetrics(), memoryMetrics(), issuerMetrics(), mountMetrics())
}

// countedMetrics tell of what happens to logins and renewals, and of what Vault
// is told of that.
func countedMetrics() []Metric {
	return []Metric{
		{Name: Logins, Type: Counter, Labels: []string{"role", "issuer", "outcome", "reason"},
			Help: "Logins by role, issuer, outcome (granted, refused, failed) and reason."},
		{Name: LoginSeconds, Type: Histogram, Labels: []string{"outcome"},
			Help: "Time that the plugin took to answer a login."},
		{Name: Renewals, Type: Counter, Labels: []string{"outcome", "reason"},
			Help: "Renewals of tokens by outcome (granted, refused) and reason."},
		{Name: Notices, Type: Counter, Labels: []string{"kind", "result"},
			Help: "Observations and events for Vault by kind (observation, event) and result (sent, failed, dropped)."},
		{Name: Prefix + "panics_total", Type: Counter,
			Help: "Requests that ended in a defect of the plugin and were answered with status 500.",
			read: one(func(s State) float64 { return float64(s.Panics) })},
	}
}

// memoryMetrics tell of what is remembered of logins.
func memoryMetrics() []Metric {
	return []Metric{
		{Name: Prefix + "token_cache_hits_total", Type: Counter,
			Help: "Logins with a token whose signature was remembered.",
			read: one(func(s State) float64 { return float64(s.CacheHits) })},
		{Name: Prefix + "token_cache_misses_total", Type: Counter,
			Help: "Logins with a token whose signature had to be verified while the cache was on.",
			read: one(func(s State) float64 { return float64(s.CacheMisses) })},
		{Name: Prefix + "token_cache_entries", Type: Gauge,
			Help: "Tokens whose signature is remembered.",
			read: one(func(s State) float64 { return float64(s.CacheEntries) })},
		{Name: Prefix + "token_cache_size", Type: Gauge,
			Help: "Most tokens that the cache has room for, 0 if it is off.",
			read: one(func(s State) float64 { return float64(s.CacheSize) })},
		{Name: Prefix + "proofs_remembered", Type: Gauge,
			Help: "DPoP proofs that were used up and have not expired. At the limit, logins with further ones are refused.",
			read: one(func(s State) float64 { return float64(s.Proofs) })},
	}
}

// issuerMetrics tell of the keys of the issuers.
func issuerMetrics() []Metric {
	return []Metric{
		{Name: Prefix + "issuer_state", Type: Gauge, Labels: []string{"issuer", "state"},
			Help: "1 for the state that the issuer's keys are in, 0 for the others.",
			read: states},
		{Name: Prefix + "issuer_keys", Type: Gauge, Labels: []string{"issuer"},
			Help: "Usable keys of the issuer.",
			read: each(func(i Issuer) (float64, bool) { return float64(i.Keys), true })},
		{Name: Prefix + "issuer_key_age_seconds", Type: Gauge, Labels: []string{"issuer"},
			Help: "Time since the issuer's keys in use were fetched, the oldest source counting. Absent for keys that are written down.",
			read: each(func(i Issuer) (float64, bool) { return i.KeyAge.Seconds(), i.Fetched })},
		{Name: Prefix + "issuer_keys_stale_timestamp_seconds", Type: Gauge, Labels: []string{"issuer"},
			Help: "Unix time at which the issuer's keys are too old to use unless a fetch succeeds. Absent for keys that are written down.",
			read: each(func(i Issuer) (float64, bool) { return seconds(i.StaleAt), i.Fetched })},
		{Name: Prefix + "issuer_fetches_total", Type: Counter, Labels: []string{"issuer", "result"},
			Help: "Fetches of the issuer's keys by result: ok, or the kind of failure.",
			read: fetches},
		{Name: Prefix + "issuer_fetches_held_back_total", Type: Counter, Labels: []string{"issuer"},
			Help: "Logins that would have caused a fetch of keys when the budget for that was spent.",
			read: each(func(i Issuer) (float64, bool) { return float64(i.HeldBack), true })},
	}
}

// mountMetrics tell of the mount as a whole, the candidates of its roles and its shadow.
func mountMetrics() []Metric {
	return []Metric{
		{Name: Prefix + "candidate_seen", Type: Gauge, Labels: []string{"role"},
			Help: "Logins that the role's candidate has judged too, since its report began.",
			read: candidatesSeen},
		{Name: Prefix + "candidate_differences", Type: Gauge, Labels: []string{"role", "kind"},
			Help: "Logins on which the role and its candidate differ, by kind, since the report began.",
			read: candidateDifferences},
		{Name: Prefix + "shadow_seen", Type: Gauge,
			Help: "Logins that the staged mount has judged too, since the report of the shadow began.",
			read: ofShadow(func(s Shadow) int64 { return s.Seen })},
		{Name: Prefix + "shadow_differences", Type: Gauge, Labels: []string{"kind"},
			Help: "Logins on which this mount and the staged one differ, by kind, since the report began.",
			read: byKind(func(s Shadow) map[string]int64 { return s.Differences })},
		{Name: Prefix + "shadow_mirrored", Type: Gauge,
			Help: "Logins queued to be shown to the staged mount, since the report began.",
			read: ofShadow(func(s Shadow) int64 { return s.Mirrored })},
		{Name: Prefix + "shadow_dropped", Type: Gauge,
			Help: "Logins not shown to the staged mount because the queue was full, since the report began.",
			read: ofShadow(func(s Shadow) int64 { return s.Dropped })},
		{Name: Prefix + "shadow_errors", Type: Gauge, Labels: []string{"kind"},
			Help: "Mirrored logins without an answer to compare, by kind, since the report began.",
			read: byKind(func(s Shadow) map[string]int64 { return s.Errors })},
		{Name: Prefix + "issuers", Type: Gauge,
			Help: "Issuers of the mount.",
			read: one(func(s State) float64 { return float64(len(s.Issuers)) })},
		{Name: Prefix + "roles", Type: Gauge,
			Help: "Roles of the mount.",
			read: one(func(s State) float64 { return float64(s.Roles) })},
		{Name: Prefix + "roles_loaded", Type: Gauge,
			Help: "Roles that are compiled and in memory.",
			read: one(func(s State) float64 { return float64(s.RolesLoaded) })},
		{Name: Prefix + "start_time_seconds", Type: Gauge,
			Help: "Unix time at which the plugin started to serve the mount. All counters began then.",
			read: one(func(s State) float64 { return seconds(s.Started) })},
		{Name: Prefix + "build_info", Type: Gauge, Labels: []string{"version", "sdk_version", "go_version"},
			Help: "1, labelled with the versions of the plugin, of Vault's SDK and of Go.",
			read: build},
	}
}

// buckets bound the histogram of logins, in seconds: from one whose token was
// seen before to one that waited for keys.
func buckets() []float64 {
	return []float64{
		50e-6, 100e-6, 250e-6, 500e-6,
		1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3,
		0.1, 0.25, 0.5, 1, 2.5, 5, 10,
	}
}
