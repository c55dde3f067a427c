// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// The states of an issuer, from good to bad. statusHelp explains them.
const (
	stateStatic   = "static"
	stateHealthy  = "healthy"
	stateFailing  = "failing"
	stateCold     = "cold"
	stateStale    = "stale"
	stateUnusable = "unusable"
)

// issuerStates lists the states, from good to bad.
func issuerStates() []string {
	return []string{stateStatic, stateHealthy, stateFailing, stateCold, stateStale, stateUnusable}
}

// rank orders the states.
func rank(state string) int { return slices.Index(issuerStates(), state) }

// status tells of an issuer. One with several key sources lists them.
func (o *openIssuer) status(now time.Time) map[string]any {
	var data map[string]any
	switch {
	case o.introspector != nil:
		data = o.introspectionStatus(now)
	case len(o.remote) == 0:
		data = o.staticStatus(now)
	case len(o.remote) == 1:
		data = o.remote[0].status(now)
	default:
		data = o.severalStatus(now)
	}
	if o.fault != nil {
		data["last_error"] = o.fault.Error()
	}
	if len(o.compiled) == 1 {
		data["issuer"] = o.compiled[0].ID
	}
	data["pins"] = []string{}
	if o.record != nil {
		data["issuer"] = o.record.Issuer
		if o.record.KeyThumbprints != nil {
			data["pins"] = o.record.KeyThumbprints
		}
	}
	return data
}

// staticStatus is the status of an issuer without key sources in the network.
func (o *openIssuer) staticStatus(now time.Time) map[string]any {
	list := o.staticKeys(now)
	data := map[string]any{
		"state":   stateStatic,
		"summary": fmt.Sprintf("%s, written down by the operator. Nothing is fetched, and nothing changes by itself.", count(len(list), "key")),
		"keys":    describeKeys(list),
	}
	if len(list) == 0 {
		data["state"] = stateUnusable
		data["summary"] = "Tokens of this issuer are refused: what is stored cannot be used by this version. Write it anew, or delete it first if that fails."
	}
	return data
}

// staticKeys are the keys of an issuer without key sources in the network.
func (o *openIssuer) staticKeys(now time.Time) []keys.Key {
	if len(o.compiled) == 0 { // a stored template without tenants stands for nobody
		return nil
	}
	return keys.Describe(o.compiled[0].Keys.Keys(now))
}

// severalStatus is the status of an issuer with tenants, or with jwks_pairs.
func (o *openIssuer) severalStatus(now time.Time) map[string]any {
	list := make([]map[string]any, len(o.remote))
	tally := map[string]int{}
	worst := 0
	for i, r := range o.remote {
		list[i] = r.status(now)
		if len(o.compiled) == len(o.remote) {
			list[i]["issuer"] = o.compiled[i].ID
		}
		state := list[i]["state"].(string)
		tally[state]++
		if rank(state) > rank(list[worst]["state"].(string)) {
			worst = i
		}
	}
	var parts []string
	for _, state := range slices.SortedFunc(maps.Keys(tally), func(a, b string) int { return rank(b) - rank(a) }) {
		parts = append(parts, fmt.Sprintf("%d %s", tally[state], state))
	}
	return map[string]any{
		"state": list[worst]["state"],
		"summary": fmt.Sprintf("%s: %s. The state is that of the worst, %s: %s",
			count(len(list), "key source"), strings.Join(parts, ", "), o.remote[worst].place, list[worst]["summary"]),
		"sources": list,
	}
}

func (r remoteKeys) status(now time.Time) map[string]any {
	s := r.Status()
	state := stateOf(s)
	return map[string]any{
		"state":        state,
		"summary":      summarise(state, s, now),
		"source":       r.place,
		"url":          s.URL,
		"keys":         describeKeys(s.Keys),
		"skipped_keys": describeSkipped(s.Skipped),
		"from_storage": s.Stored,
		"last_attempt": stamp(s.LastAttempt),
		"last_fetch":   stamp(s.LastSuccess),
		"last_error":   s.LastError,
		"next_refresh": stamp(s.NextRefresh),
		"stale_until":  stamp(s.StaleAt),
		"failures":     s.Failures,
		"fetches":      s.Fetches,
		"held_back":    s.Refused,
	}
}

func stateOf(s keys.Status) string {
	switch {
	case s.Stale:
		return stateStale
	case len(s.Keys) == 0:
		return stateCold
	case s.LastError != "" || s.Stored:
		return stateFailing
	}
	return stateHealthy
}

// summarise says what an operator wants to know first: what logins meet, since
// when, why, and what happens next.
func summarise(state string, s keys.Status, now time.Time) string {
	switch state {
	case stateHealthy:
		return fmt.Sprintf("%s, fetched %s ago. %s", count(len(s.Keys), "key"), span(now.Sub(s.LastSuccess)), next(s, now))
	case stateFailing:
		from := "from storage"
		if !s.Stored {
			from = "fetched " + span(now.Sub(s.LastSuccess)) + " ago"
		}
		return fmt.Sprintf("Logins go on with %s %s. They end at %s, in %s, unless a fetch succeeds. %s %s",
			count(len(s.Keys), "key"), from, stamp(s.StaleAt), span(s.StaleAt.Sub(now)), why(s), next(s, now))
	case stateStale:
		return fmt.Sprintf("Tokens of this issuer are refused: its keys are too old to use since %s, %s ago. %s %s",
			stamp(s.StaleAt), span(now.Sub(s.StaleAt)), why(s), next(s, now))
	}
	return fmt.Sprintf("Tokens of this issuer are refused: there are no keys yet. %s %s", why(s), next(s, now))
}

// why says what is wrong with the fetches.
func why(s keys.Status) string {
	switch {
	case s.LastError == "":
		return "The issuer has not answered yet."
	case s.Failures == 1:
		return "The last fetch failed: " + s.LastError + "."
	}
	return fmt.Sprintf("The last %d fetches failed: %s.", s.Failures, s.LastError)
}

func next(s keys.Status, now time.Time) string {
	if wait := s.NextRefresh.Sub(now); wait > 0 {
		return fmt.Sprintf("The next fetch is in %s.", span(wait))
	}
	return "A fetch is under way or about to begin."
}

// span writes a duration as coarsely as an operator would say it.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return d.String()
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// stamp writes a time in UTC, "" for never.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func describeKeys(list []keys.Key) []map[string]any {
	out := make([]map[string]any, len(list))
	for i, k := range list {
		out[i] = map[string]any{"kid": k.ID, "thumbprint": k.Thumbprint, "algorithms": k.Algorithms}
	}
	return out
}

// describeSkipped names a key by its place in the document, or by its kid.
func describeSkipped(list []jwk.Skipped) []map[string]any {
	out := make([]map[string]any, len(list))
	for i, k := range list {
		out[i] = map[string]any{"reason": k.Fault.Error()}
		if k.Index >= 0 {
			out[i]["index"] = k.Index
		} else {
			out[i]["kid"] = k.ID
		}
	}
	return out
}
