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
}

type verifiedToken struct {
	sum [32]byte
	set *jwk.Set
}

// NewVerifiedCache makes a cache for about size tokens, or nil if size is not
// positive.
func NewVerifiedCache(size int) *VerifiedCache {
	if size <= 0 {
		return nil
	}
	return &VerifiedCache{slots: make([]atomic.Pointer[verifiedToken], size)}
}

func (c *VerifiedCache) slot(sum [32]byte) *atomic.Pointer[verifiedToken] {
	// SHA-256 output is uniform, so eight of its bytes choose well.
	return &c.slots[binary.LittleEndian.Uint64(sum[:8])%uint64(len(c.slots))]
}

func (c *VerifiedCache) has(sum [32]byte, set *jwk.Set) bool {
	t := c.slot(sum).Load()
	return t != nil && t.set == set && t.sum == sum
}

func (c *VerifiedCache) add(sum [32]byte, set *jwk.Set) {
	c.slot(sum).Store(&verifiedToken{sum: sum, set: set})
}
