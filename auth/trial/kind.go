// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package trial compares what two versions make of the same login, and counts
// the differences. Candidate roles and staged mounts are judged by it.
package trial

// Kind is a way in which two outcomes differ. The strings are stable: reports,
// metrics and operators' scripts rely on them.
type Kind string

// The kinds of differences. The first three exclude all others.
const (
	AllowToDeny Kind = "allow_to_deny" // the trial denies what is allowed
	DenyToAllow Kind = "deny_to_allow" // the trial allows what is denied
	Reason      Kind = "reason"        // both deny, for another reason
	Policies    Kind = "policies"      // both allow, with other policies
	Alias       Kind = "alias"         // both allow, as another entity alias
	Groups      Kind = "groups"        // both allow, with other groups
	Metadata    Kind = "metadata"      // both allow, with other metadata
	TTL         Kind = "ttl"           // both allow, with another ttl or another limit of the token
)

// Kinds returns the closed list, in the order of reports.
func Kinds() []Kind {
	return []Kind{AllowToDeny, DenyToAllow, Reason, Policies, Alias, Groups, Metadata, TTL}
}

func (k Kind) index() int {
	for i, kind := range [...]Kind{AllowToDeny, DenyToAllow, Reason, Policies, Alias, Groups, Metadata, TTL} {
		if kind == k {
			return i
		}
	}
	return -1
}
