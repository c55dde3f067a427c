// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package trial

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

const batch = "batch"

// compareLimits compares all that bounds a token's life and use.
func (d *Difference) compareLimits(live, trial auth.Limits, mount Defaults) {
	more := false
	limit := func(name string, differs, looser bool) {
		if differs {
			d.Limits = append(d.Limits, name)
			more = more || looser
		}
	}
	limit("ttl", live.TTL != trial.TTL, cmp.Or(trial.TTL, mount.TTL) > cmp.Or(live.TTL, mount.TTL) || unknown(trial.TTL, mount.TTL))
	limit("max_ttl", live.MaxTTL != trial.MaxTTL, cmp.Or(trial.MaxTTL, mount.MaxTTL) > cmp.Or(live.MaxTTL, mount.MaxTTL) || unknown(trial.MaxTTL, mount.MaxTTL))
	limit("period", live.Period != trial.Period, trial.Period > live.Period)
	limit("explicit_max_ttl", live.ExplicitMaxTTL != trial.ExplicitMaxTTL, laxer(live.ExplicitMaxTTL, trial.ExplicitMaxTTL))
	limit("num_uses", live.NumUses != trial.NumUses, laxer(int64(live.NumUses), int64(trial.NumUses)))
	// A batch token can neither be renewed nor make other tokens.
	limit("token_type", live.TokenType != trial.TokenType, live.TokenType == batch)
	if !slices.Equal(live.BoundCIDRs, trial.BoundCIDRs) {
		limit("bound_cidrs", true, widened(live.BoundCIDRs, trial.BoundCIDRs))
	}
	if len(d.Limits) > 0 {
		d.add(TTL, more)
	}
}

// unknown tells whether a role leaves a limit to a mount whose own is not known.
func unknown(own, mount int64) bool { return own == 0 && mount == 0 }

// laxer compares two limits of which 0 stands for none.
func laxer(live, trial int64) bool {
	return live != 0 && (trial == 0 || trial > live)
}

// widened tells whether the trial admits an address that is not admitted now.
// No blocks at all admit everybody. Blocks that are only together as wide as
// one of the trial's count as narrower.
func widened(live, trial []string) bool {
	if len(live) == 0 {
		return false
	}
	if len(trial) == 0 {
		return true
	}
	for _, t := range trial {
		if !slices.ContainsFunc(live, func(l string) bool { return covers(l, t) }) {
			return true
		}
	}
	return false
}

func covers(wide, narrow string) bool {
	if wide == narrow {
		return true
	}
	w, ok1 := block(wide)
	n, ok2 := block(narrow)
	return ok1 && ok2 && w.Bits() <= n.Bits() && w.Contains(n.Addr())
}

func block(text string) (netip.Prefix, bool) {
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		return netip.PrefixFrom(a, a.BitLen()), err == nil
	}
	p, err := netip.ParsePrefix(text)
	return p, err == nil
}
