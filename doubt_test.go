// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"errors"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

var errLate = errors.New("context deadline exceeded")

// late stores what it is given and then says that it could not, as a cluster
// does that answers too late.
type late struct{ *spyStorage }

func (l late) Put(ctx context.Context, e *logical.StorageEntry) error {
	return errors.Join(l.spyStorage.Put(ctx, e), errLate)
}

func (l late) Delete(ctx context.Context, key string) error {
	return errors.Join(l.spyStorage.Delete(ctx, key), errLate)
}

// A write that storage may have kept although it failed counts if it was kept:
// what is read back, what logins are judged by and what holds after a restart
// are the same.
func TestAFailedWriteThatWasStoredCounts(t *testing.T) {
	t.Parallel()
	type write struct {
		op   logical.Operation
		path string
		data map[string]any
		want auth.Reason
	}
	for name, w := range map[string]write{
		"role":         {logical.UpdateOperation, "role/ci", map[string]any{"bound_subject": "nobody"}, auth.Subject},
		"role's case":  {logical.UpdateOperation, "role/CI", map[string]any{"bound_subject": "nobody"}, auth.Subject},
		"role deleted": {logical.DeleteOperation, "role/ci", nil, auth.RoleUnknown},
		"promotion":    {logical.UpdateOperation, "role/ci/candidate/promote", nil, auth.Audience},
		"revocation":   {logical.UpdateOperation, "revocation/X", map[string]any{"issuer": "default", "sub": "alice"}, auth.Revoked},
		"issuer":       {logical.DeleteOperation, "issuer/other", nil, auth.IssuerUnknown},
		"config":       {logical.UpdateOperation, "config", nil, auth.IssuerUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newReadyMount(t)
			other := newOfflineIssuer(t, m.clock)
			other.id = "https://other.test"
			m.write("issuer/other", map[string]any{"issuer": other.id, "jwt_validation_pubkeys": other.key.PEM()})
			m.write("role/other", jwtRole(map[string]any{"bound_issuers": "other"}))
			m.write("role/ci/candidate", map[string]any{"bound_audiences": "elsewhere"})
			if w.path == "config" {
				w.data = map[string]any{"jwt_validation_pubkeys": m.issuer.key.PEM(), "bound_issuer": "https://moved.test"}
			}
			role, token := "ci", m.issuer.token(nil)
			if name == "issuer" {
				role, token = "other", other.token(nil)
			}
			m.login(role, token)
			_, err := m.backend.HandleRequest(t.Context(), &logical.Request{Operation: w.op, Path: w.path, Data: w.data, Storage: late{m.storage}})
			require.ErrorIs(t, err, errLate)
			m.refuse(role, token, w.want)
			mountOn(t, m.storage).of(m).refuse(role, token, w.want)
		})
	}
}

// One that was not stored changes nothing, and needs no restart to be seen so.
func TestAFailedWriteThatWasNotStoredChangesNothing(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(nil)
	for _, path := range []string{"role/ci", "config", "revocation/x"} {
		m.storage.failOn("put")
		_, err := m.put(path, map[string]any{
			"bound_subject": "nobody", "jwt_validation_pubkeys": m.issuer.key.PEM(), "bound_issuer": "https://moved.test", "issuer": "default", "sub": "alice",
		})
		require.ErrorIs(t, err, errDisk, path)
		m.login("ci", token)
		m.storage.fail(nil)
		m.login("ci", token)
	}
}
