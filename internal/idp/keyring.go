// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"crypto/rsa"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// keyring is what the provider publishes and what it signs with.
type keyring struct {
	rsa     *RSAPool
	rsaUsed atomic.Int64 // how many keys of the pool this provider has taken

	mu        sync.RWMutex
	published []*Key // oldest first
	current   *Key
	extra     []string // raw JWKS members, see SetExtraKeys
}

func (r *keyring) generate(alg, kid string) (*Key, error) {
	return generate(alg, kid, func() (*rsa.PrivateKey, error) {
		return r.rsa.at(int(r.rsaUsed.Add(1)) - 1)
	})
}

func (r *keyring) publish(key *Key, makeCurrent bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.published, func(k *Key) bool { return k.KID == key.KID }) {
		return fmt.Errorf("idp: a key with kid %q is already published: use another kid, or SetExtraKeys to publish a duplicate on purpose", key.KID)
	}
	r.published = append(r.published, key)
	if makeCurrent {
		r.current = key
	}
	return nil
}

// AddKey makes a key and publishes it without signing with it: [Provider.Mint]
// goes on with the current key. An empty kid becomes a random one. It fails
// when alg is unknown or kid is already published.
func (p *Provider) AddKey(alg, kid string) (*Key, error) {
	key, err := p.keys.generate(alg, kid)
	if err != nil {
		return nil, err
	}
	if err := p.Publish(key); err != nil {
		return nil, err
	}
	return key, nil
}

// Publish adds a key made elsewhere to the JWKS document. It fails when its
// kid is already published.
func (p *Provider) Publish(key *Key) error { return p.keys.publish(key, false) }

// Rotate makes a key of the given algorithm, publishes it and signs with it
// from now on. Keys published before stay published until [Provider.Remove].
// It panics when alg is unknown.
func (p *Provider) Rotate(alg string) *Key {
	key, err := p.keys.generate(alg, "")
	if err == nil {
		err = p.keys.publish(key, true)
	}
	if err != nil {
		panic(err.Error())
	}
	return key
}

// Remove withdraws a key from the JWKS document and tells whether it was
// there. The current key stays current, so that tests can show that tokens of
// a withdrawn key are refused.
func (p *Provider) Remove(kid string) bool {
	p.keys.mu.Lock()
	defer p.keys.mu.Unlock()
	before := len(p.keys.published)
	p.keys.published = slices.DeleteFunc(p.keys.published, func(k *Key) bool { return k.KID == kid })
	return len(p.keys.published) < before
}

// Current returns the key that [Provider.Mint] signs with.
func (p *Provider) Current() *Key {
	p.keys.mu.RLock()
	defer p.keys.mu.RUnlock()
	return p.keys.current
}

// SetExtraKeys puts members into the JWKS "keys" array behind the published
// keys, byte for byte and unchecked: duplicate kids, unknown key types, JSON
// that is none. Each call replaces the members of the one before.
func (p *Provider) SetExtraKeys(rawJSON ...string) {
	p.keys.mu.Lock()
	defer p.keys.mu.Unlock()
	p.keys.extra = slices.Clone(rawJSON)
}
