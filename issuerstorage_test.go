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
	broken atomic.Pointer[string] // prefix of the keys that cannot be written
}

var errIssuerDisk = errors.New("the disk is full")

func (s *issuerStorage) breakWrites(prefix string) { s.broken.Store(&prefix) }

func (s *issuerStorage) Put(ctx context.Context, e *logical.StorageEntry) error {
	if prefix := s.broken.Load(); prefix != nil && strings.HasPrefix(e.Key, *prefix) {
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
