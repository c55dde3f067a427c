// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

func nameField() map[string]*framework.FieldSchema {
	return map[string]*framework.FieldSchema{
		"name": {Type: framework.TypeLowerCaseString, Description: "Name of the issuer; default for the one that config describes."},
	}
}

func (b *backend) pathIssuerStatus() *framework.Path {
	return &framework.Path{
		Pattern:      "issuer/" + framework.GenericNameRegex("name") + "/status",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "issuer-status"},
		Fields:       nameField(),
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation: &framework.PathOperation{Callback: b.readIssuerStatus, Summary: "Read how the issuer's keys are."},
		},
		HelpSynopsis: "How the issuer's keys are: which, since when, the last error in words, and what happens next.",
	}
}

func (b *backend) pathIssuerRefresh() *framework.Path {
	return &framework.Path{
		Pattern:      "issuer/" + framework.GenericNameRegex("name") + "/refresh",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationVerb: "refresh", OperationSuffix: "issuer"},
		Fields:       nameField(),
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.UpdateOperation: &framework.PathOperation{Callback: b.refreshIssuer, Summary: "Fetch the issuer's keys now."},
		},
		HelpSynopsis: "Fetch the issuer's keys now, and answer how they are. A key that the issuer removed is dead when this returns.",
	}
}

func (b *backend) readIssuerStatus(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	s, err := b.current(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	o := s.open(issuerName(d))
	if o == nil {
		return nil, nil
	}
	return &logical.Response{Data: o.status(b.now())}, nil
}

func (b *backend) refreshIssuer(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	s, err := b.current(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	name := issuerName(d)
	o := s.open(name)
	if o == nil {
		return logical.ErrorResponse("there is no issuer %q on this mount", name), nil
	}
	if err := o.fetch(ctx); err != nil {
		return logical.ErrorResponse("the keys of issuer %q were not fetched: %s; the keys at hand stay in use until they are stale, see issuer/%s/status", name, err, name), nil
	}
	return &logical.Response{Data: o.status(b.now())}, nil
}

// status tells of an issuer. One with several key sources lists them.
func (o *openIssuer) status(now time.Time) map[string]any {
	pins := []string{}
	if o.record != nil && o.record.KeyThumbprints != nil {
		pins = o.record.KeyThumbprints
	}
	if len(o.remote) == 0 {
		return map[string]any{
			"state":   "static",
			"summary": "The keys were written down and never change by themselves.",
			"keys":    describeKeys(keys.Describe(o.compiled[0].Keys.Keys(now))),
			"pins":    pins,
		}
	}
	if len(o.remote) == 1 {
		data := sourceStatus(o.remote[0].Status(), now)
		data["pins"] = pins
		return data
	}
	list := make([]map[string]any, len(o.remote))
	worst := ""
	for i, source := range o.remote {
		list[i] = sourceStatus(source.Status(), now)
		if i < len(o.compiled) && len(o.compiled) == len(o.remote) {
			list[i]["issuer"] = o.compiled[i].ID
		}
		if state := list[i]["state"].(string); rank(state) > rank(worst) {
			worst = state
		}
	}
	return map[string]any{
		"state":   worst,
		"summary": fmt.Sprintf("%d key sources; the state is that of the worst.", len(list)),
		"sources": list,
		"pins":    pins,
	}
}

// The states of a key source, from good to bad.
const (
	stateHealthy = "healthy" // the last fetch succeeded
	stateFailing = "failing" // the last fetch failed, and older keys are in use
	stateCold    = "cold"    // never fetched: tokens are refused
	stateStale   = "stale"   // too old to use: tokens are refused
)

func rank(state string) int {
	switch state {
	case stateHealthy:
		return 1
	case stateFailing:
		return 2
	case stateCold:
		return 3
	case stateStale:
		return 4
	}
	return 0
}

func sourceStatus(s keys.Status, now time.Time) map[string]any {
	state := stateOf(s)
	data := map[string]any{
		"state":        state,
		"summary":      summarise(state, s, now),
		"url":          s.URL,
		"keys":         describeKeys(s.Keys),
		"skipped_keys": describeSkipped(s.Skipped),
		"from_storage": s.Stored,
		"last_attempt": stamp(s.LastAttempt),
		"last_fetch":   stamp(s.LastSuccess),
		"last_error":   s.LastError,
		"next_refresh": stamp(s.NextRefresh),
		"stale_until":  stamp(s.StaleAt),
		"failures":     s.Failures,
		"fetches":      s.Fetches,
		"held_back":    s.Refused,
	}
	return data
}

func stateOf(s keys.Status) string {
	switch {
	case s.Stale:
		return stateStale
	case len(s.Keys) == 0:
		return stateCold
	case s.LastError != "" || s.Stored:
		return stateFailing
	}
	return stateHealthy
}

// summarise says in a sentence or two what an operator wants to know first.
func summarise(state string, s keys.Status, now time.Time) string {
	next := "The next attempt is due now."
	if wait := s.NextRefresh.Sub(now); wait > 0 {
		next = fmt.Sprintf("The next attempt is in %s.", wait.Round(time.Second))
	}
	ago := func(t time.Time) string { return now.Sub(t).Round(time.Second).String() + " ago" }
	switch state {
	case stateHealthy:
		return fmt.Sprintf("%d keys, fetched %s. %s", len(s.Keys), ago(s.LastSuccess), next)
	case stateFailing:
		since := "The keys come from storage and the issuer has not answered since the start"
		if !s.LastSuccess.IsZero() {
			since = "The last good fetch was " + ago(s.LastSuccess)
		}
		return fmt.Sprintf("%s; logins go on with %d known keys until %s. %s", since, len(s.Keys), stamp(s.StaleAt), next)
	case stateStale:
		return fmt.Sprintf("No keys: the last good ones are too old since %s, and all tokens of the issuer are refused. %s", stamp(s.StaleAt), next)
	}
	if s.LastAttempt.IsZero() {
		return "No keys yet: nothing was fetched so far. The first login or a refresh will."
	}
	return "No keys: no fetch has succeeded, and all tokens of the issuer are refused. " + next
}

// stamp writes a time in UTC, "" for never.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func describeKeys(list []keys.Key) []map[string]any {
	out := make([]map[string]any, len(list))
	for i, k := range list {
		out[i] = map[string]any{"kid": k.ID, "thumbprint": k.Thumbprint, "algorithms": k.Algorithms}
	}
	return out
}

func describeSkipped(list []jwk.Skipped) []map[string]any {
	out := make([]map[string]any, len(list))
	for i, k := range list {
		out[i] = map[string]any{"index": k.Index, "kid": k.ID, "reason": k.Fault.Error()}
	}
	return out
}
