// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"cmp"
	"slices"
	"time"
)

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	SeverityHigh   Severity = "high"   // somebody whom nobody meant may get in, or nobody can
	SeverityMedium Severity = "medium" // a safeguard is missing
	SeverityLow    Severity = "low"    // something has no effect, or could be tighter
)

// Finding is something in what is written that is dangerous or not meant. The ID
// is stable.
type Finding struct {
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	Object   string   `json:"object"` // path below the mount, such as role/ci
	Message  string   `json:"message"`
	Fix      string   `json:"fix"`
}

// LintIssuer is an issuer as far as findings go.
type LintIssuer struct {
	Name        string
	ID          string // exact iss, "" for any
	MaxTokenAge time.Duration
	NoAgeField  bool   // the issuer cannot be given a max_token_age
	Fault       string // why what is stored cannot be used, "" if it can
}

// LintRole is a role as far as findings go.
type LintRole struct {
	Spec       RoleSpec
	Policies   []string
	TTL        time.Duration
	MaxTTL     time.Duration
	Explicit   time.Duration
	Period     time.Duration
	Examples   int
	Unused     []string // names of fields that are set and have no effect
	LongLeeway []string // names of leeways above [MaxLeeway]
}

// LintMount is what else is written on a mount.
type LintMount struct {
	Issuers        []LintIssuer // the default one among them
	Lookup         string       // what provider_config asks for and is not done
	DetailedErrors bool
}

// Lint returns what is to be said of the mount without its roles.
func (m LintMount) Lint() []Finding {
	var found []Finding
	if m.Lookup != "" {
		found = append(found, finding(lookupNotMade, "config", m.Lookup))
	}
	if m.DetailedErrors {
		found = append(found, finding(detailedErrors, "config", ""))
	}
	for _, i := range m.Issuers {
		object := "issuer/" + i.Name
		if i.Name == DefaultIssuer {
			object = "config"
		}
		if i.Fault != "" {
			found = append(found, finding(unusable, object, i.Fault))
		}
		if i.ID == "" && i.Fault == "" {
			found = append(found, finding(anyIssuer, object, ""))
		}
		if i.MaxTokenAge == 0 && !i.NoAgeField {
			found = append(found, finding(noTokenAge, object, ""))
		}
	}
	return found
}

// LintUnbound returns the issuers that no role takes tokens of.
func (m LintMount) LintUnbound(bound map[string]bool) []Finding {
	var found []Finding
	for _, i := range m.Issuers {
		if i.Name != DefaultIssuer && !bound[i.Name] {
			found = append(found, finding(unboundIssuer, "issuer/"+i.Name, ""))
		}
	}
	return found
}

// UnreadableRole is the finding about a role that cannot even be decoded.
func UnreadableRole(name string) Finding { return finding(unusable, "role/"+name, "") }

// SortFindings puts the worst first.
func SortFindings(findings []Finding) {
	rank := map[Severity]int{SeverityHigh: 0, SeverityMedium: 1, SeverityLow: 2}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Severity], rank[b.Severity]), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Object, b.Object))
	})
}

func finding(r rule, object, detail string) Finding {
	message := r.why
	if detail != "" {
		message = detail + ": " + message
	}
	return Finding{ID: r.id, Severity: r.severity, Object: object, Message: message, Fix: r.fix}
}
