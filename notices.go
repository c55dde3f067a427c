// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"errors"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/metrics"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/notices"
)

// Values of config's observations.
const (
	observeAuto    = "auto" // all where Vault passes them on, nothing elsewhere
	observeAll     = "all"
	observeChanges = "changes"
	observeNothing = "off"
)

// Names of notices begin with the name of what they are about, as those of
// Vault's own plugins do.
const (
	noticePrefix  = "claims/"
	noticeLogin   = noticePrefix + kindLogin
	noticeRenewal = noticePrefix + kindRenewal
)

func (b *backend) newNotices() *notices.Sender {
	return notices.New(notices.Options{
		Life: b.life,
		Services: map[notices.Kind]notices.Service{
			notices.Observation: func(ctx context.Context, name string, data map[string]any) error {
				return supported(b.RecordObservation(ctx, name, data))
			},
			notices.Event: func(ctx context.Context, name string, data map[string]any) error {
				pairs := make([]string, 0, 2*len(data))
				for key, value := range data {
					text, _ := value.(string)
					pairs = append(pairs, key, text)
				}
				return supported(logical.SendEvent(ctx, b.Backend, name, pairs...))
			},
		},
		Count: func(kind notices.Kind, result notices.Result) {
			b.metrics.Add(metrics.Notices, string(kind), string(result))
		},
		Trouble: func(kind notices.Kind, err error) {
			switch {
			case err == nil:
				b.Logger().Info("Vault accepts notices again", "kind", kind)
			case errors.Is(err, notices.ErrUnsupported):
				b.Logger().Info("Vault does not take such notices; no more are sent", "kind", kind)
			default:
				b.Logger().Warn("Vault did not accept a notice", "kind", kind, "error", err)
			}
		},
	})
}

// supported names the errors by which the SDK says that Vault gave it nothing
// to send with.
func supported(err error) error {
	if errors.Is(err, framework.ErrNoObservations) || errors.Is(err, framework.ErrNoEvents) {
		return notices.ErrUnsupported
	}
	return err
}

// learnServer finds out whether the server passes notices on. Vault's community
// edition takes them too, and drops them: sending them would be a waste.
func (b *backend) learnServer(ctx context.Context) {
	about, err := b.System().PluginEnv(ctx)
	if err != nil || about == nil {
		return
	}
	edition, _, _ := strings.Cut(about.GetVaultVersionMetadata(), ".")
	if _, build, found := strings.Cut(about.GetVaultVersion(), "+"); found && edition == "" {
		edition, _, _ = strings.Cut(build, ".")
	}
	b.passesOn.Store(edition == "ent")
}

// observes is what the mount tells Vault of, never auto. s may be nil.
func (b *backend) observes(s *snapshot) string {
	if s != nil && s.mount.record != nil {
		if set := s.mount.record.Observations; set != "" && set != observeAuto {
			return set
		}
	}
	if b.passesOn.Load() {
		return observeAll
	}
	return observeNothing
}

// noticeChange tells of a request that changed what the mount stores.
func (b *backend) noticeChange(req *logical.Request, resp *logical.Response, err error) {
	name := changeOf(req.Path, req.Operation)
	if name == "" || err != nil || resp.IsError() || b.observes(b.snapshot.Load()) == observeNothing {
		return
	}
	b.notices.Send(notices.Notice{Sort: notices.Urgent, Kind: notices.Observation, Name: name, Data: of(req)})
	b.notices.Send(notices.Notice{Sort: notices.Urgent, Kind: notices.Event, Name: name, Data: map[string]any{
		logical.EventMetadataPath:      req.Path,
		logical.EventMetadataDataPath:  req.Path,
		logical.EventMetadataOperation: string(req.Operation),
		logical.EventMetadataModified:  "true",
	}})
}

// changeOf names what a request changes, "" if it changes nothing that is stored.
func changeOf(path string, op logical.Operation) string {
	verb := "-write"
	switch op {
	case logical.CreateOperation, logical.UpdateOperation, logical.PatchOperation:
	case logical.DeleteOperation:
		verb = "-delete"
	default:
		return ""
	}
	part := strings.Split(path, "/")
	of, below := part[0], strings.Join(part[min(2, len(part)):], "/")
	switch {
	case len(part) == 1 && (of == "config" || of == "shadow"),
		len(part) == 2 && (of == "role" || of == "issuer" || of == "revocation"):
		return noticePrefix + of + verb
	case of != "role":
		return ""
	case below == "candidate":
		return noticePrefix + "candidate" + verb
	case below == "candidate/promote":
		return noticePrefix + "candidate-promote"
	case below == "rollback":
		return noticePrefix + "role-rollback"
	}
	return ""
}

// of is what an observation says of the request that it is about, under the
// names that Vault's own plugins use. A login has no client yet.
func of(req *logical.Request) map[string]any {
	data := map[string]any{"path": req.Path, "request_id": req.ID}
	if req.ClientID != "" {
		data["client_id"] = req.ClientID
	}
	if req.EntityID != "" {
		data["entity_id"] = req.EntityID
	}
	return data
}

// noticeGrant tells of a login or renewal that was granted. It says nothing of
// the token but who issued it; request_id leads to the rest in Vault's audit log.
func (b *backend) noticeGrant(s *snapshot, name string, req *logical.Request, role, issuer string) {
	if b.observes(s) != observeAll {
		return
	}
	data := of(req)
	data["outcome"], data["role"], data["issuer"] = string(metrics.Granted), role, issuer
	b.notices.Send(notices.Notice{Kind: notices.Observation, Name: name, Data: data})
}

// noticeRefusal tells of a refusal, unless anybody could have caused it: those
// come as fast as their sender likes. So do those of somebody who has a good
// token that no role takes, and they are told of up to a rate.
func (b *backend) noticeRefusal(s *snapshot, req *logical.Request, r *refused) {
	if b.observes(s) != observeAll || r.byStranger() {
		return
	}
	data := of(req)
	data["outcome"], data["role"], data["issuer"] = string(metrics.Refused), r.role, r.issuer
	if r.role == "" {
		data["role"] = strings.Join(r.roles, auth.RoleSeparator)
	}
	data["reason"], data["decision"] = string(r.reason), r.id
	b.notices.Send(notices.Notice{Sort: notices.Plentiful, Kind: notices.Observation, Name: noticePrefix + r.kind, Data: data})
}
