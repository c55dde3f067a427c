// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk

import (
	"strconv"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// ParseBundle reads a SPIFFE trust bundle (SPIFFE Trust Domain and Bundle,
// section 4): a JWK Set whose keys for JWT-SVIDs have the use "jwt-svid" and a
// kid. The others, which vouch for X.509-SVIDs, are left out. hint is how often the
// publisher asks to be read, 0 if it does not say.
func ParseBundle(document []byte) (s *Set, hint time.Duration, err error) {
	s, err = parseSet(document, useJWTSVID)
	if err != nil {
		return nil, 0, err
	}
	if s, err = s.filter(func(k *Key) bool { return k.ID != "" }, FaultKeyID); err != nil {
		return nil, 0, err
	}
	return s, refreshHint(document), nil
}

// refreshHint reads spiffe_refresh_hint, in seconds. A document whose outer
// object is not strict has none: the hint is not worth refusing the keys.
func refreshHint(document []byte) time.Duration {
	doc, err := strictjson.Parse(string(document), strictjson.Limits{
		Bytes: MaxDocumentBytes, Depth: 8, Members: 64, Elements: MaxKeys, String: 64 << 10,
	})
	if err != nil {
		return 0
	}
	member, _ := doc.Root().Get("spiffe_refresh_hint")
	literal, ok := member.Literal()
	seconds, err := strconv.ParseUint(literal, 10, 31)
	if !ok || err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// Pinned returns the keys whose RFC 7638 thumbprint is one of those given. No
// thumbprints pin nothing. It is an error if no key is left.
func (s *Set) Pinned(thumbprints []string) (*Set, error) {
	if len(thumbprints) == 0 {
		return s, nil
	}
	pinned := map[string]bool{}
	for _, t := range thumbprints {
		pinned[t] = true
	}
	return s.filter(func(k *Key) bool { return pinned[k.Thumbprint] }, FaultPin)
}

// filter returns the set without the keys that keep refuses, which are listed
// as skipped with the fault. It is an error if no key is left.
func (s *Set) filter(keep func(*Key) bool, fault Fault) (*Set, error) {
	var kept []*Key
	skipped := append([]Skipped(nil), s.skipped...)
	for _, k := range s.keys {
		if keep(k) {
			kept = append(kept, k)
			continue
		}
		skipped = append(skipped, Skipped{Index: -1, ID: k.ID, Fault: fault})
	}
	if len(kept) == 0 {
		return nil, fault
	}
	return build(kept, skipped, s.trial), nil
}
