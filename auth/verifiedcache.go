// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// VerifiedCache remembers by hash which tokens had a good signature, so that a
// token shown again costs no second verification. It spares the signature
// alone; every other check runs each time. An entry counts only with the key
// set that it was verified with, so it dies when the issuer's keys change.
//
// It is an array of slots that newer entries overwrite: it neither locks nor
// grows, and is safe for concurrent use.
type VerifiedCache struct {
	slots []atomic.Pointer[verifiedToken]
	use   *CacheUse // nil if nobody counts
}

// CacheUse counts look-ups. It may outlive a cache and count for the next one.
type CacheUse struct{ Hits, Misses atomic.Uint64 }

type verifiedToken struct {
	sum [32]byte
	set *jwk.Set
	key *jwk.Key // of the set, with which the token verified
}

// NewVerifiedCache makes a cache for about size tokens, or nil if size is not
// positive.
func NewVerifiedCache(size int) *VerifiedCache {
	if size <= 0 {
		return nil
	}
	return &VerifiedCache{slots: make([]atomic.Pointer[verifiedToken], size)}
}

// CountedBy makes the cache count its look-ups, and returns it. It must be
// called before the cache is used, and may be called on nil.
func (c *VerifiedCache) CountedBy(use *CacheUse) *VerifiedCache {
	if c != nil {
		c.use = use
	}
	return c
}

// Size is for how many tokens there is room, 0 for nil.
func (c *VerifiedCache) Size() int {
	if c == nil {
		return 0
	}
	return len(c.slots)
}

// Entries counts the tokens that are remembered now, those included whose keys
// have changed since. It looks at every slot.
func (c *VerifiedCache) Entries() int {
	n := 0
	for i := range c.Size() {
		if c.slots[i].Load() != nil {
			n++
		}
	}
	return n
}

func (c *VerifiedCache) slot(sum [32]byte) *atomic.Pointer[verifiedToken] {
	// SHA-256 output is uniform, so eight of its bytes choose well.
	return &c.slots[binary.LittleEndian.Uint64(sum[:8])%uint64(len(c.slots))]
}

// find returns the key with which the token verified, nil if that is not known.
func (c *VerifiedCache) find(sum [32]byte, set *jwk.Set) *jwk.Key {
	t := c.slot(sum).Load()
	found := t != nil && t.set == set && t.sum == sum
	if c.use != nil {
		c.use.count(found)
	}
	if !found {
		return nil
	}
	return t.key
}

func (u *CacheUse) count(found bool) {
	if found {
		u.Hits.Add(1)
	} else {
		u.Misses.Add(1)
	}
}

func (c *VerifiedCache) add(sum [32]byte, set *jwk.Set, key *jwk.Key) {
	c.slot(sum).Store(&verifiedToken{sum: sum, set: set, key: key})
}
