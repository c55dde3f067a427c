// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"slices"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// demand is a claim that must have, or contain, one of some exact values. keys
// stand for the values, each once.
type demand struct {
	path Path
	keys []uint64
}

// demands lists what the role demands exactly, the most telling first: that
// order decides where several are shared by equally few roles. Of a role of which a part
// could not be compiled no bound claim is sure to be whole.
func (r *Role) demands() []demand {
	var list []demand
	if r.subject != "" {
		list = append(list, demand{Path{name: "sub"}, []uint64{textKey("sub", r.subject)}})
	}
	for _, b := range r.bindings {
		if r.broken {
			break
		}
		if keys, exact := b.keys(); exact {
			list = append(list, demand{b.path, keys})
		}
	}
	if len(r.audiences) > 0 {
		var keys []uint64
		for _, name := range r.audiences {
			keys = append(keys, textKey("aud", name))
		}
		list = append(list, demand{Path{name: "aud"}, distinct(keys)})
	}
	return list
}

// keys returns the keys of the allowed values, and false if not all of them
// are exact. A binding without values, which nothing satisfies, has none.
func (b binding) keys() ([]uint64, bool) {
	var keys []uint64
	for _, m := range b.values {
		if m.glob != nil {
			return nil, false
		}
		text := m.text
		if m.kind == strictjson.Bool {
			text = boolText(m.truth)
		}
		keys = append(keys, valueKey(b.path.name, m.kind, text))
	}
	return distinct(keys), len(keys) > 0
}

func distinct(keys []uint64) []uint64 {
	slices.Sort(keys)
	return slices.Compact(keys)
}

// takenIssuers names the issuers whose tokens the role takes, each once.
func (r *Role) takenIssuers() []string {
	if len(r.issuers) == 0 {
		return []string{DefaultIssuer}
	}
	sorted := slices.Clone(r.issuers)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// candidates returns the roles that could admit the token, some of them perhaps
// several times, and false if they are far more than may be judged.
func (x *Index) candidates(v Verified) ([]*Role, bool) {
	if x == nil || x.parts[v.issuer.Name] == nil {
		return nil, true
	}
	p := x.parts[v.issuer.Name]
	found := make([]*Role, 0, 8)
	whole := true
	collect := func(list *posting) {
		if whole = whole && len(found)+list.length() <= maxFound; !whole {
			return
		}
		for ; list != nil; list = list.next {
			found = append(found, list.role)
		}
	}
	collect(p.rest)
	for _, used := range p.paths {
		value, there := used.path.lookup(v.claims)
		if !there {
			continue
		}
		name := used.path.name
		if value.Kind() == strictjson.Array {
			for e := range value.Elements() {
				collect(p.valuePosting(name, e))
			}
			continue
		}
		collect(p.valuePosting(name, value))
		// Some issuers part the names of a string, see [binding.check].
		if text, isText := value.Text(); isText && v.issuer.GroupSeparator != "" {
			for piece := range strings.SplitSeq(text, v.issuer.GroupSeparator) {
				if piece != text {
					collect(p.posting(textKey(name, piece)))
				}
			}
		}
	}
	return found, whole
}

func (p *part) valuePosting(path string, v strictjson.Value) *posting {
	switch v.Kind() {
	case strictjson.String:
		text, _ := v.Text()
		return p.posting(textKey(path, text))
	case strictjson.Bool:
		truth, _ := v.Bool()
		return p.posting(valueKey(path, strictjson.Bool, boolText(truth)))
	case strictjson.Number:
		literal, _ := v.Literal()
		return p.posting(valueKey(path, strictjson.Number, canonicalNumber(literal)))
	}
	return nil
}

func boolText(truth bool) string {
	if truth {
		return "true"
	}
	return "false"
}

func textKey(path, text string) uint64 { return valueKey(path, strictjson.String, text) }

// valueKey hashes a claim and a value of it (FNV-1a). Two values with one key
// cost a judgement, nothing else.
func valueKey(path string, kind strictjson.Kind, text string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(path) {
		h = (h ^ uint64(path[i])) * prime
	}
	h = (h ^ uint64(kind) ^ 0x100) * prime
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * prime
	}
	return h
}
