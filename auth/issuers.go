// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import "github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"

// Issuers are those of one mount. The zero value has none.
type Issuers struct {
	TokenBytes int     // longest token
	Default    *Issuer // nil if config is not written
	Revoked    *Revocations

	byID          map[string]*Issuer
	byTrustDomain map[string]*Issuer
	asked         map[string]*Issuer // by name, those with an introspector
}

// NewIssuers makes the issuers of a mount from the default one, nil if there is
// none, and the named ones. Two issuers with one ID would make it a matter of
// chance whose keys count; the caller has refused that when they were written,
// and here the first wins.
func NewIssuers(tokenBytes int, def *Issuer, named []*Issuer) Issuers {
	s := Issuers{TokenBytes: tokenBytes, Default: def, byID: map[string]*Issuer{}, byTrustDomain: map[string]*Issuer{}, asked: map[string]*Issuer{}}
	for _, i := range named {
		index, key := s.byID, i.ID
		if i.TrustDomain != "" {
			index, key = s.byTrustDomain, i.TrustDomain
		}
		if index[key] == nil {
			index[key] = i
		}
		if i.Introspection != nil && index[key] == i {
			s.asked[i.Name] = i
		}
	}
	return s
}

// Empty tells whether no token can come from any issuer.
func (s *Issuers) Empty() bool {
	return s.Default == nil && len(s.byID) == 0 && len(s.byTrustDomain) == 0
}

// hasNamed tells whether the mount has other issuers than the default one.
func (s *Issuers) hasNamed() bool {
	return len(s.byID)+len(s.byTrustDomain) > 0
}

// choose returns the issuer of a token, whose keys alone will be tried:
//
//   - the one whose ID is the token's iss, byte for byte (RFC 7519, section
//     4.1.1; RFC 8725, section 3.8);
//   - else, if sub is a SPIFFE ID, the one of its trust domain: JWT-SVIDs need
//     no iss (JWT-SVID, section 3);
//   - else the default issuer, if it takes any iss.
//
// The claims are not verified yet. A wrong choice only leads to keys that did
// not sign the token.
func (s *Issuers) choose(claims strictjson.Value) *Issuer {
	iss, _ := claims.Get("iss")
	if id, ok := iss.Text(); ok && id != "" {
		if s.Default != nil && s.Default.ID == id {
			return s.Default
		}
		if i := s.byID[id]; i != nil {
			return i
		}
	}
	if len(s.byTrustDomain) > 0 {
		sub, _ := claims.Get("sub")
		id, _ := sub.Text()
		if domain, ok := trustDomain(id); ok && s.byTrustDomain[domain] != nil {
			return s.byTrustDomain[domain]
		}
	}
	if s.Default != nil && s.Default.ID == "" {
		return s.Default
	}
	return nil
}
