// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package replay

import (
	"container/heap"
	"hash/maphash"
	"sync"
	"time"
)

// Limit is how many keys a mount remembers, each until it expires. An entry
// takes about 250 bytes.
const Limit = 100_000

// Key is what is spent, as a hash. Two things that count as one have one key.
type Key [32]byte

// Outcome says what came of an attempt to spend a key.
type Outcome int

const (
	// First: nobody spent the key before, and now it is spent.
	First Outcome = iota
	// Again: this very request spent the key before. Vault sends a request
	// once more after the plugin's process died under it.
	Again
	// Replayed: another request spent the key.
	Replayed
	// Full: there is no room to remember the key, so it must not be used.
	Full
)

// Good tells whether the key may be used.
func (o Outcome) Good() bool { return o == First || o == Again }

// Memory remembers spent keys until they expire. When it is full it takes no
// more, rather than forget one that could still be used. All methods are safe
// for concurrent use and take one short lock.
type Memory struct {
	limit int

	seed     maphash.Seed
	mu       sync.Mutex
	entries  map[Key]*entry
	held     map[uint64]int // keys of each holder
	expiring byExpiry
}

type entry struct {
	key     Key
	request string
	expires int64 // Unix time in microseconds
	index   int   // in the heap
	holder  uint64
}

// New makes a memory of at most limit keys. It takes no space until it is used.
func New(limit int) *Memory {
	return &Memory{limit: limit, seed: maphash.MakeSeed(), entries: map[Key]*entry{}, held: map[uint64]int{}}
}

// Spend uses a key up until expires. request names the request that does, "" if
// it has no name; the same request may spend the key again. Of any number of
// concurrent calls with one key and different requests, one returns First.
func (m *Memory) Spend(key Key, request string, expires, now time.Time) Outcome {
	return m.spend(0, key, request, expires, now)
}

// SpendFor is Spend for a holder, such as a user, who may have a quarter of all
// the room: whoever can make any number of keys must not keep others out.
func (m *Memory) SpendFor(holder string, key Key, request string, expires, now time.Time) Outcome {
	return m.spend(maphash.String(m.seed, holder)|1, key, request, expires, now)
}

// spend is Spend for a holder, 0 for none.
func (m *Memory) spend(holder uint64, key Key, request string, expires, now time.Time) Outcome {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(now)
	if old := m.entries[key]; old != nil {
		if request != "" && old.request == request {
			return Again
		}
		return Replayed
	}
	if len(m.entries) >= m.limit || holder != 0 && m.held[holder] >= max(1, m.limit/4) {
		return Full
	}
	up := expires.Add(time.Microsecond - 1) // never less than the whole time
	e := &entry{key: key, request: request, expires: up.UnixMicro(), holder: holder}
	m.entries[key] = e
	m.held[holder]++
	heap.Push(&m.expiring, e)
	return First
}

// Forget takes a key back that Spend has just used up, when what it was spent
// for could not be done.
func (m *Memory) Forget(key Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.entries[key]; e != nil {
		heap.Remove(&m.expiring, e.index)
		m.drop(e)
	}
}

// Attribute says that it was another request that spent a key, as somebody found
// out who knows more. From then on that one may spend it again, and the one that
// Spend was told of may not.
func (m *Memory) Attribute(key Key, request string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.entries[key]; e != nil {
		e.request = request
	}
}

// drop lets go of an entry that is no longer in the heap.
func (m *Memory) drop(e *entry) {
	delete(m.entries, e.key)
	if m.held[e.holder]--; m.held[e.holder] == 0 {
		delete(m.held, e.holder)
	}
}

// Knows tells whether the key is spent and not expired.
func (m *Memory) Knows(key Key, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(now)
	return m.entries[key] != nil
}

// Len returns how many keys are remembered.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.entries)
}

// sweep lets go of what has expired. Each entry is swept once, so that a call
// costs little on average.
func (m *Memory) sweep(now time.Time) {
	for len(m.expiring) > 0 && m.expiring[0].expires <= now.UnixMicro() {
		e, _ := heap.Pop(&m.expiring).(*entry)
		m.drop(e)
	}
}

// byExpiry is a heap with the entry on top that expires first.
type byExpiry []*entry

func (h byExpiry) Len() int           { return len(h) }
func (h byExpiry) Less(i, j int) bool { return h[i].expires < h[j].expires }
func (h byExpiry) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *byExpiry) Push(x any) {
	e, _ := x.(*entry)
	e.index = len(*h)
	*h = append(*h, e)
}

func (h *byExpiry) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
