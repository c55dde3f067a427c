// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/trial"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/metrics"
)

// countLogin counts a login. Its role is named only if it is stored, and its
// issuer only if it is configured: the rest is what a stranger sent.
func (b *backend) countLogin(a *attempt, err error, took time.Duration) {
	role, reason := "", string(a.decision.Reason)
	switch {
	case a.entry == nil:
	case a.fields.role != "":
		role = a.fields.role
	case len(a.decision.Roles) > 1:
		role = metrics.Several
	default:
		role = a.entry.role.Name()
	}
	switch {
	case err != nil:
		reason = metrics.ReasonFault
	case reason != "":
	case a.snapshot != nil && a.snapshot.issuers.Empty():
		reason = metrics.ReasonNotConfigured
	default:
		reason = metrics.ReasonBadRequest
	}
	b.metrics.Login(role, a.decision.Issuer, reason, took)
}

func (b *backend) countRenewal(reason auth.Reason) {
	b.metrics.Add(metrics.Renewals, string(metrics.OutcomeOf(string(reason))), string(reason))
}

// state is what metrics and status tell of the mount besides what is counted. It
// reads memory alone.
func (b *backend) state() metrics.State {
	out := metrics.State{
		Version: b.RunningVersion, SDK: sdkVersion(), Go: runtime.Version(),
		Started: b.started, Panics: b.panics.Load(),
		CacheHits: b.cacheUse.Hits.Load(), CacheMisses: b.cacheUse.Misses.Load(),
		Proofs:       b.proofs.Len(),
		IssuerStates: issuerStates(),
	}
	if m := b.mirror.Load(); m != nil {
		out.Shadow = m.measure()
	}
	s := b.snapshot.Load()
	if s == nil {
		return out
	}
	out.Roles = s.roles.Len()
	var tried []string
	for name, e := range s.roles.all() {
		if e.role != nil {
			out.RolesLoaded++
		}
		if e.candidate != nil {
			tried = append(tried, name)
		}
	}
	slices.Sort(tried)
	for _, name := range tried[:min(len(tried), metrics.MaxRoles)] {
		if e, found := s.roles.Get([]byte(name)); found {
			out.Candidates = append(out.Candidates, e.candidate.measure(name))
		}
	}
	out.CacheSize, out.CacheEntries = s.mount.verified.Size(), s.mount.verified.Entries()
	for name, o := range s.byName() {
		i := o.measure(b.now())
		i.Name = name
		i.Fetches, i.HeldBack = b.metrics.Issuer(name).Read()
		out.Issuers = append(out.Issuers, i)
	}
	slices.SortFunc(out.Issuers, func(a, b metrics.Issuer) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// measure is the candidate's report in numbers.
func (c *candidate) measure(role string) metrics.Candidate {
	report := c.report.Load().Report()
	return metrics.Candidate{Role: role, Seen: report.Seen, Differences: differences(report)}
}

// measure is the mirror's report in numbers.
func (m *mirror) measure() *metrics.Shadow {
	report := m.Report()
	return &metrics.Shadow{
		Seen: report.Seen, Mirrored: report.Mirrored, Dropped: report.Dropped,
		Differences: differences(report.Report), Errors: report.ErrorsByKind,
	}
}

func differences(report trial.Report) map[string]int64 {
	counts := map[string]int64{"grants_more": report.GrantsMore, "faults": report.Faults}
	for _, kind := range trial.Kinds() {
		counts[string(kind)] = report.Count(kind)
	}
	return counts
}

// measure is the issuer's state in numbers.
func (o *openIssuer) measure(now time.Time) metrics.Issuer {
	i := metrics.Issuer{}
	if o.introspector != nil {
		i.State = introspectionState(o.introspector.Status())
		return i
	}
	if len(o.remote) == 0 {
		if i.State, i.Keys = stateStatic, len(o.staticKeys(now)); i.Keys == 0 {
			i.State = stateUnusable
		}
		return i
	}
	for _, r := range o.remote {
		s := r.Status()
		if state := stateOf(s); i.State == "" || rank(state) > rank(i.State) {
			i.State = state
		}
		i.Keys += len(s.Keys)
		if s.AsOf.IsZero() {
			continue
		}
		i.KeyAge = max(i.KeyAge, now.Sub(s.AsOf))
		if !i.Fetched || s.StaleAt.Before(i.StaleAt) {
			i.StaleAt = s.StaleAt
		}
		i.Fetched = true
	}
	return i
}

// sdkVersion is that of Vault's SDK in this binary, "" if it does not say.
func sdkVersion() string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == "github.com/hashicorp/vault/sdk" {
			return m.Version
		}
	}
	return ""
}
