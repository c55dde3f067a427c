// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

func issuerKeyRecord(document string) keys.Record {
	return keys.Record{Fingerprint: "f", FetchedAt: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Document: []byte(document)}
}

// TestIssuerKeyStoreWritesWhileItsIssuerIsThere: not before its issuer is
// written, and not after it is gone.
func TestIssuerKeyStoreWritesWhileItsIssuerIsThere(t *testing.T) {
	storage := &issuerStorage{}
	k := &keyStore{storage: storage, key: keysKey("a", 3)}
	require.NoError(t, k.Save(t.Context(), issuerKeyRecord("first")))
	require.NoError(t, k.Save(t.Context(), issuerKeyRecord("second")))
	require.Empty(t, storage.dump(t))
	record, err := k.Load(t.Context())
	require.NoError(t, err)
	require.Nil(t, record)

	require.NoError(t, k.open(t.Context()))
	require.NoError(t, k.open(t.Context()))
	record, err = k.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, issuerKeyRecord("second"), *record, "the newest of those that waited")
	require.Contains(t, storage.dump(t), "keys/a/3")

	require.NoError(t, k.Save(t.Context(), issuerKeyRecord("third")))
	k.shut()
	require.NoError(t, k.Save(t.Context(), issuerKeyRecord("late")))
	require.NoError(t, k.open(t.Context()), "there is no way back")
	require.NoError(t, k.Save(t.Context(), issuerKeyRecord("late")))
	record, err = k.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, "third", string(record.Document))
}

func TestIssuerKeyStoreThatWasNeverOpened(t *testing.T) {
	storage := &issuerStorage{}
	k := &keyStore{storage: storage, key: keysKey("a", 0)}
	require.NoError(t, k.Save(t.Context(), issuerKeyRecord("x")))
	k.shut()
	require.NoError(t, k.open(t.Context()))
	require.Empty(t, storage.dump(t))
}

// issuerReadOnly is storage as a standby has it, behind the plugin boundary
// where errors are text.
type issuerReadOnly struct {
	issuerStorage
	err error
}

func (s *issuerReadOnly) Put(_ context.Context, _ *logical.StorageEntry) error { return s.err }

// TestIssuerKeyStoreOnAStandby: it may not write, and that is no reason to warn
// every five minutes; any other failure is.
func TestIssuerKeyStoreOnAStandby(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		fails bool
	}{
		"read only":                      {logical.ErrReadOnly, false},
		"read only, as a plugin sees it": {fmt.Errorf("rpc: %s", logical.ErrReadOnly), false},
		"full":                           {errors.New("no space left on device"), true},
	} {
		k := &keyStore{storage: &issuerReadOnly{err: c.err}, key: keysKey("a", 0)}
		require.NoError(t, k.open(t.Context()))
		require.Equal(t, c.fails, k.Save(t.Context(), issuerKeyRecord("x")) != nil, name)
	}
}
