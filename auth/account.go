// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

// Account explains a denial after the event: all that the role demanded, beside
// what was found. The checks of the token itself, which it passed, are left
// out. Nil if the denial was made without a verified token or without a role:
// of such tokens nothing may be told.
func (r *Role) Account(v Verified, at Circumstances, d Decision) []Check {
	if r == nil || v.issuer == nil || d.Reason.BeforeSignature() {
		return nil
	}
	f := r.facts(v, at)
	e := Explanation{Decision: d, Checks: r.explain(&f, true)}
	e.settle()
	return e.Checks
}

// AccountRenewal is [Role.Account] of a renewal. Nil if the claims that were
// kept had no part in the denial.
func (r *Role) AccountRenewal(in Renewal, issuers *Issuers, d Decision) []Check {
	if r == nil || d.Reason.BeforeSignature() {
		return nil
	}
	f, refused := in.facts(issuers)
	if refused != nil {
		return nil
	}
	names := showNames(r, f, checkNames(f.claims, r.relied))[0]
	names.Name = "names"
	e := Explanation{Decision: d, Checks: append([]Check{names}, f.explain(r, roleChecks[:])...)}
	e.Checks = append(e.Checks, r.explainGrant(f, true)...)
	e.settle()
	return e.Checks
}
