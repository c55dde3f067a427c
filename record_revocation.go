// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"golang.org/x/sync/errgroup"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// maxRevocations is how many revocations a mount may have.
const maxRevocations = 10_000

// revocationReaders is how many revocations are read at the same time when a
// mount is loaded.
const revocationReaders = 16

// revocationRecord is a revocation in storage.
type revocationRecord struct {
	Issuer       string    `json:"issuer"`
	JTI          string    `json:"jti,omitempty"`
	Subject      string    `json:"sub,omitempty"`
	IssuedBefore time.Time `json:"issued_before,omitzero"`
	Note         string    `json:"note,omitempty"`
}

// data is the revocation as it is read back.
func (r *revocationRecord) data() map[string]any {
	data := map[string]any{"issuer": r.Issuer}
	for name, text := range map[string]string{"jti": r.JTI, "sub": r.Subject, "note": r.Note} {
		if text != "" {
			data[name] = text
		}
	}
	if !r.IssuedBefore.IsZero() {
		data["issued_before"] = r.IssuedBefore.UTC().Format(time.RFC3339)
	}
	return data
}

// revocations are those of a snapshot. They never change.
type revocations struct {
	records map[string]*revocationRecord
	index   *auth.Revocations
	stale   []string // that another node wrote, and that must be read before a login
}

func newRevocations(records map[string]*revocationRecord) *revocations {
	list := make([]auth.Revocation, 0, len(records))
	for _, r := range records {
		list = append(list, auth.Revocation{Issuer: r.Issuer, JTI: r.JTI, Subject: r.Subject, IssuedBefore: r.IssuedBefore})
	}
	return &revocations{records: records, index: auth.NewRevocations(list)}
}

// with adds or replaces a revocation, or takes it out if r is nil.
func (v *revocations) with(id string, r *revocationRecord) *revocations {
	records := maps.Clone(v.records)
	if r == nil {
		delete(records, id)
	} else {
		records[id] = r
	}
	return newRevocations(records)
}

// of counts the revocations of an issuer.
func (v *revocations) of(issuer string) int {
	n := 0
	for _, r := range v.records {
		if r.Issuer == issuer {
			n++
		}
	}
	return n
}

func (s *snapshot) withRevocations(v *revocations) *snapshot {
	next := *s
	next.revoked = v
	next.issuers.Revoked = v.index
	return &next
}

// withStaleRevocation says that a revocation must be read again before a login.
func (s *snapshot) withStaleRevocation(id string) *snapshot {
	next := *s
	next.ready = false
	next.revoked = &revocations{records: s.revoked.records, index: s.revoked.index, stale: append(s.revoked.stale[:len(s.revoked.stale):len(s.revoked.stale)], id)}
	return &next
}

// reloadRevocations reads what is not known yet. One that cannot be read is a
// fault, so that nobody logs in whom it may be about; it can be deleted.
func (b *backend) reloadRevocations(ctx context.Context, storage logical.Storage, old *snapshot) (*revocations, error) {
	records, ids := map[string]*revocationRecord{}, []string(nil)
	if old != nil {
		if len(old.revoked.stale) == 0 {
			return old.revoked, nil
		}
		records, ids = maps.Clone(old.revoked.records), old.revoked.stale
	} else {
		var err error
		if ids, err = listRevocations(ctx, storage); err != nil {
			return nil, err
		}
	}
	var lock sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(revocationReaders)
	for _, id := range ids {
		group.Go(func() (err error) {
			defer b.recoverPanic(nil, &err)
			r, err := loadRevocation(ctx, storage, id)
			lock.Lock()
			defer lock.Unlock()
			if delete(records, id); r != nil {
				records[id] = r
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return newRevocations(records), nil
}
