// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/trial"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/shadow"
)

// shadowRecord is in storage where logins are mirrored to.
type shadowRecord struct {
	Mount      string        `json:"mount"`
	Address    string        `json:"address"`
	CAPEM      string        `json:"ca_pem,omitempty"`
	Namespace  string        `json:"namespace,omitempty"`
	SampleRate float64       `json:"sample_rate"`
	QueueSize  int           `json:"queue_size"`
	Timeout    time.Duration `json:"timeout"`
}

func (r *shadowRecord) config() shadow.Config { return shadow.Config(*r) }

// mirror is the mirror at work and the record that it was made of.
type mirror struct {
	*shadow.Mirror
	record shadowRecord
}

// openMirror starts a mirror. The error names the field that is wrong.
func (b *backend) openMirror(record *shadowRecord) (*mirror, error) {
	system := b.System()
	defaults := trial.Defaults{TTL: seconds(system.DefaultLeaseTTL()), MaxTTL: seconds(system.MaxLeaseTTL())}
	m, err := shadow.Open(record.config(), defaults, b.now)
	if err != nil {
		return nil, err
	}
	return &mirror{Mirror: m, record: *record}, nil
}

// setMirror puts a mirror in the place of the one at work; nil stands for none.
// The writing lock must be held; the one before ends without it.
func (b *backend) setMirror(next *mirror) {
	if old := b.mirror.Swap(next); old != nil {
		b.unclosed.Go(old.Close)
	}
}

// reloadMirror reads where logins are mirrored to. Whatever is wrong with that
// is no reason to refuse logins. The writing lock must be held.
func (b *backend) reloadMirror(ctx context.Context, storage logical.Storage) {
	if b.staged {
		return
	}
	record, err := loadShadow(ctx, storage)
	current := b.mirror.Load()
	switch {
	case err != nil:
		b.Logger().Error("logins are not mirrored: write shadow anew, or reload the mount", "error", err)
		return
	case record == nil && current == nil:
		return
	case record == nil:
		b.setMirror(nil)
		return
	case current != nil && current.record == *record:
		return
	}
	next, err := b.openMirror(record)
	if err != nil {
		b.Logger().Error("logins are not mirrored: write shadow anew", "error", err)
	}
	b.setMirror(next)
}

// mirrorLogin shows a login to the staged mount too, if there is one. It does
// not wait, and nothing of it reaches the caller.
func (b *backend) mirrorLogin(a *attempt, took time.Duration) {
	m := b.mirror.Load()
	if m == nil || a.judged.Reason == "" {
		return
	}
	const space = " \t\r\n" // which does not count
	token, proof := strings.Trim(a.fields.jwt, space), strings.Trim(a.fields.dpop, space)
	if len(token) > a.snapshot.mount.tokenBytes || len(proof) > jws.ProofBytes || len(a.fields.role) > auth.MaxIdentifierBytes {
		return // refused whatever it says, and what a stranger sends must not fill the memory
	}
	decision, entry, role := a.judged, a.entry, strings.Clone(a.fields.role)
	// What waits must not keep the rest of its request in memory: its texts are copies.
	decision.Verified, decision.Payload = auth.Verified{}, ""
	m.Offer(shadow.Login{
		Role: role, Token: strings.Clone(token), DPoP: strings.Clone(proof),
		Certificate: a.at.Certificate, Peer: a.at.Peer, At: a.at.Now, Took: took,
		Stranger: a.judged.Reason.BeforeSignature(),
		Live:     func() auth.Outcome { return outcome(decision, entry, role) },
	})
}
