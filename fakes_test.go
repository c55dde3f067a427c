// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

// fakeClock stands still until it is moved.
type fakeClock struct{ at atomic.Int64 }

// newFakeClock starts at the beginning of 2030, far from the real time, so
// that nothing can pass by reading the machine's clock.
func newFakeClock() *fakeClock {
	c := &fakeClock{}
	c.at.Store(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *fakeClock) now() time.Time          { return time.Unix(0, c.at.Load()) }
func (c *fakeClock) advance(d time.Duration) { c.at.Add(int64(d)) }

// in returns the NumericDate that is d from now.
func (c *fakeClock) in(d time.Duration) int64 { return c.now().Add(d).Unix() }

// logBuffer holds what a mount logged.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// spyStorage is storage in memory that counts, and fails when told to.
type spyStorage struct {
	inner         logical.InmemStorage
	reads, writes atomic.Int64
	fault         atomic.Pointer[func(op, key string) error]
}

var errDisk = errors.New("the disk is on fire")

func newSpyStorage() *spyStorage { return &spyStorage{} }

// fail lets f decide which operations fail ("get", "put", "delete", "list"). A
// nil f heals the storage.
func (s *spyStorage) fail(f func(op, key string) error) {
	if f == nil {
		s.fault.Store(nil)
		return
	}
	s.fault.Store(&f)
}

// failOn makes one operation fail for every key.
func (s *spyStorage) failOn(op string) {
	s.fail(func(o, _ string) error {
		if o == op {
			return errDisk
		}
		return nil
	})
}

func (s *spyStorage) check(op, key string) error {
	if f := s.fault.Load(); f != nil {
		return (*f)(op, key)
	}
	return nil
}

func (s *spyStorage) Get(ctx context.Context, key string) (*logical.StorageEntry, error) {
	s.reads.Add(1)
	if err := s.check("get", key); err != nil {
		return nil, err
	}
	return s.inner.Get(ctx, key)
}

func (s *spyStorage) List(ctx context.Context, prefix string) ([]string, error) {
	s.reads.Add(1)
	if err := s.check("list", prefix); err != nil {
		return nil, err
	}
	return s.inner.List(ctx, prefix)
}

func (s *spyStorage) Put(ctx context.Context, e *logical.StorageEntry) error {
	s.writes.Add(1)
	if err := s.check("put", e.Key); err != nil {
		return err
	}
	return s.inner.Put(ctx, e)
}

func (s *spyStorage) Delete(ctx context.Context, key string) error {
	s.writes.Add(1)
	if err := s.check("delete", key); err != nil {
		return err
	}
	return s.inner.Delete(ctx, key)
}

// seed stores a record as another node or plugin would have.
func (s *spyStorage) seed(t testing.TB, key, record string) {
	t.Helper()
	require.NoError(t, s.inner.Put(context.Background(), &logical.StorageEntry{Key: key, Value: []byte(record)}))
}

// record returns what is stored under key, "" for nothing.
func (s *spyStorage) record(t testing.TB, key string) string {
	t.Helper()
	return s.dump(t)[key]
}

// dump returns everything that is stored. It neither counts nor fails.
func (s *spyStorage) dump(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, logical.ScanView(context.Background(), &s.inner, func(key string) {
		e, err := s.inner.Get(context.Background(), key)
		require.NoError(t, err)
		if e != nil {
			all[key] = string(e.Value)
		}
	}))
	return all
}
