// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vault

import (
	"context"
	"net/http"

	"github.com/hashicorp/vault/api"
)

// Plugin is an entry of the catalog of auth plugins. Its environment is never
// told again once registered.
type Plugin struct {
	Name, Version, SHA256, Command string
	Args, Env                      []string
	Builtin                        bool
}

// Plugin returns the entry of a version, or nil. An empty version asks for the
// unversioned entry.
func (c *Client) Plugin(ctx context.Context, name, version string) (*Plugin, error) {
	got, err := c.ask.Sys().GetPluginWithContext(ctx, &api.GetPluginInput{Name: name, Type: api.PluginTypeCredential, Version: version})
	if err := told(err, "reading the plugin catalog for %s %s", name, version); err != nil {
		if Status(err) == http.StatusNotFound {
			return nil, nil
		}
		return nil, err
	}
	return &Plugin{Name: name, Version: version, SHA256: got.SHA256, Command: got.Command, Args: got.Args, Builtin: got.Builtin}, nil
}

// Register puts a version into the catalog.
func (c *Client) Register(ctx context.Context, p Plugin) error {
	return told(c.do.Sys().RegisterPluginWithContext(ctx, &api.RegisterPluginInput{
		Name: p.Name, Type: api.PluginTypeCredential, Version: p.Version, SHA256: p.SHA256, Command: p.Command, Args: p.Args, Env: p.Env,
	}), "registering %s %s", p.Name, p.Version)
}

// Deregister takes a version out of the catalog. Mounts that run it go on until
// they are started next, and then do not start.
func (c *Client) Deregister(ctx context.Context, name, version string) error {
	return told(c.do.Sys().DeregisterPluginWithContext(ctx, &api.DeregisterPluginInput{
		Name: name, Type: api.PluginTypeCredential, Version: version,
	}), "deregistering %s %s", name, version)
}

// Pin returns the version that is pinned for a plugin, or "". OpenBao has no
// pins, and answers as for any path that it does not know.
func (c *Client) Pin(ctx context.Context, name string) (string, error) {
	data, err := c.Read(ctx, "sys/plugins/pins/auth/"+name)
	if status := Status(err); status == http.StatusNotFound || status == http.StatusBadRequest {
		return "", nil
	}
	version, _ := data["version"].(string)
	return version, err
}
