// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// maxIssuers is how many named issuers a mount may have, each tenant counted.
const maxIssuers = 64

func (b *backend) pathIssuerList() *framework.Path {
	return &framework.Path{
		Pattern:      "issuer/?",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationVerb: "list", OperationSuffix: "issuers"},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ListOperation: &framework.PathOperation{Callback: b.listIssuers, Summary: "List the names of the issuers."},
		},
		HelpSynopsis: "List the names of the issuers. The one that config describes is called default.",
	}
}

func (b *backend) pathIssuer() *framework.Path {
	write := &framework.PathOperation{Callback: b.writeIssuer, Summary: "Create an issuer, or change the fields that are sent."}
	return &framework.Path{
		Pattern:        "issuer/" + framework.GenericNameRegex("name"),
		DisplayAttrs:   &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "issuer"},
		Fields:         issuerFields(),
		ExistenceCheck: b.issuerExists,
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.CreateOperation: write,
			logical.UpdateOperation: write,
			logical.ReadOperation:   &framework.PathOperation{Callback: b.readIssuer, Summary: "Read an issuer."},
			logical.DeleteOperation: &framework.PathOperation{Callback: b.removeIssuer, Summary: "Delete an issuer. Its tokens are refused from then on, at renewal too."},
		},
		HelpSynopsis:    "One who signs tokens, and where its keys are.",
		HelpDescription: strings.TrimSpace(issuerHelp),
	}
}

const issuerHelp = `
A mount takes tokens of the issuer that config describes, called default, and of
the issuers written here. The token's exact iss chooses the issuer, and only that
issuer's keys can verify the token. A role takes tokens of the issuers that its
bound_issuers names.

Give "issuer" and one of oidc_discovery_url, jwks_url, jwt_validation_pubkeys,
spiffe_bundle_url or introspection_url; a preset fills in what is always the same for a provider. The
issuer is contacted while it is written, and if it does not answer nothing is
changed, unless force is set. "issuer/NAME/status" tells how its keys are.
`

func issuerName(d *framework.FieldData) string { return d.Get("name").(string) }

