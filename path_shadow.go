// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/shadow"
)

func (b *backend) pathShadow() *framework.Path {
	write := &framework.PathOperation{Callback: b.writeShadow, Summary: "Mirror logins to a staged mount, or change the fields that are sent."}
	field := func(kind framework.FieldType, help string) *framework.FieldSchema {
		return &framework.FieldSchema{Type: kind, Description: help}
	}
	return &framework.Path{
		Pattern:      "shadow$",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "shadow"},
		Fields: map[string]*framework.FieldSchema{
			"mount":       field(framework.TypeString, "Path of the staged mount, which was enabled with -options=shadow=true. Required."),
			"address":     field(framework.TypeString, "URL of the Vault server that has the staged mount: https, or http on the loopback interface. Required."),
			"ca_pem":      field(framework.TypeString, "CA certificates to trust for address, in PEM. The system's if left out."),
			"namespace":   field(framework.TypeString, "Namespace of the staged mount."),
			"sample_rate": {Type: framework.TypeFloat, Default: 1.0, Description: "Which part of all logins to mirror, from 0 to 1."},
			"queue_size":  {Type: framework.TypeInt, Default: shadow.DefaultQueue, Description: "How many logins may wait to be mirrored. What does not fit is dropped and counted."},
			"timeout":     {Type: framework.TypeDurationSecond, Default: int(shadow.DefaultTimeout.Seconds()), Description: "How long the staged mount may take to answer, in seconds."},
		},
		ExistenceCheck: b.shadowExists,
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.CreateOperation: write,
			logical.UpdateOperation: write,
			logical.ReadOperation:   &framework.PathOperation{Callback: b.readShadow, Summary: "Read where logins are mirrored to."},
			logical.DeleteOperation: &framework.PathOperation{Callback: b.removeShadow, Summary: "Mirror logins no more."},
		},
		HelpSynopsis:    "Mirror logins to a staged mount and compare its decisions with those of this one.",
		HelpDescription: strings.TrimSpace(shadowHelp),
	}
}

const shadowHelp = `
Each login, once it is decided, is put to the "check" of the staged mount as
well, with its token and the caller's address. Nobody waits for that: what the
queue has no room for is dropped and counted. "shadow/report" says how the two
differ. Tokens are sent to address alone, over TLS or within this machine, and
redirects are not followed.
`

func (b *backend) pathShadowReport() *framework.Path {
	return &framework.Path{
		Pattern:      "shadow/report$",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "shadow-report"},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation:   &framework.PathOperation{Callback: b.readShadowReport, Summary: "Read how the staged mount's decisions differ."},
			logical.DeleteOperation: &framework.PathOperation{Callback: b.resetShadowReport, Summary: "Begin the report anew."},
		},
		HelpSynopsis: "How the decisions of the staged mount differ from those of this one.",
		HelpDescription: "As the report of a candidate role, and besides: logins mirrored and dropped, errors by kind, and how long both took. " +
			"It is in the memory of the node that answers; a restart and a change of shadow begin it anew.",
	}
}

func (b *backend) shadowExists(ctx context.Context, req *logical.Request, _ *framework.FieldData) (bool, error) {
	record, err := loadShadow(ctx, req.Storage)
	return record != nil, err
}

// writeShadow stores where logins are mirrored to and starts to mirror them. A
// write that changes nothing leaves mirror and report as they are.
func (b *backend) writeShadow(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	b.writing.Lock()
	defer b.writing.Unlock()
	if _, err := b.loaded(ctx, req.Storage); err != nil {
		return nil, err
	}
	record, err := loadShadow(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	if record == nil {
		record = &shadowRecord{SampleRate: 1, QueueSize: shadow.DefaultQueue, Timeout: shadow.DefaultTimeout}
	}
	set(d, "mount", &record.Mount)
	set(d, "address", &record.Address)
	set(d, "ca_pem", &record.CAPEM)
	set(d, "namespace", &record.Namespace)
	set(d, "sample_rate", &record.SampleRate)
	set(d, "queue_size", &record.QueueSize)
	if limit, sent := d.GetOk("timeout"); sent {
		record.Timeout = time.Duration(limit.(int)) * time.Second
	}
	if current := b.mirror.Load(); current != nil && current.record == *record {
		return nil, saveShadow(ctx, req.Storage, record)
	}
	next, err := b.openMirror(record)
	if err != nil {
		return logical.ErrorResponse(err.Error()), nil
	}
	if err := saveShadow(ctx, req.Storage, record); err != nil {
		next.Close()
		return nil, err
	}
	b.setMirror(next)
	return nil, nil
}

func (b *backend) readShadow(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	record, err := loadShadow(ctx, req.Storage)
	if err != nil || record == nil {
		return nil, err
	}
	return &logical.Response{Data: map[string]any{
		"mount": record.Mount, "address": record.Address, "ca_pem": record.CAPEM, "namespace": record.Namespace,
		"sample_rate": record.SampleRate, "queue_size": record.QueueSize, "timeout": seconds(record.Timeout),
	}}, nil
}

func (b *backend) removeShadow(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	b.writing.Lock()
	defer b.writing.Unlock()
	if err := deleteShadow(ctx, req.Storage); err != nil {
		return nil, err
	}
	b.setMirror(nil)
	return nil, nil
}

func (b *backend) readShadowReport(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	if _, err := b.current(ctx, req.Storage); err != nil {
		return nil, err
	}
	m := b.mirror.Load()
	if m == nil {
		return nil, nil
	}
	data, err := asData(m.Report())
	if err != nil {
		return nil, err
	}
	return &logical.Response{Data: data}, nil
}

func (b *backend) resetShadowReport(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	if _, err := b.current(ctx, req.Storage); err != nil {
		return nil, err
	}
	if m := b.mirror.Load(); m != nil {
		m.Reset()
	}
	return nil, nil
}
