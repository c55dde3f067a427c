// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
)

// Check is one row of an explanation: what was demanded and what was found.
// Wanted and Found are for people, in one line each, and at most some hundred
// bytes long; values of claims are JSON, and only of claims that the role or a
// standard names.
type Check struct {
	Name    string // stable
	About   string // the claim or field that the row is about, "" if the name says it all
	OK      bool
	Reason  Reason // why a login would be refused for this, "" if OK or skipped
	Wanted  string
	Found   string
	Skipped string // why the check could not be made, "" if it was
}

// Explanation tells how a decision came about. The first row that has a reason
// is the one that decided; those after it are there to save a second attempt.
type Explanation struct {
	Decision
	Checks []Check
}

// FirstFailed returns the check that decided, nil if all passed.
func (e Explanation) FirstFailed() *Check {
	for i := range e.Checks {
		if e.Checks[i].Reason != "" {
			return &e.Checks[i]
		}
	}
	return nil
}

// show tells of a check that was made. More rows than one mean that the check
// has parts, each judged by itself; none means that it does not concern the role.
type show func(r *Role, f *facts, refused *denial) []Check

// row makes a row of an outcome.
func row(refused *denial, wanted, found string) Check {
	c := Check{OK: refused == nil, Wanted: wanted, Found: found}
	if refused != nil {
		c.Reason, c.About = refused.reason, refused.about
	}
	return c
}

// about is a row of a check that has one for each claim.
func about(name string, refused *denial, wanted, found string) Check {
	c := row(refused, wanted, found)
	c.About = name
	return c
}

// Explain tells what the role makes of the token, check by check. A nil role is
// one that does not exist. The decision is that of a login; nothing is spent or
// kept by it.
func (i *Inspection) Explain(role *Role) Explanation { return i.explain(role, true) }

// Verdict is Explain for many roles: it does not look for the part of an
// expression that is to blame, which takes milliseconds.
func (i *Inspection) Verdict(role *Role) Explanation { return i.explain(role, false) }

func (i *Inspection) explain(role *Role, blame bool) Explanation {
	e := Explanation{Decision: i.Decide(role)}
	if i.needsIssuer(role) {
		e.Checks = []Check{{
			Name: "introspection", Reason: IntrospectionFailed, Wanted: "the issuer " + e.Issuer + " calls the token active",
			Found: "an explanation does not show tokens to anybody; give the claims and the issuer in place of the token",
		}}
		return e
	}
	if role != nil {
		e.Checks = append(e.Checks, role.explainPeer(i.at.Peer)...)
	}
	e.Checks = append(append(e.Checks, i.checks...), explainRole(role))
	switch {
	case role == nil:
	case i.issuer == nil:
		e.Checks = append(e.Checks, Check{Name: "claims", Skipped: "the token could not be read, or is of no issuer of this mount"})
	default:
		e.Checks = append(e.Checks, role.explain(i.facts(role), blame)...)
	}
	e.settle()
	return e
}

// Decide gives the decision of a login with the role.
func (i *Inspection) Decide(role *Role) Decision {
	switch {
	case role != nil && !role.admits(i.at.Peer):
		return refuse(PeerAddress)
	case i.needsIssuer(role):
		return Decision{Reason: IntrospectionFailed, Issuer: i.issuers.introspected(role).Name}
	case i.refused.Reason != "":
		return i.refused
	}
	return role.Judge(i.verified, i.at)
}

// Select gives the decision of a login that names no role, and the roles that
// it is granted.
func (i *Inspection) Select(index *Index, mode Mode) (Decision, []*Role) {
	if i.refused.Reason != "" {
		return i.refused, nil
	}
	return SelectVerified(i.verified, i.at, index, mode)
}

// needsIssuer tells whether the issuer of the role's tokens would have to be
// asked about this one, which an explanation does not do.
func (i *Inspection) needsIssuer(role *Role) bool {
	return i.checked && i.issuers.introspected(role) != nil && role.admits(i.at.Peer)
}

// settle makes sure that the row that decided is there, and that none claims to
// have decided in its place: an expression can run out of time when it is
// evaluated once more. The decision is what counts.
func (e *Explanation) settle() {
	first := e.FirstFailed()
	if e.Allowed() && first == nil || first != nil && first.Reason == e.Reason {
		return
	}
	for n := range e.Checks {
		if c := &e.Checks[n]; c.Reason != "" {
			c.Reason, c.Skipped = "", "judged once more it came out otherwise"
		}
	}
	if !e.Allowed() {
		e.Checks = append(e.Checks, Check{Name: "decision", About: e.About, Reason: e.Reason})
	}
}

// explain makes all checks of a role on a token, failing ones too.
func (r *Role) explain(f *facts, blame bool) []Check {
	rows := f.explain(r, tokenChecks[:])
	rows = append(rows, f.explain(r, roleChecks[:])...)
	return append(rows, r.explainGrant(f, blame)...)
}

func (f *facts) explain(r *Role, steps []step) (rows []Check) {
	for i := range steps {
		refused := steps[i].run(r, f)
		made := []Check{row(refused, "", "")}
		if steps[i].show != nil {
			made = steps[i].show(r, f, refused)
		}
		for _, c := range made {
			c.Name = steps[i].name
			rows = append(rows, c)
		}
	}
	return rows
}

// explainPeer tells whether the role admits the address.
func (r *Role) explainPeer(peer string) []Check {
	if !r.bindsPeers {
		return nil
	}
	c := Check{Name: "remote_addr", OK: true, Found: peer}
	if peer == "" {
		c.Found = "not known"
	}
	var blocks []string
	for _, p := range r.peers {
		blocks = append(blocks, p.String())
	}
	c.Wanted = expr.Shorten("in one of " + strings.Join(blocks, ", "))
	if !r.admits(peer) {
		c.OK, c.Reason = false, PeerAddress
	}
	return []Check{c}
}

// explainRole tells whether there is such a role, and one for tokens.
func explainRole(r *Role) Check {
	c := Check{Name: "role", OK: true, Wanted: "a role of role_type jwt"}
	switch {
	case r == nil:
		c.OK, c.Reason, c.Found = false, RoleUnknown, "there is no role of that name"
	case r.browserOnly:
		c.OK, c.Reason, c.Found = false, RoleNotForLogin, "role_type oidc, which is for browsers"
	default:
		c.Found = r.name
	}
	return c
}