func (b *backend) listIssuers(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	names, err := listIssuers(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	record, err := loadConfig(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	if record != nil {
		names = append(names, auth.DefaultIssuer)
		slices.Sort(names)
	}
	return logical.ListResponse(names), nil
}

func (b *backend) issuerExists(ctx context.Context, req *logical.Request, d *framework.FieldData) (bool, error) {
	record, err := loadIssuer(ctx, req.Storage, issuerName(d))
	return record != nil, err
}

func (b *backend) readIssuer(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	name := issuerName(d)
	if name == auth.DefaultIssuer {
		config, err := loadConfig(ctx, req.Storage)
		if err != nil || config == nil {
			return nil, err
		}
		return &logical.Response{Data: config.issuerData()}, nil
	}
	record, err := loadIssuer(ctx, req.Storage, name)
	if err != nil || record == nil {
		return nil, err
	}
	return &logical.Response{Data: record.data()}, nil
}

// writeIssuer checks the whole issuer as it would be, contacts it, and only then
// writes once and swaps the snapshot.
func (b *backend) writeIssuer(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	name := issuerName(d)
	if name == auth.DefaultIssuer {
		return logical.ErrorResponse("the issuer 'default' is what config describes: write config instead"), nil
	}
	before, err := loadIssuer(ctx, req.Storage, name)
	if err != nil {
		return nil, err
	}
	record := newIssuerRecord()
	if before != nil {
		*record = *before
	}
	if err := record.apply(d); err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	next, err := b.openIssuer(name, record)
	if err != nil {
		return logical.ErrorResponse("keys of the issuer: " + err.Error()), nil
	}
	resp := &logical.Response{}
	if err := next.fetch(ctx); err != nil {
		if !d.Get("force").(bool) {
			next.close()
			return logical.ErrorResponse("the keys of the issuer cannot be fetched, and nothing was changed: %s; set force=true to write it all the same", err), nil
		}
		resp.AddWarning("written without its keys: " + err.Error())
	}
	if err := b.installIssuer(ctx, req.Storage, name, before, next); err != nil {
		next.close()
		var taken issuerTaken
		if errors.As(err, &taken) {
			return logical.ErrorResponse(taken.Error()), nil
		}
		return nil, err
	}
	if advice := presetAdvice(record.Preset); advice != "" {
		resp.AddWarning(advice)
	}
	if len(resp.Warnings) == 0 {
		return nil, nil
	}
	return resp, nil
}

// installIssuer stores the issuer's record and swaps the snapshot as one step.
// before is the record that it was made from, nil for a new one.
func (b *backend) installIssuer(ctx context.Context, storage logical.Storage, name string, before *issuerRecord, next *openIssuer) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	s, err := b.loaded(ctx, storage)
	if err != nil {
		return err
	}
	if err := s.checkFree(name, next.compiled); err != nil {
		return err
	}
	// The lock was not held while the issuer was contacted.
	now, err := loadIssuer(ctx, storage, name)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(before, now) {
		return issuerTaken("somebody else wrote or deleted the issuer meanwhile, and nothing was changed: read it and write again")
	}
	if err := saveIssuer(ctx, storage, name, next.record); err != nil {
		return err
	}
	b.replace(s.withIssuer(name, next))
	next.start(ctx, b.Logger())
	return nil
}

func (b *backend) removeIssuer(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	name := issuerName(d)
	if name == auth.DefaultIssuer {
		return logical.ErrorResponse("the issuer 'default' is what config describes, and cannot be deleted"), nil
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	s, err := b.loaded(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	if err := deleteIssuer(ctx, req.Storage, name); err != nil {
		return nil, err
	}
	b.replace(s.withIssuer(name, nil))
	b.metrics.ForgetIssuer(name)
	// The keys are of no use to anybody now; what is left of them after a fault
	// is bound to its source and cannot be taken for another's.
	if err := deleteKeys(ctx, req.Storage, name); err != nil {
		return nil, err
	}
	return keptRevocations(s.revoked.of(name)), nil
}

// issuerTaken says why an issuer cannot be written although all is well with
// it: because of another one, or another write.
type issuerTaken string

func (t issuerTaken) Error() string { return string(t) }

// checkFree refuses an issuer whose tokens another one of the mount already
// stands for, since then it would be a matter of chance whose keys count.
func (s *snapshot) checkFree(name string, wanted []*auth.Issuer) error {
	total := len(wanted)
	for other, o := range s.named {
		if other == name {
			continue
		}
		total += len(o.compiled)
		if clash := overlap(o.compiled, wanted); clash != "" {
			return issuerTaken(fmt.Sprintf("the issuer %q already stands for %q", other, clash))
		}
	}
	if s.mount.issuer != nil && name != auth.DefaultIssuer {
		if clash := overlap(s.mount.issuer.compiled, wanted); clash != "" {
			return issuerTaken(fmt.Sprintf("the issuer 'default', which config describes, already stands for %q", clash))
		}
	}
	if name != auth.DefaultIssuer && total > maxIssuers {
		return issuerTaken(fmt.Sprintf("a mount can have at most %d issuers, each tenant counted; delete some or use another mount", maxIssuers))
	}
	return nil
}

func overlap(have, wanted []*auth.Issuer) string {
	for _, h := range have {
		for _, w := range wanted {
			if h.ID != "" && h.ID == w.ID {
				return h.ID
			}
		}
	}
	return ""
}

// checkBoundIssuers refuses names of issuers that the mount does not have.
func (s *snapshot) checkBoundIssuers(names []string) error {
	for _, name := range names {
		if name != auth.DefaultIssuer && s.named[name] == nil {
			return fmt.Errorf("bound_issuers: there is no issuer %q on this mount; write issuer/%s first", name, name)
		}
	}
	return nil
}
