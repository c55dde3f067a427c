// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import "maps"

const (
	shardCount = 256 // parts of an issuer's postings; a write copies one
	maxPaths   = 64  // claims of a token that are looked up for one issuer
	maxFound   = 16 * MaxJudged
)

// Index finds the roles that could admit a token, of those with
// [Role.AutoSelect]. A role is filed under each issuer that it takes tokens of,
// and there under one thing that it demands exactly: a subject, a value of a
// bound claim, an audience. Of these it is the one that the fewest roles share when it
// is filed. A role that demands nothing exactly could match every
// token of its issuers.
//
// What it finds is a superset of what admits the token: each role still has to
// judge. The zero value and nil hold no role. An Index never changes; [Index.Edit]
// makes another that shares all that stays the same.
type Index struct {
	parts map[string]*part // by issuer name
}

// part holds the roles of one issuer.
type part struct {
	shards [shardCount]map[uint64]*posting
	paths  []usedPath // claims that roles are filed under
	rest   *posting   // roles that could match any token
}

type usedPath struct {
	path Path
	uses int // roles
}

// posting is a list of roles, the last that was filed first. Lists share their
// tails, so that filing costs the same however many share a value.
type posting struct {
	role *Role
	next *posting
	size int // of the list from here on
}

func (p *posting) length() int {
	if p == nil {
		return 0
	}
	return p.size
}

func (p *posting) with(r *Role) *posting { return &posting{role: r, next: p, size: p.length() + 1} }

// without returns the list without the role, and whether the role was in it.
func (p *posting) without(r *Role) (*posting, bool) {
	found := false
	var before []*Role
	for at := p; at != nil; at = at.next {
		if at.role == r {
			found, p = true, at.next
			break
		}
		before = append(before, at.role)
	}
	if !found {
		return p, false
	}
	for i := len(before) - 1; i >= 0; i-- {
		p = p.with(before[i])
	}
	return p, true
}

// Edit begins a change of many roles at once. It is not for concurrent use.
func (x *Index) Edit() *Edit {
	e := &Edit{parts: map[string]*part{}, owned: map[string]*[shardCount]bool{}}
	if x != nil {
		e.parts = maps.Clone(x.parts)
	}
	return e
}

// Edit is a change of an index that is under way.
type Edit struct {
	parts map[string]*part
	owned map[string]*[shardCount]bool // parts and shards that are copies of our own
}

// Done returns the changed index. The edit must not be used afterwards.
func (e *Edit) Done() *Index { return &Index{parts: e.parts} }

// Add files a role. It must not be filed yet, nor another of its name. Roles that
// cannot be chosen are passed over.
func (e *Edit) Add(r *Role) {
	if !r.auto || r.browserOnly {
		return
	}
	for _, issuer := range r.takenIssuers() {
		e.part(issuer).add(r, e.owned[issuer])
	}
}

// Remove takes out a role that was filed before.
func (e *Edit) Remove(r *Role) {
	if !r.auto || r.browserOnly {
		return
	}
	for _, issuer := range r.takenIssuers() {
		p := e.part(issuer)
		p.remove(r, e.owned[issuer])
		if p.rest == nil && len(p.paths) == 0 {
			delete(e.parts, issuer)
			delete(e.owned, issuer)
		}
	}
}

// part returns the issuer's part as a copy of the edit's own.
func (e *Edit) part(issuer string) *part {
	p := e.parts[issuer]
	if e.owned[issuer] != nil {
		return p
	}
	next := &part{}
	if p != nil {
		*next = *p
		next.paths = append([]usedPath(nil), p.paths...)
	}
	e.parts[issuer], e.owned[issuer] = next, new([shardCount]bool)
	return next
}

// shard returns the shard of a key, as a copy of the edit's own.
func (p *part) shard(key uint64, owned *[shardCount]bool) map[uint64]*posting {
	n := key % shardCount
	if !owned[n] {
		owned[n] = true
		if p.shards[n] = maps.Clone(p.shards[n]); p.shards[n] == nil {
			p.shards[n] = map[uint64]*posting{}
		}
	}
	return p.shards[n]
}

func (p *part) posting(key uint64) *posting { return p.shards[key%shardCount][key] }
