// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk

import (
	"slices"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// Set is the keys of one source.
type Set struct {
	keys    []*Key
	byID    map[string][]*Key // one key each
	byAlg   map[jws.Algorithm][]*Key
	skipped []Skipped
	trial   bool // keys without kid: try each that fits
	named   bool // a token must name its key
}

// Skipped tells of one key that was left out.
type Skipped struct {
	Index int    // position in the document, from 0; -1 for a key that is known by its kid
	ID    string // kid if it could be read
	Fault Fault
}

// Keys returns the usable keys in order of appearance. Do not change the slice.
func (s *Set) Keys() []*Key { return s.keys }

// Skipped returns what was left out and why. Do not change the slice.
func (s *Set) Skipped() []Skipped { return s.skipped }

// Miss says why a set has no key for a token.
type Miss string

// The ways to miss.
const (
	MissNone      Miss = ""
	MissKeyID     Miss = "no key of the issuer has this kid"
	MissAlgorithm Miss = "the key may not be used with this alg"
	MissAmbiguous Miss = "the token names no kid, and more than one key would fit"
)

// Candidates returns the keys that may have signed a token with that header:
// the one with its kid or, if the token names none, the only one that fits its
// algorithm. In a set of keys without kid, as PEM blocks are, every key that
// fits the algorithm is a candidate. Do not change the slice.
func (s *Set) Candidates(h jws.Header) ([]*Key, Miss) {
	fitting := s.byAlg[h.Algorithm]
	if s.trial {
		if len(fitting) == 0 {
			return nil, MissAlgorithm
		}
		return fitting, MissNone
	}
	if h.KeyID == "" {
		switch {
		case s.named || len(fitting) > 1:
			return nil, MissAmbiguous
		case len(fitting) == 0:
			return nil, MissAlgorithm
		}
		return fitting, MissNone
	}
	named := s.byID[h.KeyID]
	if len(named) == 0 {
		return nil, MissKeyID
	}
	if !named[0].Algorithms.Has(h.Algorithm) {
		return nil, MissAlgorithm
	}
	return named, MissNone
}

// build resolves duplicates of kid and makes the indexes.
func build(keys []*Key, skipped []Skipped, trial bool) *Set {
	s := &Set{byID: map[string][]*Key{}, byAlg: map[jws.Algorithm][]*Key{}, skipped: skipped, trial: trial}
	s.keys = s.distinct(keys)
	for _, k := range s.keys {
		if k.ID != "" {
			s.byID[k.ID] = []*Key{k}
		}
		for a := jws.RS256; a <= jws.EdDSA; a++ {
			if k.Algorithms.Has(a) {
				s.byAlg[a] = append(s.byAlg[a], k)
			}
		}
	}
	return s
}

// distinct merges a key that is listed twice, as some issuers do for two
// algorithms, and leaves out all keys of a kid that stands for different keys:
// which one signed could not be told.
func (s *Set) distinct(keys []*Key) []*Key {
	var out []*Key
	clash := map[string]bool{}
	for _, k := range keys {
		i := slices.IndexFunc(out, func(o *Key) bool {
			return o.ID == k.ID && (k.ID != "" || o.Thumbprint == k.Thumbprint)
		})
		switch {
		case i < 0:
			out = append(out, k)
		case out[i].Thumbprint == k.Thumbprint:
			merged := *out[i]
			merged.Algorithms |= k.Algorithms
			out[i] = &merged
		default:
			clash[k.ID] = true
		}
	}
	return slices.DeleteFunc(out, func(k *Key) bool {
		if clash[k.ID] {
			s.skipped = append(s.skipped, Skipped{Index: -1, ID: k.ID, Fault: FaultDuplicate})
		}
		return clash[k.ID]
	})
}

// Merge makes one set of several sources that the operator trusts alike. Of
// keys with the same kid that of the earlier set counts. Keys without kid are
// left out, and a token must name its key, since nothing else would tell which
// source it came from. Nil sets are passed over.
func Merge(sets ...*Set) *Set {
	var keys []*Key
	seen := map[string]bool{}
	for _, s := range sets {
		if s == nil {
			continue
		}
		for _, k := range s.keys {
			if k.ID != "" && !seen[k.ID] {
				seen[k.ID] = true
				keys = append(keys, k)
			}
		}
	}
	merged := build(keys, nil, false)
	merged.named = true
	return merged
}
