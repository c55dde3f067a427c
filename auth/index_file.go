// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import "slices"

// add files the role under the demand that the fewest roles share.
func (p *part) add(r *Role, owned *[shardCount]bool) {
	var best demand
	fewest, found := 0, false
	for _, d := range r.demands() {
		if p.pathOf(d.path) < 0 && len(p.paths) >= maxPaths {
			continue
		}
		most := 0
		for _, key := range d.keys {
			most = max(most, p.posting(key).length())
		}
		if !found || most < fewest {
			best, fewest, found = d, most, true
		}
	}
	if !found {
		p.rest = p.rest.with(r)
		return
	}
	p.use(best.path)
	for _, key := range best.keys {
		shard := p.shard(key, owned)
		shard[key] = shard[key].with(r)
	}
}

// remove takes the role out of wherever it was filed. Where that is depends on
// the roles that were there before it, so each of its demands is looked at.
func (p *part) remove(r *Role, owned *[shardCount]bool) {
	if rest, found := p.rest.without(r); found {
		p.rest = rest
		return
	}
	for _, d := range r.demands() {
		if !p.holds(d, r) {
			continue
		}
		for _, key := range d.keys {
			shard := p.shard(key, owned)
			if shard[key], _ = shard[key].without(r); shard[key] == nil {
				delete(shard, key)
			}
		}
		p.disuse(d.path)
		return
	}
}

func (p *part) holds(d demand, r *Role) bool {
	for at := p.posting(d.keys[0]); at != nil; at = at.next {
		if at.role == r {
			return true
		}
	}
	return false
}

func (p *part) pathOf(path Path) int {
	return slices.IndexFunc(p.paths, func(u usedPath) bool { return u.path.name == path.name })
}

func (p *part) use(path Path) {
	if n := p.pathOf(path); n >= 0 {
		p.paths[n].uses++
		return
	}
	p.paths = append(p.paths, usedPath{path, 1})
}

func (p *part) disuse(path Path) {
	n := p.pathOf(path)
	if p.paths[n].uses--; p.paths[n].uses == 0 {
		p.paths = slices.Delete(p.paths, n, n+1)
	}
}
