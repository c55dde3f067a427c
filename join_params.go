// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"net/netip"
	"time"

	"github.com/hashicorp/go-sockaddr"
	"github.com/hashicorp/vault/sdk/helper/tokenutil"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// What the token parameters of joined roles may disagree on, in the words of a
// refusal.
const (
	conflictType  = "token type"
	conflictCIDRs = "bound address blocks"
	conflictAlias = "alias metadata"
)

// joinParams makes the token parameters of a union: the policies of all roles,
// and of each limit the strictest. entries are in the order of priority, the
// highest first. The text says what cannot be joined, "" if all can be.
func (b *backend) joinParams(entries []*roleEntry) (tokenutil.TokenParams, string) {
	if len(entries) == 1 {
		return entries[0].params, ""
	}
	var joined tokenutil.TokenParams
	b.joinLifetimes(&joined, entries)
	for _, e := range entries {
		p := &e.params
		joined.TokenPolicies = auth.JoinPolicies(joined.TokenPolicies, p.TokenPolicies)
		joined.TokenNoDefaultPolicy = joined.TokenNoDefaultPolicy || p.TokenNoDefaultPolicy
		joined.TokenNumUses = stricter(joined.TokenNumUses, p.TokenNumUses)
	}
	var ok bool
	if joined.TokenType, ok = joinTypes(entries); !ok {
		return joined, conflictType
	}
	if joined.TokenType == logical.TokenTypeBatch && (joined.TokenNumUses != 0 || joined.TokenPeriod != 0) {
		return joined, conflictType // Vault counts no uses of a batch token
	}
	if joined.TokenBoundCIDRs, ok = joinCIDRs(entries); !ok {
		return joined, conflictCIDRs
	}
	if joined.AliasMetadata, ok = joinAliasMetadata(entries); !ok {
		return joined, conflictAlias
	}
	return joined, ""
}

// stricter is the lesser of two limits of which 0 means none.
func stricter[T int | time.Duration](a, b T) T {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// joinLifetimes takes the shortest of each. A period lets a token be renewed
// for ever, so it counts only if every role has one; else it is no more than
// the time that its role gives at first.
func (b *backend) joinLifetimes(joined *tokenutil.TokenParams, entries []*roleEntry) {
	periodic, unset := true, false
	for _, e := range entries {
		p := &e.params
		joined.TokenMaxTTL = stricter(joined.TokenMaxTTL, p.TokenMaxTTL)
		joined.TokenExplicitMaxTTL = stricter(joined.TokenExplicitMaxTTL, p.TokenExplicitMaxTTL)
		joined.TokenPeriod = stricter(joined.TokenPeriod, p.TokenPeriod)
		ttl := p.TokenTTL
		if p.TokenPeriod > 0 {
			ttl = p.TokenPeriod
		}
		joined.TokenTTL = stricter(joined.TokenTTL, ttl)
		periodic = periodic && p.TokenPeriod > 0
		unset = unset || ttl == 0
	}
	if !periodic {
		joined.TokenPeriod = 0
	}
	if unset && joined.TokenTTL > 0 {
		// To leave it out means the mount's, which may be the shortest.
		joined.TokenTTL = stricter(joined.TokenTTL, b.System().DefaultLeaseTTL())
	}
}

// joinTypes returns the one type that the roles name besides the mount's, and
// false if they name two. Neither is the stricter one: a batch token cannot be
// renewed or have children, a service token can be revoked and its uses counted.
func joinTypes(entries []*roleEntry) (logical.TokenType, bool) {
	joined := logical.TokenTypeDefault
	for _, e := range entries {
		switch kind := e.params.TokenType; {
		case kind == logical.TokenTypeDefault || kind == joined:
		case joined == logical.TokenTypeDefault:
			joined = kind
		default:
			return joined, false
		}
	}
	return joined, true
}

// joinCIDRs returns the blocks of addresses that every role admits, and false
// if there are none. No blocks mean all addresses.
func joinCIDRs(entries []*roleEntry) ([]*sockaddr.SockAddrMarshaler, bool) {
	var joined []*sockaddr.SockAddrMarshaler
	bound := false
	for _, e := range entries {
		blocks := e.params.TokenBoundCIDRs
		if len(blocks) == 0 {
			continue
		}
		if bound {
			blocks = intersect(joined, blocks)
		}
		joined, bound = blocks, true
	}
	return joined, !bound || len(joined) > 0
}

// intersect works because of two blocks one holds the other, or they share
// nothing.
func intersect(a, b []*sockaddr.SockAddrMarshaler) []*sockaddr.SockAddrMarshaler {
	var common []*sockaddr.SockAddrMarshaler
	for _, x := range a {
		p, err := auth.ParsePrefix(x.String())
		if err != nil {
			continue
		}
		for _, y := range b {
			q, err := auth.ParsePrefix(y.String())
			switch {
			case err != nil:
			case holds(q, p):
				common = append(common, x)
			case holds(p, q):
				common = append(common, y)
			}
		}
	}
	return common
}

func holds(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// joinAliasMetadata takes each key from the role with the highest priority that
// has it. Roles of one priority must agree.
func joinAliasMetadata(entries []*roleEntry) (map[string]string, bool) {
	joined, owner := map[string]string{}, map[string]int{}
	for _, e := range entries {
		for key, value := range e.params.AliasMetadata {
			before, taken := joined[key]
			switch {
			case !taken:
				joined[key], owner[key] = value, e.role.Priority()
			case before != value && owner[key] == e.role.Priority():
				return nil, false
			}
		}
	}
	return joined, true
}
