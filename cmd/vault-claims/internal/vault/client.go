// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package vault is what the tool asks of Vault, in the tool's words: mounts,
// the plugin catalog, and the paths of a mount.
package vault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/vault/api"
)

// Client asks one Vault. It is safe for concurrent use.
type Client struct {
	ask *api.Client // for what changes nothing; tries again as api does
	do  *api.Client // for changes, each of which is sent once
}

// New wraps a client of Vault's own.
func New(client *api.Client) (*Client, error) {
	do, err := client.CloneWithHeaders() // the headers hold the namespace
	if err != nil {
		return nil, err
	}
	do.SetToken(client.Token())
	do.SetMaxRetries(0)
	return &Client{ask: client, do: do}, nil
}

// Address is where Vault is asked, and Namespace within what.
func (c *Client) Address() string   { return c.ask.Address() }
func (c *Client) Namespace() string { return strings.Trim(c.ask.Namespace(), "/") }

// Token is what the client shows, or "".
func (c *Client) Token() string { return c.ask.Token() }

// Error is an answer of Vault that is not the one hoped for.
type Error struct {
	What   string // such as "reading auth/ci/config"
	Status int    // of HTTP; 0 when no answer came
	Texts  []string
	err    error
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return e.What + ": " + e.err.Error()
	}
	text := strings.Join(e.Texts, "; ")
	if text == "" {
		text = http.StatusText(e.Status)
	}
	return fmt.Sprintf("%s: Vault answered %d: %s", e.What, e.Status, text)
}

func (e *Error) Unwrap() error { return e.err }

// Refused tells whether Vault answered, and said no.
func (e *Error) Refused() bool { return e.Status != 0 }

// Status returns the HTTP status of a failed call, or 0.
func Status(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// told names what failed in an error of the api package.
func told(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	e := &Error{What: fmt.Sprintf(format, args...), err: err}
	var answer *api.ResponseError
	if errors.As(err, &answer) {
		e.Status = answer.StatusCode
		for _, text := range answer.Errors {
			e.Texts = append(e.Texts, oneLine(text))
		}
	}
	return e
}

// oneLine undoes the lists that Vault makes of several errors.
func oneLine(text string) string {
	var parts []string
	for line := range strings.Lines(text) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "* ")
		if line != "" && !strings.HasSuffix(line, "occurred:") {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, "; ")
}

// Read returns the data at a path, or nil where there is none.
func (c *Client) Read(ctx context.Context, path string) (map[string]any, error) {
	return c.ReadWith(ctx, path, nil)
}

// ReadWith is Read with a query.
func (c *Client) ReadWith(ctx context.Context, path string, query map[string][]string) (map[string]any, error) {
	secret, err := c.ask.Logical().ReadWithDataWithContext(ctx, path, query)
	if err != nil {
		return nil, told(err, "reading %s", path)
	}
	if secret == nil {
		return nil, nil
	}
	return secret.Data, nil
}

// List returns the names below a path; none where there are none.
func (c *Client) List(ctx context.Context, path string) ([]string, error) {
	secret, err := c.ask.Logical().ListWithContext(ctx, path)
	if err != nil {
		return nil, told(err, "listing %s", path)
	}
	if secret == nil {
		return nil, nil
	}
	keys, _ := secret.Data["keys"].([]any)
	names := make([]string, 0, len(keys))
	for _, key := range keys {
		if name, ok := key.(string); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// Write sends data to a path, once, and returns what Vault answers.
func (c *Client) Write(ctx context.Context, path string, data map[string]any) (*api.Secret, error) {
	secret, err := c.do.Logical().WriteWithContext(ctx, path, data)
	return secret, told(err, "writing %s", path)
}

// Delete removes what is at a path. That nothing is there is no error.
func (c *Client) Delete(ctx context.Context, path string) error {
	_, err := c.do.Logical().DeleteWithContext(ctx, path)
	return told(err, "deleting %s", path)
}

// Text is what Vault said, without what was asked.
func (e *Error) Text() string { return strings.Join(e.Texts, "; ") }
