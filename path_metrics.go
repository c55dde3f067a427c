// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"net/http"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/metrics"
)

// Values of the field format of metrics.
const (
	formatPrometheus = "prometheus"
	formatJSON       = "json"
)

func (b *backend) pathMetrics() *framework.Path {
	return &framework.Path{
		Pattern:      "metrics$",
		DisplayAttrs: &framework.DisplayAttributes{OperationPrefix: operationPrefix, OperationSuffix: "metrics"},
		Fields: map[string]*framework.FieldSchema{
			"format": {
				Type:        framework.TypeString,
				Default:     formatPrometheus,
				Query:       true,
				Description: "'prometheus': the text itself, for Prometheus to scrape. 'json': the same text in the field 'text' of an ordinary answer, for 'vault read'. Empty means prometheus.",
			},
		},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation: &framework.PathOperation{Callback: b.readMetrics, Summary: "Read the mount's metrics."},
		},
		HelpSynopsis:    "What the mount counts, as Prometheus reads it.",
		HelpDescription: strings.TrimSpace(metricsHelp),
	}
}

const metricsHelp = `
Answers the metrics of this mount on the node that answers, in the text format
of Prometheus and not in JSON. docs/metrics.md lists them and has what Prometheus
needs to scrape them with a Vault token.

  vault read -format=raw auth/claims/metrics

prints them.
`

func (b *backend) readMetrics(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
	format := d.Get("format").(string)
	if format != formatPrometheus && format != formatJSON && format != "" {
		return logical.ErrorResponse("field \"format\": it must be 'prometheus' or 'json'"), nil
	}
	if _, err := b.current(ctx, req.Storage); err != nil {
		return nil, err
	}
	text, err := b.metrics.Text()
	if err != nil {
		return nil, err
	}
	if format == formatJSON {
		return &logical.Response{Data: map[string]any{"text": string(text)}}, nil
	}
	return &logical.Response{Data: map[string]any{
		logical.HTTPStatusCode:  http.StatusOK,
		logical.HTTPContentType: metrics.ContentType,
		logical.HTTPRawBody:     text,
	}}, nil
}
