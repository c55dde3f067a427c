// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vault

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/hashicorp/vault/api"
)

// Health is what the server says of itself, without a token.
func (c *Client) Health(ctx context.Context) (*api.HealthResponse, error) {
	health, err := c.ask.Sys().HealthWithContext(ctx)
	return health, told(err, "reading sys/health")
}

// Nodes are the host names of the cluster's nodes, the active one first. A
// server that is no cluster has none.
func (c *Client) Nodes(ctx context.Context) ([]string, error) {
	status, err := c.ask.Sys().HAStatusWithContext(ctx)
	if err != nil {
		return nil, told(err, "reading sys/ha-status")
	}
	var names []string
	for _, node := range status.Nodes {
		if node.ActiveNode {
			names = append([]string{node.Hostname + " (active)"}, names...)
			continue
		}
		names = append(names, node.Hostname)
	}
	return names, nil
}

// Platform is the operating system and the kernel's architecture of the active
// node, such as "linux" and "x86_64".
func (c *Client) Platform(ctx context.Context) (system, architecture string, err error) {
	data, err := c.Read(ctx, "sys/host-info")
	if err != nil {
		return "", "", err
	}
	host, _ := data["host"].(map[string]any)
	system, _ = host["os"].(string)
	architecture, _ = host["kernelArch"].(string)
	return system, architecture, nil
}

// PluginDirectory is where the active node has its plugins, as far as the token
// may read that.
func (c *Client) PluginDirectory(ctx context.Context) (string, error) {
	data, err := c.Read(ctx, "sys/config/state/sanitized")
	dir, _ := data["plugin_directory"].(string)
	return dir, err
}

// Missing are those of the wanted capabilities that the token has not, as
// "update on auth/ci/shadow", sorted.
func (c *Client) Missing(ctx context.Context, wanted map[string][]string) ([]string, error) {
	paths := slices.Sorted(maps.Keys(wanted))
	secret, err := c.do.Logical().WriteWithContext(ctx, "sys/capabilities-self", map[string]any{"paths": paths})
	if err != nil {
		return nil, told(err, "asking what the token may do")
	}
	var missing []string
	for _, path := range paths {
		var has []string
		list, _ := secret.Data[path].([]any)
		for _, one := range list {
			has = append(has, fmt.Sprint(one))
		}
		if slices.Contains(has, "root") {
			continue
		}
		for _, want := range wanted[path] {
			if !slices.Contains(has, want) {
				missing = append(missing, strings.Join([]string{want, "on", path}, " "))
			}
		}
	}
	return missing, nil
}

// Serves tells whether a mount takes logins, by one that no mount can let in: it
// must be refused by the plugin. A mount can be listed as running and still not
// serve, when its plugin ended in the middle of a reload: then Vault knows the
// version and not that logins need no token.
func (c *Client) Serves(ctx context.Context, mount string) error {
	caller, err := c.do.CloneWithHeaders()
	if err != nil {
		return err
	}
	caller.ClearToken()
	_, err = caller.Logical().WriteWithContext(ctx, "auth/"+mount+"/login", map[string]any{"jwt": "a.trial.of.vault-claims", "role": "a-trial-of-vault-claims"})
	if err == nil {
		return fmt.Errorf("auth/%s let in a login without a token", mount)
	}
	err = told(err, "trying whether auth/%s takes logins", mount)
	if status := Status(err); status == http.StatusBadRequest || status == http.StatusTooManyRequests {
		return nil
	}
	return err
}

// Login shows a token to a mount as any caller would, and gives back at once
// what it got.
func (c *Client) Login(ctx context.Context, mount, role, jwt string) (*api.SecretAuth, error) {
	body := map[string]any{"jwt": jwt}
	if role != "" {
		body["role"] = role
	}
	caller, err := c.do.CloneWithHeaders()
	if err != nil {
		return nil, err
	}
	caller.ClearToken()
	secret, err := caller.Logical().WriteWithContext(ctx, "auth/"+mount+"/login", body)
	if err != nil {
		return nil, told(err, "logging in at auth/%s", mount)
	}
	if secret == nil || secret.Auth == nil {
		return nil, fmt.Errorf("logging in at auth/%s: Vault answered without a token", mount)
	}
	caller.SetToken(secret.Auth.ClientToken)
	if secret.Auth.Accessor == "" { // a batch token, which cannot be revoked
		return secret.Auth, nil
	}
	return secret.Auth, told(caller.Auth().Token().RevokeSelfWithContext(ctx, ""), "revoking the token of the trial login")
}
