// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"slices"
	"time"
)

// ExampleScene is what examples share: the mount as it is, and what the role
// gives to each of its logins.
type ExampleScene struct {
	Issuers  *Issuers
	Mount    string    // path of the mount, "" if not known
	Now      time.Time // the clock of examples whose claims do not imply another
	Policies []string
	TTL      time.Duration // 0 for that of the mount
}

// CheckExamples runs examples through the checks that a login with a verified
// token meets, and tells the first that does not end as expected: which, what
// was expected, and what came out.
func (r *Role) CheckExamples(examples []Example, scene ExampleScene) error {
	for _, e := range examples {
		d, err := r.try(e, scene)
		if err == nil {
			err = e.Expect.compare(d, scene)
		}
		if err != nil {
			return fmt.Errorf("examples: %q failed: %w", e.Name, err)
		}
	}
	return nil
}

// try judges an example as [Decide] does once the signature has verified.
func (r *Role) try(e Example, scene ExampleScene) (Decision, error) {
	f, err := r.stage(e, scene)
	if err != nil {
		return Decision{}, err
	}
	switch {
	case e.Remote != "" && !r.admits(e.Remote):
		return refuse(PeerAddress), nil
	case f.issuer == nil:
		return refuse(IssuerUnknown), nil
	}
	return r.judge(&f), nil
}

func (x Expectation) compare(d Decision, scene ExampleScene) error {
	if d.Allowed() != *x.Allow {
		return fmt.Errorf("expected %s, but the login is %s", verdict(*x.Allow, x.Reason), outcome(d))
	}
	if x.Reason != "" && x.Reason != d.Reason {
		return fmt.Errorf("expected reason %q, but the login is %s", x.Reason, outcome(d))
	}
	if !d.Allowed() {
		return nil
	}
	if x.User != nil && *x.User != d.Identity.User {
		return fmt.Errorf("expected user %q, but it is %q", *x.User, d.Identity.User)
	}
	if x.Policies != nil {
		wanted, got := sorted(*x.Policies), sorted(JoinPolicies(scene.Policies, d.Policies))
		if !slices.Equal(wanted, got) {
			return fmt.Errorf("expected policies %q, but they are %q", wanted, got)
		}
	}
	if x.TTL == nil {
		return nil
	}
	if ttl, err := x.TTL.duration(); err != nil || ttl != scene.TTL {
		return fmt.Errorf("expected a ttl of %s, but it is %s", ttl, scene.TTL)
	}
	return nil
}

func sorted(names []string) []string {
	s := slices.Sorted(slices.Values(names))
	return slices.Compact(s)
}

func verdict(allow bool, reason Reason) string {
	switch {
	case allow:
		return "the login to be allowed"
	case reason != "":
		return fmt.Sprintf("the login to be denied with reason %q", reason)
	}
	return "the login to be denied"
}

func outcome(d Decision) string {
	switch {
	case d.Allowed():
		return "allowed"
	case d.About != "":
		return fmt.Sprintf("denied with reason %q about %q", d.Reason, d.About)
	}
	return fmt.Sprintf("denied with reason %q", d.Reason)
}
