// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
)

// rsaBits is the smallest modulus that RFC 7518 section 3.3 allows.
const rsaBits = 2048

// RSAPool makes RSA keys once and lends them to many providers, because making
// one takes some 100 ms. Within one provider all keys differ; the nth RSA key
// of every provider that shares the pool is the same one, so do not share a
// pool among issuers whose keys a test must tell apart.
type RSAPool struct {
	mu   sync.Mutex
	keys []*rsa.PrivateKey
}

// NewRSAPool returns an empty pool; keys are made when first asked for.
func NewRSAPool() *RSAPool { return &RSAPool{} }

// at returns the nth key (from 0), making those that are missing. The lock is
// held while a key is made, so that no two callers make the same one.
func (p *RSAPool) at(n int) (*rsa.PrivateKey, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.keys) <= n {
		key, err := rsa.GenerateKey(rand.Reader, rsaBits)
		if err != nil {
			return nil, err
		}
		p.keys = append(p.keys, key)
	}
	return p.keys[n], nil
}
