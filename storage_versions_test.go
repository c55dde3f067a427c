// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

// storedBy is what a released version made of some writes, on storage that was
// empty. The files in testdata/storage are never changed once their version is
// released; a release that stores something new adds one of its own.
type storedBy struct {
	Writes []struct {
		Path string         `json:"path"`
		Data map[string]any `json:"data"`
	} `json:"writes"`
	Stored map[string]json.RawMessage `json:"stored"`
}

func releases(t *testing.T) map[string]storedBy {
	t.Helper()
	files, err := filepath.Glob("testdata/storage/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := map[string]storedBy{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var made storedBy
		require.NoError(t, json.Unmarshal(text, &made), file)
		require.NotEmpty(t, made.Stored, file)
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = made
	}
	return all
}

func (s storedBy) play(t *testing.T, m *testMount) {
	t.Helper()
	for _, w := range s.Writes {
		resp := m.send(logical.UpdateOperation, w.Path, w.Data)
		if resp != nil {
			require.NoError(t, resp.Error(), w.Path)
		}
	}
}

// What this version writes where nothing new is asked of it is, byte for byte of
// its values, what each earlier one wrote. So each of them reads it as its own,
// and a mount can go back to it.
func TestEarlierVersionsReadWhatThisOneStores(t *testing.T) {
	t.Parallel()
	for version, made := range releases(t) {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			m := newMount(t)
			made.play(t, m)
			now := m.storage.dump(t)
			require.Len(t, now, len(made.Stored))
			for key, record := range made.Stored {
				require.JSONEq(t, string(record), now[key], key)
			}
		})
	}
}

// What an earlier version stored is read as it was meant, and stored again
// without a loss. Reading changes nothing: there is no migration.
func TestThisVersionReadsWhatEarlierOnesStored(t *testing.T) {
	t.Parallel()
	for version, made := range releases(t) {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			storage := newSpyStorage()
			for key, record := range made.Stored {
				storage.seed(t, key, string(record))
			}
			before := storage.dump(t)
			m, fresh := mountOn(t, storage), newMount(t)
			require.NoError(t, m.backend.Initialize(t.Context(), &logical.InitializationRequest{Storage: storage}))
			made.play(t, fresh)
			for _, w := range made.Writes {
				require.Equal(t, fresh.read(w.Path), m.read(w.Path), w.Path)
			}
			require.Equal(t, before, storage.dump(t), "it was migrated")
		})
	}
}

// A record with a demand that this version does not know is refused: to pass
// over it would let somebody in whom its writer keeps out.
func TestALaterSchemaIsRefused(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(nil)
	require.NotNil(t, m.login("ci", token))
	record := m.storage.record(t, "role/ci")
	with := func(addition string) {
		m.storage.seed(t, "role/ci", strings.Replace(record, "{", addition, 1))
		m.backend.Invalidate(t.Context(), "role/ci")
	}
	with(`{"schema": 1, "a_later_field": {"x": 1},`)
	require.NotNil(t, m.login("ci", token), "what is added without a number is passed over")

	with(`{"schema": 2,`)
	resp, err := m.handle(loginRequest("ci", token))
	require.Nil(t, resp)
	require.ErrorIs(t, err, errUnreadable)
	require.ErrorContains(t, err, `"role/ci" in storage is not readable by this version: it has schema 2, and this one knows 1`)
}
