// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/hashicorp/vault/sdk/helper/tokenutil"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/trial"
)

// candidate is the compiled change to a role that is under trial. It judges the
// logins of the role and decides none.
type candidate struct {
	judge       func(auth.Verified, auth.Circumstances) auth.Decision // nil if fault is set
	fault       string                                                // why the role could not be as the candidate wants it
	live, terms auth.Terms                                            // of the role and of the candidate
	defaults    trial.Defaults
	report      atomic.Pointer[trial.Recorder]
	panicked    atomic.Bool
}

// newEntry is the entry of a compiled role, with its candidate if it has one.
// The report of a candidate begins anew with every entry, as either the role or
// the candidate is another from then on.
func (b *backend) newEntry(name string, role *auth.Role, record *roleRecord) *roleEntry {
	e := &roleEntry{role: role, params: record.TokenParams}
	if record.Candidate != nil {
		e.candidate = b.compileCandidate(name, record)
	}
	return e
}

func (b *backend) compileCandidate(name string, record *roleRecord) *candidate {
	system := b.System()
	c := &candidate{live: terms(name, &record.TokenParams)}
	c.defaults = trial.Defaults{TTL: seconds(system.DefaultLeaseTTL()), MaxTTL: seconds(system.MaxLeaseTTL())}
	c.reset(b)
	role, changed, err := record.compileCandidate(name, system.MaxLeaseTTL())
	if err != nil {
		c.fault = err.Error()
		return c
	}
	c.judge, c.terms = role.JudgeWithAddress, terms(name, &changed.TokenParams)
	return c
}

// reset begins a new report.
func (c *candidate) reset(b *backend) { c.report.Store(trial.NewRecorder(b.now(), c.defaults)) }

// tryCandidates lets the candidates of the roles that have decided a login judge
// it too. Nothing of it reaches the caller.
func (b *backend) tryCandidates(a *attempt) {
	if !a.verified.Known() {
		return
	}
	if a.entry != nil && a.entry.candidate != nil {
		b.tryCandidate(a, a.entry)
	}
	for _, e := range a.joined {
		if e.candidate != nil {
			b.tryCandidate(a, e)
		}
	}
}

// tryCandidate counts how the outcome of a candidate differs from that of its
// role. A panic is caught.
func (b *backend) tryCandidate(a *attempt, e *roleEntry) {
	c := e.candidate
	if c.judge == nil {
		return
	}
	report := c.report.Load()
	defer func() {
		if recover() == nil {
			return
		}
		report.Fault()
		b.panics.Add(1)
		if !c.panicked.Swap(true) { // each login of the role might come here
			b.Logger().Error("recovered from a panic in a candidate; please report this", "role", c.live.Role, "stack", string(debug.Stack()))
		}
	}()
	live := a.judged
	if a.joined != nil {
		live = e.role.JudgeWithAddress(a.verified, a.at) // the decision is that of several roles
	}
	report.Record(a.at.Now, live.Outcome(c.live), c.judge(a.verified, a.at).Outcome(c.terms))
}

// staticallyMore tells what the candidate gives to every login that the role
// does not: policies, and limits that are looser. "" for nothing.
func staticallyMore(live, changed *tokenutil.TokenParams, mount trial.Defaults) string {
	granted := func(p *tokenutil.TokenParams) auth.Outcome {
		return auth.Decision{Reason: auth.Allowed}.Outcome(terms("", p))
	}
	d := trial.Compare(granted(live), granted(changed), mount)
	if !d.More {
		return ""
	}
	var parts []string
	for _, list := range []struct {
		kind  string
		names []string
	}{{"policies", d.PoliciesAdded}, {"metadata", d.Metadata}, {"limits", d.Limits}} {
		if len(list.names) > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", list.kind, strings.Join(list.names, ", ")))
		}
	}
	return strings.Join(parts, "; ")
}
