// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

// issuerStorage is storage in memory whose writes can fail.
type issuerStorage struct {
	logical.InmemStorage
	broken atomic.Pointer[issuerBroken]
}

// issuerBroken is what cannot be written.
type issuerBroken struct {
	prefix string
	gate   chan struct{} // the failure comes when it is closed; nil for at once
}

var errIssuerDisk = errors.New("the disk is full")

func (s *issuerStorage) breakWrites(prefix string) { s.broken.Store(&issuerBroken{prefix: prefix}) }

// breakWritesLate lets writes hang until they are let go to fail.
func (s *issuerStorage) breakWritesLate(prefix string) (letGo func()) {
	b := &issuerBroken{prefix, make(chan struct{})}
	s.broken.Store(b)
	return func() { close(b.gate) }
}

func (s *issuerStorage) Put(ctx context.Context, e *logical.StorageEntry) error {
	if b := s.broken.Load(); b != nil && strings.HasPrefix(e.Key, b.prefix) {
		if b.gate != nil {
			<-b.gate
		}
		return errIssuerDisk
	}
	return s.InmemStorage.Put(ctx, e)
}

// dump returns all that is stored.
func (s *issuerStorage) dump(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, logical.ScanView(context.Background(), s, func(key string) {
		e, err := s.Get(context.Background(), key)
		require.NoError(t, err)
		if e != nil {
			all[key] = string(e.Value)
		}
	}))
	return all
}

// records are what was written by request. Keys of an issuer are stored in the
// background, at any time.
func (s *issuerStorage) records(t testing.TB) map[string]string {
	t.Helper()
	all := s.dump(t)
	maps.DeleteFunc(all, func(key, _ string) bool { return strings.HasPrefix(key, keysPrefix) })
	return all
}

// seed stores a record as another node or version would have.
func (s *issuerStorage) seed(t testing.TB, key, record string) {
	t.Helper()
	require.NoError(t, s.InmemStorage.Put(context.Background(), &logical.StorageEntry{Key: key, Value: []byte(record)}))
}

// issuerLog holds what a mount logged.
type issuerLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *issuerLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *issuerLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
